"""vidstyle export: what people type, and what they are told."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
import torch
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


def refusal(
    folder: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> tuple[int, str]:
    """The exit code and the one line of an export that leaves everything as it was."""
    Path("file").touch()
    code = typed("export", *words)
    out, err = capfd.readouterr()
    assert err.count("\n") == 1 and not out
    assert [path.name for path in folder.iterdir()] == ["file"]
    return code, err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("gatys",), 2, "gatys draws by optimization: it has no graph to export."),
        (("wct", "--precision", "fp16"), 2, "not draw right in fp16"),
        (("swift", "--precision", "int8"), 2, "--precision is fp32 or fp16; got 'int8'."),
        (("swift", "--size", "720p"), 2, "--size is WIDTHxHEIGHT such as 1280x720, or dynamic"),
        (("swift", "--size", "large"), 2, "A size is"),
        (("swift", "--format", "tflite"), 2, "'tflite' is not one of 'onnx', 'tensorrt'"),
        (("swfit",), 2, "Did you mean 'swift'?"),
        (("none.safetensors",), 3, "There is no file 'none.safetensors'."),
        (("swift", "--out", "file/graphs"), 1, "file"),
        (("swift", "--target", "sm89"), 2, "--target is for --format tensorrt"),
    ],
)
def test_what_cannot_be_is_one_line(
    folder: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    found, line = refusal(folder, capfd, arguments)
    assert found == code and said in line


def test_engines_are_built_for_a_gpu_by_name_each_with_a_line(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorrt_rtx")
    line = ("export", "microast", "--format", "tensorrt", "--target", "sm89", "--size", "64x48")
    assert typed(*line, "--out", "engines") == 0
    said = capfd.readouterr().out.splitlines()
    assert re.match(r"engines/microast\.encode-.*-sm89-.*\.engine: \d+\.\d MB, built in", said[0])
    assert re.match(r"engines/microast\.stylize-64x48-.*\.engine: .* from torch$", said[1])
    files = sorted((folder / "engines").iterdir())
    assert [path.suffix for path in files] == [".engine", ".json"] * 2
    assert typed(*line, "--out", "engines") == 2
    err = capfd.readouterr().err
    assert "--overwrite replaces it" in err and err.count("\n") == 1
    assert sorted((folder / "engines").iterdir()) == files


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--target", "sm90"), 2, "'sm90'. Choose from: sm75, sm80, sm86, sm89, sm120"),
        (("--target", "sm89", "--precision", "int8"), 2, "--precision is fp32 or fp16"),
        (("--target", "sm89", "--out", "file/engines"), 1, "'file/engines' cannot be written"),
        pytest.param(
            (), 2, "no NVIDIA GPU here, so name the one to build for, such as --target sm89",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is one"),
        ),
    ],
)  # fmt: skip
def test_engines_that_cannot_be_are_one_line(
    folder: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    pytest.importorskip("tensorrt_rtx")
    found, line = refusal(folder, capfd, ("swift", "--format", "tensorrt", *arguments))
    assert found == code and said in line


def test_without_tensorrt_rtx_its_extra_is_named(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    assert typed("export", "swift", "--format", "tensorrt", "--target", "sm89") == 4
    err = capfd.readouterr().err
    assert "pip install 'vidstyle[tensorrt-rtx]'" in err and err.count("\n") == 1


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
