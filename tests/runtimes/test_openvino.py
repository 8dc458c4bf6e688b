"""OpenVINO: what it has compiled is kept, and never loaded when damaged."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from models import picture

from vidstyle.machine import cores
from vidstyle.runtimes.openvino import _CORE
from vidstyle.stylizer import Drawing, load_stylizer

CONTENT = picture(48, 64)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("VIDSTYLE_CACHE", str(tmp_path))
    return tmp_path / "engines"


def drawn(content=CONTENT, network="swift-lite"):
    made = load_stylizer(Drawing(network, "openvino", "cpu", "fp32"))
    return made(content, made.look("ink"))


def engines(folder):
    return sorted(folder.glob("*.stylize-*.engine"))


def test_a_second_start_compiles_nothing_and_draws_the_same(folder, monkeypatch):
    first = drawn()
    assert [path.name.split("-openvino")[0] for path in engines(folder)] == [
        "swift-lite.stylize-64x48-uint8-fp32"
    ]
    monkeypatch.setattr(_CORE, "compile_model", None)
    assert np.array_equal(drawn(), first)


def test_a_damaged_engine_is_compiled_anew_with_a_line_that_says_why(folder, caplog):
    caplog.set_level(logging.WARNING)
    first = drawn()
    (path,) = engines(folder)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 255
    path.write_bytes(damaged)
    assert np.array_equal(drawn(), first)
    assert "built anew: it is damaged" in caplog.text


def test_what_openvino_refuses_is_compiled_anew(folder, caplog, monkeypatch):
    caplog.set_level(logging.WARNING)
    first = drawn()

    def refuse(*_):
        raise RuntimeError("compiled for another processor")

    monkeypatch.setattr(_CORE, "import_model", refuse)
    assert np.array_equal(drawn(), first)
    assert "openvino refuses it" in caplog.text


def test_only_the_last_used_are_kept(folder, monkeypatch):
    monkeypatch.setattr("vidstyle.runtimes.openvino._KEPT", 2)
    drawn()  # of which reading the style is one
    (path,) = engines(folder)
    for file in folder.glob("*.engine"):
        os.utime(file, (1, 1) if file == path else (2, 2))
    drawn(picture(48, 80))
    assert len(list(folder.glob("*.engine"))) == 2 and not path.exists()


def test_frames_of_a_clip_are_drawn_side_by_side_as_one_by_one(folder):
    drawing = Drawing("swift-lite", "openvino", "cpu", "fp32", clip=True)
    made = load_stylizer(drawing)
    assert made.at_once == min(cores(), 4)
    look, contents = made.look("ink"), [picture(48, 64, seed) for seed in range(6)]
    with ThreadPoolExecutor(made.at_once) as hands:
        found = list(hands.map(lambda content: made(content, look), contents))
    alone = load_stylizer(replace(drawing, clip=False))
    assert alone.at_once == 1
    for content, drawn in zip(contents, found, strict=True):
        assert np.abs(alone(content, look).astype(int) - drawn).max() <= 1
