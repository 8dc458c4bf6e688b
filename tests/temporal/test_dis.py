"""Flow by dense inverse search."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from models import picture

from vidstyle.errors import UnknownName, UsageError
from vidstyle.temporal import FLOWS
from vidstyle.temporal.dis import PRESETS, Dis, preset_for

HEIGHT, WIDTH = 96, 128
WHOLE = cv2.GaussianBlur(picture(HEIGHT + 8, WIDTH + 8), (0, 0), 1.5)


def seen(down, right):
    """What a camera sees that has moved by so much."""
    return np.ascontiguousarray(WHOLE[down : down + HEIGHT, right : right + WIDTH])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_known_shift_gives_known_flow(preset):
    flow = Dis(preset).flow(seen(2, 5), seen(3, 3))
    assert flow.shape == (HEIGHT, WIDTH, 2) and flow.dtype == np.float32
    assert np.abs(np.median(flow[8:-8, 8:-8], (0, 1)) - (-2, 1)).max() < 0.2


def test_what_comes_into_the_picture_is_occluded():
    occluded = Dis().motion(seen(0, 0), seen(0, 6)).occluded
    assert occluded[:, -4:].all()
    assert occluded[8:-8, 8:-12].mean() < 0.1


def test_frames_of_16_bits_and_on_a_device_give_the_same():
    pair = seen(0, 0), seen(1, 2)
    expected = Dis().flow(*pair)
    assert np.array_equal(Dis().flow(*(part.astype(np.uint16) * 257 for part in pair)), expected)
    assert np.array_equal(Dis().flow(*map(torch.from_numpy, pair)), expected)


@pytest.mark.parametrize("size", [(1, 1), (5, 8), (12, 300), (300, 4)])
def test_pictures_of_any_size_have_flow(size):
    """OpenCV refuses small ones, and crashes on flat ones."""
    for preset in PRESETS:
        flow, occluded = Dis(preset).motion(picture(*size), picture(*size))
        assert flow.shape == (*size, 2) and np.isfinite(flow).all()
        assert occluded.shape == size


def test_larger_pictures_take_faster_presets():
    sizes = [(360, 640), (480, 854), (720, 1280), (1080, 1920)]
    assert [preset_for(*size) for size in sizes] == ["medium", "medium", "fast", "ultrafast"]


def test_a_preset_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="ultrafast, fast, brisk, medium; got 'slow'"):
        Dis("slow")


def test_a_flow_that_is_not_there_is_refused():
    with pytest.raises(UnknownName, match="Unknown flow 'disk'. Did you mean 'dis'"):
        FLOWS["disk"]


def test_flow_without_a_network_loads_no_torch():
    code = (
        "import sys; from vidstyle.temporal import FLOWS; FLOWS['dis'](), FLOWS['exact']('x');"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
