"""What moved between two frames, and a drawing moved along.

As in Ruder, Dosovitskiy, Brox, "Artistic style transfer for videos", GCPR 2016,
https://arxiv.org/abs/1604.08610.

Convention: a flow is float32 [H, W, 2], x and y in pixels, and points from each pixel of one frame
to the place in the other that shows the same.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from vidstyle.contracts import HostArray


class Carried(NamedTuple):
    """The drawing of the frame before, moved to where things are now."""

    drawing: Tensor  # Image [1, 3, H, W]
    trust: Tensor  # [1, 1, H, W]  1 where the frame before showed the same thing, else 0


def carry(content: Tensor, content_before: Tensor, drawing_before: Tensor) -> Carried:
    """Move the drawing of the frame before by the optical flow between both contents.

    Args:
        content: Image [1, 3, H, W].
        content_before: Image [1, 3, H, W].
        drawing_before: Image [1, 3, H, W].
    """
    before, now = _grey(content_before), _grey(content)
    forward, backward = optical_flow(before, now), optical_flow(now, before)
    drawing = warp(drawing_before[0].permute(1, 2, 0).cpu().numpy(), backward)
    trust = ~disoccluded(forward, backward)
    return Carried(
        torch.from_numpy(drawing).permute(2, 0, 1)[None].to(content),
        torch.from_numpy(trust)[None, None].to(content),
    )


def optical_flow(here: HostArray, there: HostArray) -> HostArray:
    """The flow from one frame to another.

    Kroeger, Timofte, Dai, Van Gool, "Fast optical flow using dense inverse search", ECCV 2016,
    https://arxiv.org/abs/1603.03590.

    Args:
        here: uint8 [H, W].
        there: uint8 [H, W].
    """
    estimator: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(estimator.calc(here, there, None))


def warp(array: HostArray, flow: HostArray) -> HostArray:
    """`array` [H, W, C] read where `flow` points to, bilinearly: array(p + flow(p)) for each p."""
    height, width = flow.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x + flow[..., 0], y + flow[..., 1]
    edge = cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(array, x, y, cv2.INTER_LINEAR, borderMode=edge))


def disoccluded(forward: HostArray, backward: HostArray) -> HostArray:
    """Where a frame shows what the one before did not, or motion breaks: bool [H, W].

    |w + v|^2 > 0.01 (|w|^2 + |v|^2) + 0.5 or |grad v_x|^2 + |grad v_y|^2 > 0.01 |v|^2 + 0.002, v
    the backward flow, and w the forward flow read where v points to. Ruder et al. 2016, after
    Sundaram, Brox, Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical
    flow", ECCV 2010.

    Args:
        forward: the flow from the frame before to this one.
        backward: the flow from this one to the frame before.
    """
    w, v = warp(forward, backward), backward
    unlike = _length2(w + v) > 0.01 * (_length2(w) + _length2(v)) + 0.5
    down, right = np.gradient(v, axis=(0, 1))
    breaks = _length2(down) + _length2(right) > 0.01 * _length2(v) + 0.002
    return np.asarray(unlike | breaks)


def _length2(vectors: HostArray) -> HostArray:
    return np.asarray((vectors**2).sum(-1))


def _grey(image: Tensor) -> HostArray:
    """The luma of an Image [1, 3, H, W]: uint8 [H, W]."""
    pixels = (255 * image[0]).round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY))
