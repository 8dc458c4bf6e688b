"""vidstyle train: what people type, and what they are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import typed
from training import IMITATE, data_folder, on_one_thread, recipe_file

from vidstyle.cli import train as command
from vidstyle.train.journal import Journal


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    data_folder(tmp_path / "data")
    recipe_file(tmp_path / "tiny.toml", stages=[IMITATE])
    with on_one_thread():
        yield tmp_path


class _SignalsItself(Journal):
    """Sends this process a signal at the second step."""

    number = signal.SIGINT

    def add(self, stage: str, step: int, terms: dict[str, float]) -> None:
        super().add(stage, step, terms)
        if step == 2:
            os.kill(os.getpid(), self.number)


def one_line(capfd: pytest.CaptureFixture[str]) -> str:
    said = capfd.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err


def test_help_says_how(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("train", "--help") == 0
    out = capfd.readouterr().out
    assert "  vidstyle train swift --data pictures" in out and "docs/training.md" in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("tiny.toml", "--data", "nowhere"), 3, "There is no folder 'nowhere/paintings': --data"),
        (("tiny.toml", "--vgg", "none.pth"), 3, "There is no file 'none.pth'"),
        (("tiny.toml", "--device", "cuda:99"), 4, "'cuda:99' cannot be used by torch"),
        (("tiny.toml", "--out", "tiny.toml"), 1, "'tiny.toml' cannot be written"),
        (("none.toml",), 3, "The recipe 'none.toml' cannot be read"),
        (("nonsense",), 2, "Unknown recipe 'nonsense'. Choose from: "),
        (("bad.toml",), 2, "got 33"),
    ],
    ids=str,
)
def test_what_cannot_be_is_one_line(
    folder: Path, capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...], code: int, said: str,
) -> None:  # fmt: skip
    recipe_file(folder / "bad.toml", stages=[IMITATE | {"crop": 33}])
    assert typed("train", *arguments) == code
    assert said in one_line(capfd)
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_a_checkpoint(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    number: signal.Signals, code: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(_SignalsItself, "number", number)
    monkeypatch.setattr("vidstyle.train.loop.Journal", _SignalsItself)
    assert typed("train", "tiny.toml") == code
    assert one_line(capfd) == (
        "vidstyle: Interrupted. 'runs/tiny/checkpoint.pt' is kept: "
        "the same command goes on from there.\n"
    )


def test_the_same_command_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_SECONDS_BETWEEN_LINES", -1.0)
    with monkeypatch.context() as patched:
        patched.setattr("vidstyle.train.loop.Journal", _SignalsItself)
        assert typed("train", "tiny.toml", "--out", "mine") == 130
    said = capfd.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in said[:2]] == [f"{n} of 3 steps of first" for n in (1, 2)]
    assert typed("train", "tiny.toml", "--out", "mine") == 0
    out, err = capfd.readouterr()
    assert err.startswith("3 of 3 steps of first, 0:00 left (blocks ") and err.count("\n") == 1
    assert out.startswith("mine/tiny.safetensors: ") and out.count("\n") == 1
    made = {path.name for path in (folder / "mine").glob("tiny.*")}
    assert made == {"tiny.safetensors", "tiny.encode.onnx", "tiny.stylize.onnx"}


def test_without_matplotlib_a_training_does_not_begin(folder: Path) -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from vidstyle.cli import main; main(['train', 'tiny.toml'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 4
    assert done.stderr.endswith("pip install 'vidstyle[train]'.\n")
    assert done.stderr.count("\n") == 1 and "matplotlib" in done.stderr
    assert not (folder / "runs").exists()
