"""Tensors are converted as avframe.py converts, whose own reference is in test_avframe.py."""

import av
import numpy as np
import pytest
import torch
from media import in_bits, smooth

from vidstyle.avframe import FrameReader, FrameWriter
from vidstyle.contracts import Color
from vidstyle.planes import pixels_of, planes_of
from vidstyle.yuv import PACKINGS

SIZES = [(48, 64), (47, 63), (3, 1), (1, 3), (1, 1)]
COLORS = [Color(matrix, full, matrix, matrix) for matrix in (6, 1, 9) for full in (False, True)]
NAMES = [name for name in PACKINGS if name != "yuvj420p"]  # which is yuv420p in full range
PLANAR = {"nv12": "yuv420p", "p010le": "yuv420p10le"}  # the same samples, stored another way


def picture(kind, height, width, dtype):
    if kind == "smooth":
        return in_bits(smooth(height, width), dtype)
    noise = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, (height, width, 3))
    return noise.astype(dtype)


def dtype_of(name):
    return np.uint8 if PACKINGS[name].bits == 8 else np.uint16


def written(name, pixels, color):
    """What avframe.py makes of `pixels`, stored as the format `name` stores it."""
    frame = FrameWriter(PLANAR.get(name, name), color).write(pixels)
    return frame.reformat(format=name)


def tensors_in(frame):
    """The planes of a frame, as PyAV shares them."""
    return [torch.from_dlpack(plane.__dlpack__()) for plane in frame.planes]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", ["smooth", "noise"])
@pytest.mark.parametrize("name", NAMES)
def test_planes_are_those_that_avframe_writes(name, kind, size):
    for color in COLORS:
        pixels = picture(kind, *size, dtype_of(name))
        expected = tensors_in(written(name, pixels, color))
        found = planes_of(torch.from_numpy(pixels), PACKINGS[name], color)
        for ours, theirs in zip(found, expected, strict=True):
            assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
            assert (ours.int() - theirs.int()).abs().max() <= PACKINGS[name].step  # one level


@pytest.mark.parametrize("kind", ["smooth", "noise"])
@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_those_that_avframe_reads(name, kind):
    for color in COLORS:
        frame = written(name, picture(kind, 48, 64, dtype_of(name)), color)
        expected, _ = FrameReader().read(frame, color)
        found = pixels_of(tensors_in(frame), PACKINGS[name], color).numpy()
        assert found.dtype == expected.dtype
        # Of 65535, avframe.py's rounding of raised chroma counts up to twice.
        assert np.abs(found.astype(int) - expected).max() <= (1 if found.dtype == np.uint8 else 2)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le"])
def test_odd_sizes_are_read_whole(name, size):
    height, width = size
    color, frame = COLORS[0], av.VideoFrame(width, height, name)
    for plane, seed in zip(frame.planes, range(3), strict=True):
        values = np.frombuffer(plane, dtype_of(name))
        noise = np.random.default_rng(seed).integers(0, 2 ** PACKINGS[name].bits, len(values))
        values[:] = noise
    expected, _ = FrameReader().read(frame, color)
    found = pixels_of(tensors_in(frame), PACKINGS[name], color).numpy()
    assert found.shape == (height, width, 3)
    assert np.abs(found.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("color", COLORS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_a_smooth_video_comes_back_within_one_level(name, color):
    packing = PACKINGS[name]
    before = planes_of(torch.from_numpy(picture("smooth", 90, 160, dtype_of(name))), packing, color)
    after = planes_of(pixels_of(before, packing, color), packing, color)
    for ours, theirs in zip(after, before, strict=True):
        assert (ours.int() - theirs.int()).abs().max() <= packing.step
