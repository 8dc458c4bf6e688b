"""Ctrl-C and SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeStylizer, typed
from media import clip, facts

from vidstyle import session
from vidstyle.cli.signals import ended_by_signals
from vidstyle.errors import Interrupted
from vidstyle.job import Job


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    clip(tmp_path / "in.mp4", frames=40, sound=True)
    return tmp_path


class SignalsItself(FakeStylizer):
    """Sends this process signals once some frames are drawn."""

    def __init__(self, *numbers: int) -> None:
        super().__init__()
        self._numbers = numbers

    def draw(self, *frame: Any) -> Any:
        if self.drawn == 12:
            for number in self._numbers:
                os.kill(os.getpid(), number)
                time.sleep(0.05)
        return super().draw(*frame)


def run_with(monkeypatch: pytest.MonkeyPatch, sink: str, *numbers: int) -> int:
    monkeypatch.setattr(session, "load_stylizer", lambda _: SignalsItself(*numbers))
    return typed("stylize", "in.mp4", sink, "--style", "ink", "--quiet")


@pytest.mark.parametrize("sink", ["o.mp4", "o.mkv", "o.webm", "o.gif", "o.mov"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_was_drawn_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    sink: str, number: int, code: int,
) -> None:  # fmt: skip
    assert run_with(monkeypatch, sink, number) == code
    partial = folder / sink.replace("o.", "o.partial.")
    assert capfd.readouterr().err == (
        f"vidstyle: Interrupted. What was drawn is kept as '{partial.name}'.\n"
    )
    found = facts(partial)
    assert 5 <= found.frames < 40
    assert sorted(path.name for path in folder.iterdir()) == ["in.mp4", partial.name]
    if sink != "o.gif":
        assert abs(found.sound_packets * 1024 / 48000 - found.frames / 25) < 0.1


def test_a_second_signal_ends_at_once() -> None:
    with pytest.raises(Interrupted, match="nothing was kept") as caught:
        with ended_by_signals() as check:
            check()
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
    assert caught.value.exit_code == 143


def test_a_frame_that_takes_long_is_given_up() -> None:
    with ended_by_signals() as check:
        check()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted) as caught:
            check.within_a_frame()
    assert caught.value.exit_code == 143


def test_an_end_at_once_leaves_nothing(folder: Path) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.run(Job("in.mp4", "o.mp4", "ink"), stop, FakeStylizer())
    assert [path.name for path in folder.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize("delay", [0.03, 0.2, 0.4])
def test_a_signal_while_starting_ends_at_once(folder: Path, delay: float) -> None:
    script = """
        from vidstyle.cli.main import main

        print("here", flush=True)
        main(["stylize", "-", "o.mp4", "--style", "ink", "--quiet"])
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=folder,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "here\n"
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)  # standard input is open still
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.count("\n") == 1 and "Traceback" not in err
    assert [path.name for path in folder.iterdir()] == ["in.mp4"]


def test_signals_are_ours_only_while_a_clip_is_drawn(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert run_with(monkeypatch, "o.mp4") == 0
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_ctrl_c_is_heard_after_an_engine_was_let_go_in_another_thread() -> None:
    """In a process of its own, since what failed once was a crash."""
    pytest.importorskip("openvino")
    script = """
        import signal, threading

        from vidstyle.contracts import Profile
        from vidstyle.runtimes.openvino import OpenVINO
        from vidstyle.weights import find_model

        graph = find_model("microast").graph("encode")
        engines = [OpenVINO().compile(graph, Profile(None, "fp32", "cpu"))]
        thread = threading.Thread(target=engines.clear)
        thread.start()
        thread.join()
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            print("heard")
    """
    line = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(line, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "heard\n")
