"""Where a flow is not to be trusted.

As in Ruder, Dosovitskiy, Brox, "Artistic style transfer for videos", GCPR 2016,
https://arxiv.org/abs/1604.08610, after Sundaram, Brox, Keutzer, "Dense point trajectories by
GPU-accelerated large displacement optical flow", ECCV 2010.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.temporal.flow import Flow, Motion
from vidstyle.temporal.warp import places, warp


def motion_both_ways(
    flow: Callable[[Pixels, Pixels], Flow], previous: Pixels, current: Pixels
) -> Motion:
    """The motion from `previous` to `current`, by a `flow` that is asked in both directions."""
    backward, forward = flow(previous, current), flow(current, previous)
    return Motion(backward, disoccluded(forward, backward))


def disoccluded(forward: Flow, backward: Flow) -> HostArray:
    """Where a frame shows what the one before did not, or motion breaks: bool [H, W].

    Args:
        forward: the flow from the frame before to this one.
        backward: the flow from this one to the frame before.
    """
    return unmatched(forward, backward) | breaks(backward)


def unmatched(forward: Flow, backward: Flow) -> HostArray:
    """Where going back and forth again leads elsewhere, or out of the picture: bool [H, W].

    |w + v|^2 > 0.01 (|w|^2 + |v|^2) + 0.5, v the backward flow, and w the forward flow read where
    v points to.
    """
    w, v = warp(forward, backward), backward
    return (_length2(w + v) > 0.01 * (_length2(w) + _length2(v)) + 0.5) | leaves(v)


def leaves(flow: Flow) -> HostArray:
    """Where a flow points out of the picture, by more than half a pixel: bool [H, W]."""
    height, width = flow.shape[:2]
    x, y = places(flow)
    return np.asarray((x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5))


def breaks(flow: Flow) -> HostArray:
    """Where motion breaks: |grad v_x|^2 + |grad v_y|^2 > 0.01 |v|^2 + 0.002. bool [H, W]."""
    steepness = sum(
        _length2(np.gradient(flow, axis=axis)) for axis in (0, 1) if flow.shape[axis] > 1
    )
    return np.asarray(steepness > 0.01 * _length2(flow) + 0.002)


def _length2(vectors: HostArray) -> HostArray:
    return np.asarray((vectors**2).sum(-1))
