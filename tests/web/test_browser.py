import json
import shutil
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from media import clip, in_bits, picture, smooth

pytest.importorskip("aiohttp")
pytest.importorskip("aiortc")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
if not Path(CHROMIUM).exists():
    pytest.skip("needs Chromium", allow_module_level=True)

FRAMES = 64  # in the camera's clip, each with its number below: white, black, then six bits
BOX = 80  # pixels in the camera's 640x360; a quarter of it in what is looked at
PICTURE = """id => {
  const canvas = document.createElement("canvas"); [canvas.width, canvas.height] = [160, 90];
  const pen = canvas.getContext("2d"); pen.drawImage(document.getElementById(id), 0, 0, 160, 90);
  return pen.getImageData(0, 0, 160, 90).data.join(); }"""
BOTH = f"() => ['camera', 'stylized'].map({PICTURE})"


def numbered(number):
    """A camera's frame that says which it is."""
    pixels = in_bits(smooth(360, 640, number / FRAMES))
    bits = [1, 0, *(number >> place & 1 for place in range(5, -1, -1))]
    pixels[-BOX:] = 255 * np.repeat(bits, BOX)[None, :, None]
    return pixels


def number_of(pixels):
    """Which frame of the camera is seen, also through a style."""
    middles = pixels[-15:-5].mean((0, 2)).reshape(8, BOX // 4)[:, 5:-5].mean(1)
    bits = middles > middles[:2].mean()
    return int("".join(str(int(bit)) for bit in bits[2:]), 2)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    camera = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    frames = [numbered(number) for number in range(FRAMES)]
    clip(camera, codec="mjpeg", pix_fmt="yuvj420p", rate=30, pictures=frames)
    options = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
        "--allow-loopback-in-peer-connection",
        "--disable-background-networking",
    ]
    with playwright.sync_playwright() as driver:
        with driver.chromium.launch(executable_path=CHROMIUM, args=options) as chromium:
            yield chromium


@pytest.fixture(scope="module")
def shared_tab(browser, page):
    """The page in a browser, with the camera started; no script may fail, nothing may be had from
    elsewhere, and the visit ends with the tab."""
    address, _ = page
    tab = opened(browser, address)
    yield tab
    tab.close()
    wait_until(lambda: not visitors(address))
    assert tab.failures == []


@pytest.fixture
def tab(shared_tab):
    """The same, with the controls as they were."""
    shared_tab.fill("#strength", "100")
    shared_tab.click("[data-style=ink]")
    return shared_tab


def opened(browser, address):
    tab = browser.new_page()
    tab.failures = []
    tab.set_default_timeout(15_000)

    def check(request):
        if not request.url.startswith((address, "blob:")):
            tab.failures.append(request.url)

    tab.on("pageerror", lambda error: tab.failures.append(str(error)))
    tab.on("request", check)
    tab.goto(address)
    tab.click("#start")
    return tab


def shows_pictures(tab):
    tab.wait_for_function("() => document.getElementById('stylized').currentTime > 0.3")
    return True


def visitors(address):
    with urllib.request.urlopen(f"{address}/status") as answer:
        return json.load(answer)["visitors"]


def wait_until(true):
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def seen(page):
    """The camera's and the stylized picture of one moment, uint8 [90, 160, 3] each."""
    texts = page.evaluate(BOTH)
    flat = (np.array(text.split(","), np.uint8) for text in texts)
    return [pixels.reshape(90, 160, 4)[..., :3] for pixels in flat]


def apart(one, other):
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_what_is_seen_was_drawn_from_the_camera_a_moment_ago(tab):
    assert shows_pictures(tab)
    camera, stylized = seen(tab)
    assert apart(camera, stylized) > 15
    behind = (number_of(camera) - number_of(stylized)) % FRAMES
    assert 0 < behind < FRAMES // 2  # frames of 33 ms


def test_pictures_go_on_and_figures_are_told(tab):
    tab.wait_for_function("() => document.getElementById('figures').dataset.delay > 0")
    numbers = set()
    wait_until(lambda: numbers.add(number_of(seen(tab)[1])) or len(numbers) > 3)
    assert "frames a second" in tab.inner_text("#figures")


def test_another_style_is_seen_when_it_is_chosen(tab):
    before = seen(tab)[1]
    tab.click("[data-style=scream]")
    wait_until(lambda: apart(seen(tab)[1], before) > 25)
    assert tab.get_attribute("[data-style=scream]", "aria-pressed") == "true"


def test_without_strength_the_camera_is_seen(tab):
    def colorful(pixels):
        return float(np.ptp(pixels[:70].astype(int), 2).mean())

    wait_until(lambda: colorful(seen(tab)[1]) < 0.6 * colorful(seen(tab)[0]))  # in ink
    tab.fill("#strength", "0")
    wait_until(lambda: colorful(seen(tab)[1]) > 0.8 * colorful(seen(tab)[0]))
    assert tab.input_value("#strength") == "0"


def test_an_own_picture_becomes_a_style_and_garbage_does_not(tab, tmp_path):
    garbage = tmp_path / "garbage.jpg"
    garbage.write_bytes(bytes(range(256)) * 40)
    tab.set_input_files("input[type=file]", garbage)
    tab.wait_for_selector("#message.problem")
    before = tab.locator("[data-style]").count()
    tab.set_input_files("input[type=file]", picture(tmp_path / "mine.png"))
    tab.wait_for_selector("[data-style^=own-][aria-pressed=true]")
    assert tab.locator("[data-style]").count() == before + 1


def test_a_second_visitor_sees_pictures_and_a_third_is_told_that_it_is_full(tab, browser, address):
    second = opened(browser, address)
    assert shows_pictures(second)
    third = opened(browser, address)
    third.wait_for_selector("#message.problem")
    told = third.inner_text("#message")
    second.close()
    third.close()
    wait_until(lambda: visitors(address) == 1)
    assert "All places are taken" in told


def test_who_stops_may_start_again(tab, address):
    tab.click("#start")
    wait_until(lambda: not visitors(address))
    tab.click("#start")
    assert shows_pictures(tab)
    assert visitors(address) == 1


def test_all_is_reached_by_keyboard_and_has_a_name(tab):
    name = "one => one.id || one.dataset.style"
    reached = set()
    for _ in range(30):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate(f"() => ({name})(document.activeElement)"))
    usable = "button:enabled:visible, input:enabled:visible, select:enabled:visible"
    assert set(tab.locator(usable).evaluate_all(f"all => all.map({name})")) <= reached
    label = "one => one.ariaLabel || one.labels?.[0]?.innerText || one.innerText"
    assert all(tab.locator(usable).evaluate_all(f"all => all.map({label})"))


def test_a_phone_need_not_scroll_sideways(tab):
    tab.set_viewport_size({"width": 390, "height": 844})
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_a_snapshot_is_saved(tab):
    with tab.expect_download() as download:
        tab.click("#snapshot")
    assert download.value.suggested_filename.endswith(".png")


def test_a_recording_is_saved(tab):
    tab.click("#record")
    tab.wait_for_selector("#record[aria-pressed=true]")
    with tab.expect_download() as download:
        tab.click("#record")
    assert download.value.suggested_filename.endswith((".mp4", ".webm"))
