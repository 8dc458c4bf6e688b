"""What people type, and what they are told."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import command_line, typed
from media import clip, facts, picture
from PIL import Image

from vidstyle.cli.commands import vidstyle
from vidstyle.weights import models

DRAWN = ("--style", "ink", "--strength", "0")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    clip(Path("in.mp4"), sound=True)
    return tmp_path


def test_quiet_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("stylize", "in.mp4", "o.mp4", *DRAWN, "--quiet") == 0
    assert capfd.readouterr() == ("", "")


def test_a_run_ends_with_what_it_did(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("stylize", "in.mp4", "o.mp4", *DRAWN) == 0
    first, second = capfd.readouterr().out.splitlines()
    assert first.startswith("o.mp4: 10 frames in ") and "draw" in first
    assert second == "sound 1 (aac) copied"


def test_json_is_a_summary(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("stylize", "in.mp4", "o.mp4", *DRAWN, "--json") == 0
    summary = json.loads(capfd.readouterr().out)
    assert (summary["frames"], summary["lost"], summary["output"]) == (10, 0, "o.mp4")
    assert set(summary["milliseconds"]) == {"read", "draw", "write"}


def test_a_dry_run_says_what_would_be_done(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("stylize", "in.mp4", "o.mp4", *DRAWN, "--dry-run", "--side-by-side") == 0
    read, draw, write = capfd.readouterr().out.splitlines()
    assert read == "read: in.mp4: 64x48, 25 frames a second, 10 frames, 8 bit 420"
    assert "swift by " in draw and "strength 0" in draw
    assert write == "write: o.mp4: 128x48, mp4, libx264 crf=17 preset=veryfast, yuv420p"
    assert [path.name for path in folder.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize("option", ["--codec=nonsense", "--preset=nonsense", "--device=cuda:9"])
def test_a_dry_run_fails_where_the_run_would(option: str) -> None:
    assert typed("stylize", "in.mp4", "o.mp4", *DRAWN, "--dry-run", option) in (2, 4)


def test_a_job_is_saved_and_run_again() -> None:
    options = ("--start", "0.1", "--crf", "30", "--no-audio", "--quiet")
    assert typed("stylize", "in.mp4", "a.mp4", *DRAWN, *options, "--save-job", "job.toml") == 0
    assert typed("stylize", "in.mp4", "b.mp4", "--job", "job.toml", "--quiet") == 0
    assert facts(Path("a.mp4")) == facts(Path("b.mp4"))
    assert facts(Path("b.mp4")).sound_packets == 0


def test_a_preview_shows_every_style(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("preview", "in.mp4", "sheet.png", "--at", "0.2", "--quiet") == 0
    with Image.open("sheet.png") as sheet:
        assert sheet.width > 1000 and sheet.height > 800
    assert typed("preview", "in.mp4", "sheet.png", "--quiet") == 2
    assert capfd.readouterr().err.count("\n") == 1


def test_a_preview_shows_every_network_beside_each_style(
    capfd: pytest.CaptureFixture[str],
) -> None:
    arguments = ("--every-network", "--style", "ink", "--style", "mosaic")
    assert typed("preview", "in.mp4", "sheet.png", *arguments) == 0
    shown = [model for model in models() if not (model.header.styles or model.header.optimizes)]
    count, said = len(shown), capfd.readouterr().err
    assert f"sheet.png: {2 * count} drawings" in said and "gatys is left out" in said
    with Image.open("sheet.png") as sheet:
        assert sheet.width > 300 * (1 + count)


def test_styles_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("styles") == 0
    assert "starry-night" in capfd.readouterr().out
    assert typed("styles", "--json") == 0
    assert json.loads(capfd.readouterr().out)["ink"]["painter"]


@pytest.mark.parametrize(
    "command", [(), ("stylize",), ("preview",), ("weights", "import"), ("info",)]
)
def test_help_has_an_example(command: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    assert typed(*command, "--help") == 0
    out = capfd.readouterr().out
    assert f"  {' '.join(('vidstyle', *command))} " in out
    assert max(map(len, out.splitlines())) <= 100


def test_help_names_every_setting_of_a_job(capfd: pytest.CaptureFixture[str]) -> None:
    from vidstyle.job import Job

    typed("stylize", "--help")
    out = capfd.readouterr().out
    settings = set(Job.__dataclass_fields__) - {"source", "sink"}
    assert all(f"--{name.replace('_', '-')}" in out for name in settings)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("completion", shell) == 0
    assert "_VIDSTYLE_COMPLETE" in capfd.readouterr().out


def test_styles_are_completed() -> None:
    from click.shell_completion import ShellComplete

    words = ["stylize", "in.mp4", "o.mp4", "--style"]
    found = ShellComplete(vidstyle, {}, "vidstyle", "_VIDSTYLE_COMPLETE").get_completions(
        words, "star"
    )
    assert [item.value for item in found] == ["starry-night"]


def test_help_loads_neither_torch_nor_openvino() -> None:
    program = (
        "import sys\ntry:\n    from vidstyle.cli import main; main(['stylize', '--help'])\n"
        "except SystemExit:\n    print({'torch', 'openvino', 'av', 'cv2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.endswith("set()\n")


def test_y4m_goes_through_standard_output_and_input(folder: Path) -> None:
    out = command_line(
        "stylize", "in.mp4", "-", *DRAWN, "--quiet", folder=folder, text=False
    )  # fmt: skip
    (folder / "o.y4m").write_bytes(out.stdout)
    assert (out.returncode, out.stderr) == (0, b"")
    assert facts(folder / "o.y4m").times == facts(folder / "in.mp4").times
    again = command_line(
        "stylize", "-", "again.mkv", *DRAWN, "--quiet", "--codec", "ffv1",
        folder=folder, text=False, input=out.stdout,
    )  # fmt: skip
    assert (again.returncode, again.stderr) == (0, b"")
    assert facts(folder / "again.mkv").frames == 10


def test_raw_goes_through_standard_output_and_input(folder: Path) -> None:
    out = command_line(
        "stylize", "in.mp4", "-", *DRAWN, "--codec", "rawvideo", folder=folder, text=False
    )
    assert len(out.stdout) == 10 * 48 * 64 * 3
    again = command_line(
        "stylize", "-", "again.mkv", *DRAWN, "--raw", "64x48", "--fps", "25",
        folder=folder, text=False, input=out.stdout,
    )  # fmt: skip
    assert again.returncode == 0
    assert facts(folder / "again.mkv").frames == 10


def test_y4m_warns_of_times_that_it_cannot_hold(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from fractions import Fraction

    clip(folder / "vfr.mp4", frames=5, times=[Fraction(n * n, 25) for n in range(5)])
    done = command_line("stylize", "vfr.mp4", "-", *DRAWN, folder=folder, text=False)
    assert done.stderr.count(b"Warning: yuv4mpegpipe has one rate") == 1
    assert done.stdout.count(b"FRAME") == 5


def test_a_reader_that_goes_is_one_line(folder: Path) -> None:
    words = f"{sys.executable} -m vidstyle stylize in.mp4 - {' '.join(DRAWN)} --quiet"
    done = subprocess.run(
        ["bash", "-c", f"{words} | head -c 100 >/dev/null; exit ${{PIPESTATUS[0]}}"],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1,
        "vidstyle: The reader of standard output has gone.\n",
    )


def test_a_full_standard_output_is_one_line(folder: Path) -> None:
    for words in (("styles",), ("stylize", "in.mp4", "-", *DRAWN, "--quiet")):
        with open("/dev/full", "wb") as full:
            done = command_line(
                *words, folder=folder, capture_output=False, stdout=full, stderr=subprocess.PIPE
            )
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1


def said_on_a_terminal(folder: Path, *words: str) -> bytes:
    """What `vidstyle stylize` writes to standard error where that is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "vidstyle", "stylize", *words, "--style", "ink"],
        cwd=folder, stderr=theirs, stdout=subprocess.DEVNULL, env=os.environ | {"COLUMNS": "120"},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 4096):
            said += part
    except OSError:
        pass  # Linux says so where others give nothing
    assert process.wait() == 0
    return said


def test_a_bar_is_drawn_on_a_terminal(folder: Path) -> None:
    clip(folder / "long.mp4", frames=60)
    said = said_on_a_terminal(folder, "long.mp4", "o.mp4")
    assert b"/60" in said and b"fps" in said and b"left" in said and b"draw" in said


def test_the_bar_of_a_picture_that_takes_long_shows_its_steps(folder: Path) -> None:
    picture(folder / "in.png", 120, 160)  # so that it is drawn for longer than a bar stands still
    said = said_on_a_terminal(folder, "in.png", "o.png", "--network", "gatys", "--steps", "30")
    assert b"/30" in said and b"steps" in said and b"loss" in said


def test_a_photograph_is_drawn() -> None:
    picture(Path("in.jpg"), 30, 50)
    assert typed("stylize", "in.jpg", "o.png", "--style", "ink", "--quiet") == 0
    with Image.open("o.png") as drawn:
        assert drawn.size == (50, 30)


def test_a_run_says_how_much_it_flickers_if_asked(capfd: pytest.CaptureFixture[str]) -> None:
    clip(Path("long.mp4"), frames=14)
    assert typed("stylize", "long.mp4", "o.mp4", *DRAWN, "--check") == 0
    said = capfd.readouterr().out.splitlines()[-1]
    assert said.startswith("flicker, as RMSE above the content's own: 0.00") and "16th" in said
    assert typed("stylize", "in.mp4", "p.mp4", *DRAWN, "--check", "--json") == 0
    flicker = json.loads(capfd.readouterr().out)["flicker"]
    assert flicker == {"short": None, "long": None, "every": 16}  # ten frames are too few
