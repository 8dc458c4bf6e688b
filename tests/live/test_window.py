"""The window: on SDL's driver without a screen, and on a virtual one."""

import os
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import ImageGrab

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
pygame = pytest.importorskip("pygame")

from vidstyle.live.controls import Controls  # noqa: E402
from vidstyle.live.outlets import Shown  # noqa: E402
from vidstyle.live.show import LiveJob, run_live  # noqa: E402
from vidstyle.live.window import Window  # noqa: E402
from vidstyle.sources.live import Live  # noqa: E402

ENDLESS = "lavfi:testsrc2=size=96x64:rate=30"


class Typist:
    """Presses keys one after the other, each when the window has shown another picture."""

    def __init__(self, window, keys):
        self.window, self.keys = window, list(keys)
        self.after, self.seen = [], None

    def watch(self, show):
        paint = self.window._paint

        def painted():
            paint()
            if show.last is not self.seen and self.keys:
                self.seen = show.last
                self.after.append((show.artist.controls, show.frozen, show.side_by_side))
                key = self.keys.pop(0)
                pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))

        self.window._paint = painted
        self.window.watch(show)


def typed(folder, *keys):
    window = Window(["ink", "mosaic", "scream"], folder)
    typist = Typist(window, [*keys, pygame.K_q])
    run_live(LiveJob(Live(ENDLESS), Controls({"ink": 1.0})), [window], typist.watch, 60)
    return typist.after[-1]


def test_keys_turn_the_dials(tmp_path):
    controls, frozen, beside = typed(
        tmp_path, pygame.K_n, pygame.K_n, pygame.K_p, pygame.K_DOWN, pygame.K_f, pygame.K_c
    )
    assert list(controls.mix) == ["mosaic"]
    assert controls.strength == 0.9
    assert frozen and beside


def test_snapshots_and_recordings_are_files_of_their_own(tmp_path):
    typed(tmp_path, pygame.K_s, pygame.K_r, pygame.K_h, pygame.K_h, pygame.K_r, pygame.K_s)
    suffixes = sorted(path.suffix for path in tmp_path.iterdir())
    assert suffixes == [".mp4", ".png", ".png"]


def test_a_recording_that_runs_is_finished_at_the_end(tmp_path):
    from media import pictures_in

    typed(tmp_path, pygame.K_r, pygame.K_h, pygame.K_h, pygame.K_h)
    (path,) = tmp_path.iterdir()
    assert len(pictures_in(path)) >= 1


def test_what_is_shown_is_the_picture_as_large_as_the_window(tmp_path):
    window = Window(["ink"], tmp_path)
    window.open(64, 96, 30)
    pixels = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    window.write(Shown(pixels, 0.0, 0.0, None))
    window._paint()
    seen = pygame.surfarray.array3d(window._screen).swapaxes(0, 1)
    assert np.array_equal(seen, pixels)
    window._fill_screen()
    window.write(Shown(pixels, 0.0, 0.0, None))
    window._paint()
    assert window._screen.get_size() != (0, 0)
    pygame.display.quit()


def test_no_thread_is_left(tmp_path):
    before = threading.active_count()
    typed(tmp_path)
    assert threading.active_count() <= before


@pytest.fixture
def screen():
    """The number of an X server of its own, such as ":91"."""
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        pytest.skip("needs Xvfb and xdotool")
    told, said = os.pipe()
    line = ["Xvfb", "-displayfd", str(said), "-screen", "0", "320x240x24"]
    server = subprocess.Popen(line, pass_fds=[said], stderr=subprocess.DEVNULL)
    os.close(said)
    with open(told) as number:
        yield f":{number.readline().strip()}"
    server.terminate()
    server.wait()


def waited_for(found):
    """Until it is true."""
    until = time.monotonic() + 60
    while not found():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_on_a_real_screen_drawings_are_seen_and_keys_are_heard(tmp_path, screen):
    def seen():
        return np.asarray(ImageGrab.grab(xdisplay=screen))

    def press(key):
        subprocess.run(["xdotool", "key", key], env={**os.environ, "DISPLAY": screen}, check=True)

    line = [sys.executable, "-m", "vidstyle", "live", ENDLESS, "window", "--style", "ink"]
    driver = {"DISPLAY": screen, "SDL_VIDEODRIVER": "x11"}
    run = subprocess.Popen(line, cwd=tmp_path, env={**os.environ, **driver})
    try:
        waited_for(lambda: seen().std() > 10)
        waited_for(lambda: not np.array_equal(seen(), seen()))  # it moves
        press("s")
        waited_for(lambda: list(tmp_path.glob("*.png")))
        press("q")
        assert run.wait(30) == 0
    finally:
        run.kill()
