"""Gives a blend of drawings back the detail that blending took."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.temporal.tracking import LONG_SIDE, halved

# Pixels, a standard deviation: what is finer is detail. That is what is lost where a drawing is
# read between its pixels, whatever its size.
_RADIUS = 1.0
_SHARP = 0.985  # of the sharpness that is drawn: aimed at
FIRST_GAIN = 0.1
# Bounds: with some gain, what it gives can be told; no gain makes some drawings as sharp.
_LEAST_GAIN, _MOST_GAIN = 0.05, 2.0
_LEAST_GIVEN = 0.05  # of the sharpness that is aimed at, by a gain of 1: a bound as well
_FIRMLY = 0.5  # the share of what is wanting that is made up for in the next frame


def detailed(drawing: HostArray, gain: HostArray, dtype: Any) -> Pixels:
    """`drawing` with more detail, as Pixels.

    Args:
        drawing: float32 [H, W, 3], levels of 255.
        gain: float32 [H, W], 0 for none.
        dtype: of what comes back, uint8 or uint16.
    """
    smooth = cv2.GaussianBlur(drawing, (5, 5), _RADIUS)
    sharp = cv2.blendLinear(drawing, smooth, 1 + gain, -gain)
    depth = cv2.CV_8U if dtype == np.uint8 else cv2.CV_16U
    # rounds and saturates
    return np.asarray(cv2.addWeighted(sharp, np.iinfo(dtype).max / 255, sharp, 0, 0, dtype=depth))


def sharpness(drawing: HostArray) -> float:
    """The mean step in brightness between neighbors."""
    luma = cv2.cvtColor(halved(drawing, LONG_SIDE), cv2.COLOR_RGB2GRAY)
    steps = (
        cv2.norm(luma[1:], luma[:-1], cv2.NORM_L1),
        cv2.norm(luma[:, 1:], luma[:, :-1], cv2.NORM_L1),
    )
    return sum(steps) / luma.size


def gain_after(gain: float, drawn: float, blend: float, steady: float) -> float:
    """The gain for the next frame, from the sharpness of this one.

    Args:
        gain: by which `blend` became `steady`.
        drawn: the sharpness of what the network drew; that of the others is in the same units.
    """
    wanted = _SHARP * drawn
    given = max((steady - blend) / gain, _LEAST_GIVEN * wanted, 1e-3)
    return min(max(gain + _FIRMLY * (wanted - steady) / given, _LEAST_GAIN), _MOST_GAIN)
