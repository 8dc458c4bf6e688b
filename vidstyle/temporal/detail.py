"""Gives a blend of drawings back the detail that blending took."""

from __future__ import annotations

import cv2
import numpy as np

from vidstyle.contracts import HostArray

_RADIUS = 1.5  # pixels, the standard deviation below which there is detail
# Levels of 255. Weak detail gains more than strong: edges, which a move by part of a pixel changes
# most, stay as they are.
_STRONG = 5.0


def detailed(drawing: HostArray, gain: HostArray) -> HostArray:
    """`drawing`, float32 [H, W, 3], with more of the detail of its brightness.

    Args:
        drawing: levels of 255.
        gain: [H, W], 0 for none.
    """
    luma = _luma(drawing)
    detail = luma - cv2.GaussianBlur(luma, (0, 0), _RADIUS)
    strong = cv2.GaussianBlur(np.abs(detail), (0, 0), 1) / _STRONG
    added = gain * detail / (1 + strong * strong)
    return np.asarray(drawing + added[..., None])


def sharpness(drawing: HostArray) -> float:
    """The mean step in brightness between neighbors."""
    luma = _luma(drawing)
    right, down = cv2.absdiff(luma[:, 1:], luma[:, :-1]), cv2.absdiff(luma[1:], luma[:-1])
    return float(right.mean() + down.mean())


def _luma(drawing: HostArray) -> HostArray:
    return np.asarray(cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY))
