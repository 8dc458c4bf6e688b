"""A drawing moved along as its content moved.

As in Ruder, Dosovitskiy, Brox, "Artistic style transfer for videos", GCPR 2016,
https://arxiv.org/abs/1604.08610.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vidstyle.contracts import Pixels
from vidstyle.temporal.dis import Dis
from vidstyle.temporal.tensorwarp import warp_tensor


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
    motion = Dis("medium").motion(_pixels(content_before), _pixels(content))
    flow = torch.from_numpy(motion.flow)[None].to(drawing_before)
    trust = torch.from_numpy(~motion.occluded)[None, None]
    return Carried(warp_tensor(drawing_before, flow), trust.to(content))


def _pixels(image: Tensor) -> Pixels:
    """An Image [1, 3, H, W] as uint8 [H, W, 3] on the host."""
    return (255 * image[0]).round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()
