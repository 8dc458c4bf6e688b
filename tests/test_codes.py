"""A style that was read before is not read again."""

import numpy as np
import pytest
from models import picture

from vidstyle.codes import kept_code

STYLE = picture(20, 30)


@pytest.fixture
def reader(tmp_path, monkeypatch):
    monkeypatch.setenv("VIDSTYLE_CACHE", str(tmp_path / "cache"))
    graph = tmp_path / "reads.onnx"
    graph.write_bytes(b"a graph")
    return "openvino", graph


@pytest.fixture
def read():
    """Reads a style, and counts how often it did."""

    def read(style):
        read.times += 1
        return style.mean((0, 1)).astype(np.float32), np.float32([[style.size]])

    read.times = 0
    return read


def test_what_was_read_comes_back(reader, read):
    first, again = kept_code(reader, STYLE, read), kept_code(reader, STYLE, read)
    assert read.times == 1
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one, other) and one.dtype == other.dtype


def test_many_tensors_come_back_in_their_order(reader):
    code = tuple(np.full((1, place + 1), place, np.float32) for place in range(12))
    kept_code(reader, STYLE, lambda style: code)
    again = kept_code(reader, STYLE, lambda style: ())
    assert [part.shape[1] for part in again] == list(range(1, 13))


def test_another_picture_graph_or_runtime_is_read_anew(reader, read):
    runtime, graph = reader
    kept_code(reader, STYLE, read)
    kept_code(reader, STYLE[:, ::-1], read)
    kept_code(("torch", graph), STYLE, read)
    graph.write_bytes(b"another graph")
    kept_code(reader, STYLE, read)
    assert read.times == 4


@pytest.mark.parametrize("damage", [b"", b"no archive", b"PK\x03\x04 and no more"])
def test_a_damaged_file_is_read_anew_and_mended(reader, read, tmp_path, damage):
    kept_code(reader, STYLE, read)
    (file,) = (tmp_path / "cache/codes").iterdir()
    file.write_bytes(damage)
    code = kept_code(reader, STYLE, read)
    assert read.times == 2 and np.allclose(code[0], STYLE.mean((0, 1)))
    kept_code(reader, STYLE, read)
    assert read.times == 2


def test_where_nothing_can_be_kept_styles_are_read(reader, read, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder belongs")
    for _ in range(2):
        assert len(kept_code(reader, STYLE, read)) == 2
    assert read.times == 2
