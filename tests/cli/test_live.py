"""vidstyle live, as people type it."""

import json
import signal
import subprocess
import sys
import time

import pytest
from fakes import typed
from media import clip, facts, pictures_in

from vidstyle.sources import cameras

SPACE = "lavfi:testsrc2=size=96x64:rate=30:duration=0.5"
ENDLESS = "lavfi:testsrc2=size=96x64:rate=30[out0];sine=beep_factor=2[out1]"


def test_frames_are_counted(capfd):
    assert typed("live", SPACE, "null", "--json", "--style", "ink") == 0
    found = json.loads(capfd.readouterr().out)
    assert found["frames"] + found["dropped"] >= 13
    assert (found["network"], found["size"]) == ("swift", "96x64")


def test_a_clip_at_its_own_pace_is_recorded(tmp_path, capfd):
    source = clip(tmp_path / "in.mp4", frames=10)
    out = tmp_path / "take.mkv"
    assert typed("live", str(source), str(out), "--pace", "--for", "20", "--json") == 0
    found = json.loads(capfd.readouterr().out)
    assert found["frames"] + found["dropped"] == 10
    assert len(pictures_in(out)) == found["frames"]


def test_without_a_camera_that_is_said(monkeypatch, capfd):
    monkeypatch.setattr(cameras.av, "enumerate_input_devices", lambda kind: [])
    assert typed("live", "--list-cameras") == 0
    assert capfd.readouterr().out == "There is no camera here.\n"
    assert typed("live", "0", "null") == 4
    assert capfd.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["in.mp4", "null"], 2, "--pace plays a file at its own pace"),
        (["in.mp4", "null", "--pace"], 3, "does not exist"),
        ([SPACE, "out.txt"], 2, "window, camera, null"),
        ([SPACE, "null", "--style", "nosuch"], 2, "nosuch"),
        ([SPACE, "null", "--strength", "2"], 2, "0 to 1"),
        ([SPACE, "null", "--network", "gatys"], 2, "far slower"),
        ([SPACE, "null", "--size", "720p"], 2, "WIDTHxHEIGHT"),
        ([SPACE, "null", "--keep-color", "all"], 2, "luminance"),
        (["lavfi:nosuchfilter", "null"], 3, "cannot be read"),
        (["nosuch://127.0.0.1/a", "null"], 3, "without its protocol"),
        (["0", "--page"], 2, "the camera is the browser's"),
    ],
    ids=str,
)
def test_what_cannot_be_is_one_line(tmp_path, monkeypatch, capfd, words, code, said):
    monkeypatch.chdir(tmp_path)
    assert typed("live", *words) == code
    lines = capfd.readouterr().err.splitlines()
    assert lines[-1].startswith("vidstyle: ") and said in lines[-1]
    assert sum(line.startswith("vidstyle: ") for line in lines) == 1
    assert not any(path.suffix == ".txt" for path in tmp_path.iterdir())


def test_a_file_that_is_there_is_kept(tmp_path, capfd):
    (tmp_path / "take.mp4").write_bytes(b"dear")
    assert typed("live", SPACE, str(tmp_path / "take.mp4")) != 0
    assert "--overwrite" in capfd.readouterr().err
    assert (tmp_path / "take.mp4").read_bytes() == b"dear"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_it_and_finishes_the_recording(tmp_path):
    words = ["-m", "vidstyle", "live", ENDLESS, "take.mp4", "--style", "ink"]
    run = subprocess.Popen([sys.executable, *words], cwd=tmp_path, stderr=subprocess.PIPE)
    assert run.stderr is not None
    while b"Drawing with swift at 96x64" not in run.stderr.readline():
        assert run.poll() is None
    time.sleep(0.5)  # some pictures
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 0 and b"Traceback" not in said
    assert len(pictures_in(tmp_path / "take.mp4")) >= 1
    assert facts(tmp_path / "take.mp4").sound_packets >= 1
