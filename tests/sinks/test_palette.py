"""Colors for GIF."""

from __future__ import annotations

import av
import numpy as np
from media import in_bits, smooth

from vidstyle.sinks.palette import to_palette


def shown(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="rgba").astype(int)


def test_few_colors_are_exact() -> None:
    pixels = np.random.default_rng(0).integers(0, 2, (20, 30, 3), np.uint8) * 113
    assert np.array_equal(shown(to_palette(pixels))[..., :3], pixels)


def test_many_colors_are_near_on_average() -> None:
    pixels = in_bits(smooth(120, 160))
    wrong = shown(to_palette(pixels))[..., :3] - pixels
    assert abs(wrong.mean()) < 1
    assert abs(wrong).mean() < 6


def test_transparency_is_on_or_off() -> None:
    alpha = np.array([[0, 100, 200, 255]], np.uint8)
    frame = to_palette(np.full((1, 4, 3), 70, np.uint8), alpha)
    assert shown(frame)[0, :, 3].tolist() == [0, 0, 255, 255]
