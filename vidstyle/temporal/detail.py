"""Gives a blend of drawings back the detail that blending took."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import resize
from vidstyle.temporal.tracking import halved

_RADIUS = 1.5  # pixels, a standard deviation: what is finer is detail
# Levels of 255. Weak detail gains more than strong: the edges, which a move by part of a pixel
# changes most, stay as they are.
_STRONG = 5.0
# Pixels: larger pictures are halved. Detail that is finer than what is left there is not worth its
# flicker, and takes time.
LONG_SIDE = 640


def detailed(drawing: HostArray, gain: float, dtype: Any) -> Pixels:
    """`drawing` with more detail in its brightness, as Pixels.

    Args:
        drawing: float32 [H, W, 3], levels of 255.
        gain: 0 for none.
        dtype: of what comes back, uint8 or uint16.
    """
    whole = cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY)
    luma = halved(whole, LONG_SIDE)
    detail = luma - cv2.GaussianBlur(luma, (0, 0), _RADIUS)
    strong = cv2.GaussianBlur(np.abs(detail), (0, 0), 1) / np.float32(_STRONG)
    added = np.float32(gain) * detail / (1 + strong * strong)
    added = resize(added, *whole.shape)
    levels = np.iinfo(dtype).max / 255
    depth = cv2.CV_8U if dtype == np.uint8 else cv2.CV_16U
    # rounds and saturates
    sharp = cv2.addWeighted(drawing, levels, cv2.merge([added] * 3), levels, 0, dtype=depth)
    return np.asarray(sharp)


def sharpness(drawing: Pixels) -> float:
    """The mean step in brightness between neighbors."""
    luma = cv2.cvtColor(halved(drawing, LONG_SIDE), cv2.COLOR_RGB2GRAY)
    steps = (
        cv2.norm(luma[1:], luma[:-1], cv2.NORM_L1),
        cv2.norm(luma[:, 1:], luma[:, :-1], cv2.NORM_L1),
    )
    return sum(steps) / luma.size
