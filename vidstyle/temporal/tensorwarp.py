"""Images moved along a flow, in torch on any device: what warp.py does on the host."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def warp_tensor(image: Tensor, flow: Tensor) -> Tensor:
    """`image` read where `flow` points to, bilinearly: image(p + flow(p)) for each pixel p.

    Beyond its edge an image goes on as its last pixel.

    Args:
        image: [B, C, H, W].
        flow: [B, H, W, 2], on the same device and of the same type.
    """
    height, width = flow.shape[1:3]
    rows = torch.arange(height, dtype=flow.dtype, device=flow.device)
    columns = torch.arange(width, dtype=flow.dtype, device=flow.device)
    x, y = flow[..., 0] + columns, flow[..., 1] + rows[:, None]
    # to grid_sample the first pixel's center is at -1 and the last one's at 1, if corners align
    grid = torch.stack([_from_center(x, width), _from_center(y, height)], -1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=True)


def _from_center(places: Tensor, count: int) -> Tensor:
    return 2 * places / max(1, count - 1) - 1
