"""How a picture came from an earlier one, for those who blend the two.

Beside the flow there is trust: how far what the earlier picture shows can stand for what is seen
now. It is coarse, one value for 4x4 pixels, so that it costs little.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.temporal.flow import Flow, FlowEstimator
from vidstyle.temporal.occlusion import leaves, unmatched
from vidstyle.temporal.warp import warp

_COARSE = 4  # pixels to one value of trust
_CHANGED = 6.0, 24.0  # levels of 255 by which contents differ: up to there trusted, then not at all
_NEAR = 8.0  # values around, the standard deviation, over which it is judged whether all stands
# Standing explains the content as well as a flow does, if its squared error is at most so many
# times that of the flow, and so many squared levels more: a flow also fits itself to noise, to
# 1/1.35 of the error at a standard deviation of 3. Noise has no direction, so that flow which is
# nearby over half a pixel on average is none.
_TIMES, _MORE, _ASTRAY = 1.5, 2.0, 0.5


class Track(NamedTuple):
    """Where a picture was in an earlier one, and how surely."""

    flow: Flow  # backward, [H, W, 2]; exactly 0 where nothing moves
    trust: HostArray  # float32 [H / 4, W / 4], 0..1


def tracked(search: FlowEstimator, before: Pixels, now: Pixels, both_ways: bool) -> Track:
    """Find where `now` was in `before`.

    Args:
        search: finds the flow.
        before: uint8 [H, W], luma.
        now: the same.
        both_ways: whether flow is checked by going back and forth; it takes twice as long, and else
            it is not trusted where motion breaks.
    """
    flow = search.flow(before, now)
    size = coarse_size(now)
    if both_ways:
        wrong = shrunk(unmatched(search.flow(now, before), flow).astype(np.float32), size)
    else:
        wrong = _broken(shrunk(flow, size))
    still, moved = cv2.absdiff(before, now), cv2.absdiff(warp(before, flow), now)
    moves = _moving(shrunk(flow, size), _nearby(still, size), _nearby(moved, size))
    still, moved = (shrunk(each, size).astype(np.float32) for each in (still, moved))
    changed = cv2.GaussianBlur(moved * moves + still * (1 - moves), (0, 0), 0.5)
    flow = flow * cv2.resize(moves, flow.shape[1::-1])[..., None]
    trust = falling(changed, *_CHANGED) * (1 - wrong * moves) * ~shrunk_leaves(flow, size)
    return Track(flow, trust.astype(np.float32))


def coarse_size(pixels: Pixels) -> tuple[int, int]:
    """Width and height of what is coarse."""
    return max(1, pixels.shape[1] // _COARSE), max(1, pixels.shape[0] // _COARSE)


def shrunk(array: HostArray, size: tuple[int, int]) -> HostArray:
    """Means over an array [H, W] or [H, W, C], at a width and height."""
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA))


def falling(values: HostArray, high: float, low: float) -> HostArray:
    """1 up to `high`, 0 from `low` on."""
    return np.asarray(np.clip((low - values) / (low - high), 0, 1))


def largest(array: HostArray) -> HostArray:
    """The largest of three channels; NumPy takes fifty times as long."""
    red, green, blue = cv2.split(array)
    return np.asarray(cv2.max(cv2.max(red, green), blue))


def _nearby(difference: HostArray, size: tuple[int, int]) -> HostArray:
    """The mean square nearby, coarse."""
    square = difference.astype(np.float32) ** 2
    return np.asarray(cv2.GaussianBlur(shrunk(square, size), (0, 0), _NEAR))


def _moving(flow: Flow, still: HostArray, moved: HostArray) -> HostArray:
    """0 where flow may as well be noise, 1 where something moves; all coarse."""
    errs = (still / (_TIMES * moved + _MORE) - 1) * 4
    x, y = cv2.split(cv2.GaussianBlur(flow, (0, 0), _NEAR))
    astray = (cv2.magnitude(x, y) - _ASTRAY) * 2
    return np.asarray(np.clip(np.maximum(errs, astray), 0, 1))


def _broken(flow: Flow) -> HostArray:
    """Where motion breaks, 0..1; far more lenient than occlusion.breaks, which masks a third."""
    down, right = np.gradient(flow, axis=(0, 1))
    bend = (down**2 + right**2).sum(-1) / (0.01 * (flow**2).sum(-1) + 1.6)
    return np.asarray(1 - falling(cv2.GaussianBlur(bend, (0, 0), 0.7), 1, 3))


def shrunk_leaves(flow: Flow, size: tuple[int, int]) -> HostArray:
    scale = np.array([size[0] / flow.shape[1], size[1] / flow.shape[0]], np.float32)
    return leaves(shrunk(flow, size) * scale)
