"""vidstyle export: what people type, and what they are told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fakes import typed

from vidstyle.weights import find_model

onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_model_is_exported_by_its_path_and_each_file_has_a_line(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(find_model("microast").path, "mine.safetensors")
    assert typed("export", "mine.safetensors") == 2
    assert "--out elsewhere" in capfd.readouterr().err
    assert typed("export", "mine.safetensors", "--out", "graphs", "--size", "64x48") == 0
    first, second = capfd.readouterr().out.splitlines()
    assert first.startswith("graphs/mine.encode.onnx: 0.8 MB, ") and "from torch" in first
    assert second.startswith("graphs/mine.stylize.onnx: 1.4 MB, ") and "from torch" in second
    assert sorted(path.name for path in (folder / "graphs").iterdir()) == [
        "mine.encode.onnx", "mine.stylize.onnx",
    ]  # fmt: skip
    stylize = onnxruntime.InferenceSession("graphs/mine.stylize.onnx")
    assert stylize.get_inputs()[0].shape == [1, 3, 48, 64]


def test_what_is_there_stays_without_overwrite(capfd: pytest.CaptureFixture[str]) -> None:
    Path("swift.stylize.onnx").write_bytes(b"mine")
    assert typed("export", "swift") == 2
    assert "--overwrite" in capfd.readouterr().err
    assert Path("swift.stylize.onnx").read_bytes() == b"mine"
    assert not Path("swift.encode.onnx").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("gatys",), 2, "gatys draws by optimization: it has no graph to export."),
        (("wct", "--precision", "fp16"), 2, "fp32 alone"),
        (("swift", "--precision", "int8"), 2, "--precision is fp32 or fp16; got 'int8'."),
        (("swift", "--size", "720p"), 2, "--size is WIDTHxHEIGHT such as 1280x720, or dynamic"),
        (("swift", "--size", "large"), 2, "A size is"),
        (("swift", "--format", "tflite"), 2, "'tflite' is not 'onnx'"),
        (("swfit",), 2, "Did you mean 'swift'?"),
        (("none.safetensors",), 3, "There is no file 'none.safetensors'."),
        (("swift", "--out", "file/graphs"), 1, "file"),
    ],
)
def test_what_cannot_be_is_one_line(
    folder: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    Path("file").touch()
    assert typed("export", *arguments) == code
    out, err = capfd.readouterr()
    assert said in err and err.count("\n") == 1 and not out
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_help_says_how(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("export", "--help") == 0
    out = capfd.readouterr().out
    assert "  vidstyle export swift --format onnx --out graphs" in out
    assert max(map(len, out.splitlines())) <= 100


def test_a_folder_that_cannot_be_made_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    Path("graphs").write_bytes(b"a file")
    assert typed("export", "microast", "--out", "graphs", "--size", "64x48") == 1
    err = capfd.readouterr().err
    assert "'graphs' cannot be written" in err and err.count("\n") == 1
