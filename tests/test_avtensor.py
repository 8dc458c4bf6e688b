"""Frames of FFmpeg to tensors and back, as avframe.py converts them to arrays and back."""

import av
import numpy as np
import pytest
import torch
from media import clip, in_bits, smooth, turned

from vidstyle.avframe import FrameReader, FrameWriter
from vidstyle.avtensor import TensorReader, TensorWriter
from vidstyle.contracts import Color

HD = Color(1, False, 1, 1)
ORIENTATIONS = [
    (1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1),
    (0, 1, 1, 0), (0, 1, -1, 0), (0, -1, 1, 0), (0, -1, -1, 0),
]  # fmt: skip


def picture(name, height=48, width=64):
    return in_bits(smooth(height, width), np.uint16 if "10" in name else np.uint8)


def off(one, other):
    return np.abs(np.asarray(one).astype(int) - np.asarray(other)).max()


@pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le", "nv12", "p010le"])
def test_a_frame_is_read_as_avframe_reads_it(name):
    base = {"nv12": "yuv420p", "p010le": "yuv420p10le"}.get(name, name)
    frame = FrameWriter(base, HD).write(picture(name)).reformat(format=name)
    reader, (expected, _) = TensorReader("cpu"), FrameReader().read(frame, HD)
    assert reader.reads(frame)
    assert off(reader.read(frame, HD), expected) <= 2


@pytest.mark.parametrize(
    ("name", "width"),
    [("yuv444p", 64), ("yuva420p", 64), ("rgb24", 64), ("gray", 64), ("nv12", 63)],
)
def test_other_frames_are_left_to_avframe(name, width):
    assert not TensorReader("cpu").reads(av.VideoFrame(width, 48, name))


@pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("matrix", ORIENTATIONS)
def test_every_orientation_is_turned_upright(tmp_path, matrix, name):
    path = turned(clip(tmp_path / "a.mp4", frames=1, pix_fmt=name), matrix)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    expected, _ = FrameReader().read(frame, HD)
    found = TensorReader("cpu").read(frame, HD)
    assert found.shape == expected.shape and found.is_contiguous()
    assert off(found, expected) <= 2


def test_pixels_outlive_their_frame():
    frame = FrameWriter("yuv420p", HD).write(picture("yuv420p"))
    expected, _ = FrameReader().read(frame, HD)
    pixels = TensorReader("cpu").read(frame, HD)
    del frame
    assert off(pixels, expected) <= 1


@pytest.mark.parametrize("size", [(48, 64), (47, 63), (1, 1)], ids=str)
@pytest.mark.parametrize("name", ["yuv420p", "yuvj420p", "yuv420p10le"])
def test_a_frame_is_written_as_avframe_writes_it(name, size):
    color = Color(1, name == "yuvj420p", 1, 1)
    pixels = picture(name, *size)
    found = TensorWriter(name, color).write(torch.from_numpy(pixels))
    expected = FrameWriter(name, color).write(pixels)
    assert (found.width, found.height) == (expected.width, expected.height)
    assert (found.format.name, found.colorspace, found.color_range) == (
        expected.format.name, expected.colorspace, expected.color_range,
    )  # fmt: skip
    for ours, theirs in zip(found.planes, expected.planes, strict=True):
        assert off(np.from_dlpack(ours), np.from_dlpack(theirs)) <= 1


def test_tensors_of_another_depth_are_written():
    deep = torch.from_numpy(picture("yuv420p10le"))
    frame = TensorWriter("yuv420p", HD).write(deep)
    expected = FrameWriter("yuv420p", HD).write(picture("yuv420p10le"))
    assert off(np.from_dlpack(frame.planes[0]), np.from_dlpack(expected.planes[0])) <= 1
