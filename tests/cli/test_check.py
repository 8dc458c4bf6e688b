"""vidstyle check: what people type, and the page that they get."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from fakes import typed
from media import clip, picture
from models import picture as detailed
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDE = detailed(96, 240)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A pan that is cut once, and its drawing that flickers by 20 levels."""
    folder = tmp_path_factory.mktemp("clips")
    content = [WIDE[:, 2 * n :][:, :128] for n in range(40)]
    content[36:] = [255 - WIDE[:, 110:][:, :128]] * 4
    drawn = [(frame // 2 + 50 + 20 * (n % 2)).astype(np.uint8) for n, frame in enumerate(content)]
    lossless = {"codec": "ffv1", "pix_fmt": "bgr0"}
    clip(folder / "in.mkv", pictures=content, **lossless)
    clip(folder / "out <1>.mkv", pictures=drawn, **lossless)
    return str(folder / "in.mkv"), str(folder / "out <1>.mkv")


def test_a_table_says_how_much_it_flickers(clips, capfd):
    assert typed("check", *clips) == 0
    out = capfd.readouterr().out
    assert re.search(r"above the content's own +0\.07\d+ +0\.0\d+\n", out)  # 20 of 255
    assert "40 frames in 1.6 s, compared at 128x96 along the flow of dis." in out
    assert (
        "New scenes: 1.44 s." in out
        and "Not compared: 1 frame, since a new scene begins there." in out
    )


def test_json_has_every_figure(clips, capfd):
    assert typed("check", *clips, "--json", "found.json", "--quiet") == 0
    assert capfd.readouterr() == ("", "")
    found = json.loads(Path("found.json").read_text())
    assert found["short"]["above"] == pytest.approx(20 / 255, rel=0.05)
    assert len(found["moments"]) == found["frames"] == 40
    assert set(found["worst"][0]) == {"frame", "time", "above"}


def test_json_goes_to_standard_output(clips, capfd):
    assert typed("check", *clips, "--json", "-") == 0
    assert json.loads(capfd.readouterr().out)["cuts"] == [pytest.approx(1.44)]


@pytest.mark.parametrize(("most", "code"), [("0.05", 6), ("0.1", 0)])
def test_a_gate_fails_with_code_6(clips, capfd, most, code):
    assert typed("check", *clips, "--fail-above", most, "--quiet", "--json", "a.json") == code
    said = capfd.readouterr().err
    assert said.count("\n") == (code > 0) and ("1 frame apart, is 0.07" in said) == (code > 0)
    assert Path("a.json").exists()


def test_help_says_which_figure_the_gate_is_about(capfd):
    typed("check", "--help")
    said = " ".join(capfd.readouterr().out.split())
    assert "--fail-above X End with code 6 if the first figure, 'above the content's own'" in said


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_file_that_is_there_is_not_replaced_unasked(clips, capfd, option):
    Path("there").write_text("mine")
    assert typed("check", *clips, option, "there") == 2
    assert Path("there").read_text() == "mine"
    assert typed("check", *clips, option, "there", "--overwrite") == 0


@pytest.mark.parametrize(
    "option", ["--fail-above=nan", "--fail-above=-1", "--fps=0", "--fps=nan", "--json=no/a.json"]
)
def test_an_option_that_cannot_be_is_refused(clips, capfd, option):
    assert typed("check", *clips, option) == 2
    assert capfd.readouterr().err.count("\n") == 1


def test_an_input_is_never_replaced(clips):
    assert typed("check", *clips, "--json", clips[1], "--overwrite") == 2


@pytest.mark.parametrize("arguments", [("{0}", "nowhere.mp4"), ("{0}", "one.png"), ("{0}",)])
def test_bad_input_is_said_in_one_line(clips, capfd, arguments):
    picture(Path("one.png"), 96, 128)
    assert typed("check", *(argument.format(*clips) for argument in arguments)) in (2, 3)
    said = capfd.readouterr().err.splitlines()
    assert said[-1].startswith("vidstyle: ") and "Traceback" not in "".join(said)


class Elements(HTMLParser):
    """Every element of a page: its name and attributes."""

    def __init__(self, page):
        super().__init__()
        self.found, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} is closed, and is not what is open"


@pytest.fixture(scope="module")
def page(clips, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    assert typed("check", *clips, "--html", str(path), "--quiet") == 0
    return path


def test_a_page_needs_nothing_beside_it(page):
    text = page.read_text("utf-8")
    elements = Elements(text)
    assert not elements.open and not {"script", "link", "iframe"} & {
        tag for tag, _ in elements.found
    }
    links = [row[name] for _, row in elements.found for name in ("src", "href") if name in row]
    assert links and all(link.startswith(("data:image/jpeg;base64,", "#")) for link in links)
    assert "http" not in re.sub("http-equiv", "", text)


def test_a_page_names_what_it_shows(page):
    elements = Elements(page.read_text("utf-8"))
    assert all(row.get("alt") for tag, row in elements.found if tag == "img")
    assert all(row.get("aria-label") for tag, row in elements.found if tag in ("svg", "a"))
    targets = {row.get("id") for _, row in elements.found}
    assert all(row["href"][1:] in targets for tag, row in elements.found if tag == "a")


def test_names_are_shown_as_they_are(page):
    assert "out &lt;1&gt;.mkv" in page.read_text("utf-8")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize(("scheme", "paper"), [(0, (24, 24, 27)), (1, (252, 252, 250))])
def test_a_browser_shows_it_dark_or_light(page, scheme, paper, tmp_path):
    shown = tmp_path / "shown.png"
    run = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1000,3000",
         f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={shown}",
         page.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "Content Security Policy" not in run.stderr  # its own refuses nothing that it has
    pixels = np.asarray(Image.open(shown).convert("RGB")).astype(int)
    assert tuple(pixels[5, 5]) == paper
    red = pixels[..., 0] - pixels[..., 2] > 80  # the plot's line, and the heat
    assert red[:900].sum() > 300 and red[900:].sum() > 300
