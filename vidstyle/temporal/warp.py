"""Arrays moved along a flow, on the host; tensorwarp.py does it on a device."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from vidstyle.contracts import HostArray
from vidstyle.temporal.flow import Flow


def warp(array: HostArray, flow: Flow) -> HostArray:
    """`array` read where `flow` points to, bilinearly: array(p + flow(p)) for each pixel p.

    Beyond its edge an array goes on as its last pixel.

    Args:
        array: [H, W] or [H, W, C].
        flow: [H, W, 2].
    """
    x, y = places(flow)
    edge = cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(array, x, y, cv2.INTER_LINEAR, borderMode=edge))


def places(flow: Flow) -> tuple[HostArray, HostArray]:
    """Where each pixel's flow points to: x and y, float32 [H, W] each."""
    height, width = flow.shape[:2]
    x, y = _grid(height, width)
    return x + flow[..., 0], y + flow[..., 1]


def composed(flow: Flow, earlier: Flow) -> Flow:
    """The flow across two steps: `flow` to the frame before, `earlier` from there to its own."""
    return np.asarray(flow + warp(earlier, flow))


def resized(flow: Flow, height: int, width: int) -> Flow:
    """A flow for pictures of another size: its places and its numbers."""
    if flow.shape[:2] == (height, width):
        return flow
    # OpenCV's scalars are four
    scale: Any = (width / flow.shape[1], height / flow.shape[0], 1, 1)
    # Multiplied where it is smaller; NumPy takes ten times as long to multiply by two numbers.
    if height < flow.shape[0]:
        return np.asarray(cv2.multiply(cv2.resize(flow, (width, height)), scale))
    return np.asarray(cv2.resize(cv2.multiply(flow, scale), (width, height)))


@lru_cache(maxsize=4)  # of few sizes: making one takes longer than to warp by it
def _grid(height: int, width: int) -> tuple[HostArray, HostArray]:
    """Each pixel's own place."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return x, y
