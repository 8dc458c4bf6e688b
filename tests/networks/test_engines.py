"""Engines for use elsewhere: whole ones with their manifests, or none."""

import json
import shutil
import signal
from pathlib import Path

import pytest

from vidstyle.errors import OutputExists
from vidstyle.export.agreement import Exported
from vidstyle.networks import engines
from vidstyle.networks.engines import export_engines
from vidstyle.weights import find_model

SIZES = {(48, 64): "64x48", None: "64x64-1920x1920"}


@pytest.fixture(autouse=True)
def stored_graphs(monkeypatch):
    """To export takes long; the graphs that vidstyle itself draws with are there already."""

    def copied(model, folder, *form):
        stored = [model.graph(function).function for function in ("encode", "stylize")]
        return [Exported(Path(shutil.copy(path, folder)), "as it is") for path in stored]

    monkeypatch.setattr(engines, "export_onnx", copied)


@pytest.fixture(autouse=True)
def fake_library(monkeypatch):
    """Builds small engines at once."""
    monkeypatch.setattr(engines, "LIBRARY", "fake_tensorrt")


def export(folder, size=(48, 64), **options):
    return export_engines(find_model("microast"), folder, "sm89", size, **options)


def manifest(file):
    return json.loads(file.path.with_suffix(".json").read_bytes())


@pytest.mark.parametrize("size", SIZES, ids=SIZES.get)
def test_names_and_manifests_say_what_is_there(tmp_path, size):
    encode, stylize = export(tmp_path, size)
    assert encode.path.name.startswith("microast.encode-16x16-2048x2048-float32-fp32-fake_tensorrt")
    assert stylize.path.name.startswith(
        f"microast.stylize-{SIZES[size]}-float32-fp32-fake_tensorrt"
    )
    assert manifest(encode)["shapes"] == {"style": [[1, 3, side, side] for side in (16, 512, 2048)]}
    content = [[1, 3, 64, 64], [1, 3, 720, 1280], [1, 3, 1920, 1920]]
    assert manifest(stylize)["shapes"] == {"content": content}
    assert manifest(stylize)["engine_bytes"] == stylize.path.stat().st_size > 0
    assert len(list(tmp_path.iterdir())) == 4


def test_another_size_takes_the_encode_that_is_there(tmp_path):
    encode, _ = export(tmp_path)
    made = encode.path.stat().st_mtime_ns
    again, _ = export(tmp_path, None)
    assert again.path == encode.path and again.path.stat().st_mtime_ns == made
    assert again.agreement.startswith("there already")
    assert len(list(tmp_path.iterdir())) == 6


def test_a_damaged_encode_is_not_taken(tmp_path):
    encode, _ = export(tmp_path)
    encode.path.write_bytes(b"damaged")
    again, _ = export(tmp_path, None)
    assert again.path == encode.path and again.path.read_bytes() == b"engine of "


def test_what_is_there_is_replaced_only_with_overwrite_and_then_of_other_weights_too(tmp_path):
    _, stylize = export(tmp_path)
    older = stylize.path.with_name(
        stylize.path.name.replace(manifest(stylize)["onnx_sha256"][:12], "f" * 12)
    )
    stylize.path.rename(older)
    with pytest.raises(OutputExists, match="--overwrite replaces it"):
        export(tmp_path)
    _, again = export(tmp_path, overwrite=True)
    assert again.path == stylize.path and again.path.exists() and not older.exists()


def test_a_file_that_cannot_be_written_leaves_none(tmp_path):
    _, stylize = export(tmp_path / "first")
    in_the_way = tmp_path / "second" / stylize.path.name
    in_the_way.mkdir(parents=True)
    with pytest.raises(OSError, match=r"stylize"):
        export(tmp_path / "second", overwrite=True)
    assert list((tmp_path / "second").iterdir()) == [in_the_way]


def test_ctrl_c_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        export(tmp_path / "out", on_step=lambda *step: signal.raise_signal(signal.SIGINT))
    assert list(tmp_path.iterdir()) == [tmp_path / "out"] and not list((tmp_path / "out").iterdir())
