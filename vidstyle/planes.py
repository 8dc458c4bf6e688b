"""Planes of YUV 4:2:0 video to Pixels and back, as tensors on any device.

The arithmetic is avframe.py's, in float32 with one rounding at the end: chroma sampled left, raised
linearly, lowered by the filter that undoes it. No matrix products, since a GPU may round what goes
into them to 11 bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vidstyle.contracts import Color, HostArray
from vidstyle.yuv import Packing, from_rgb, to_rgb


def pixels_of(planes: Sequence[Tensor], packing: Packing, color: Color) -> Tensor:
    """Pixels [H, W, 3] of planes: uint8 of 8 bits, uint16 of more.

    Args:
        planes: Y [H, W]; then U and V, [ceil(H / 2), ceil(W / 2)] each, or both as one plane.
        packing: how they are stored.
        color: what their numbers mean.
    """
    luma, *chroma = (plane.float() for plane in planes)
    raised = _raised(chroma[0].movedim(2, 0) if packing.pairs else torch.stack(chroma), *luma.shape)
    dtype = _dtype(packing)
    top = torch.iinfo(dtype).max
    unit = packing.unit
    matrix = to_rgb(color, packing.bits) * [unit, unit, unit, 1]
    rgb = _mixed((luma, *raised), matrix * top / 65535)
    return torch.stack(rgb, 2).round_().clamp_(0, top).to(dtype)


def planes_of(pixels: Tensor, packing: Packing, color: Color) -> list[Tensor]:
    """Planes of Pixels, of even size: the last row or column is repeated where it must be."""
    level = 2.0 ** (16 - packing.bits)
    top = torch.iinfo(pixels.dtype).max
    matrix = from_rgb(color, packing.bits) / [top, top, top, 1] / level
    luma, *chroma = _mixed(_even(pixels.float()).unbind(2), matrix)
    lowered = _lowered(torch.stack(chroma))
    planes = [luma, lowered.movedim(0, 2)] if packing.pairs else [luma, *lowered]
    largest = 2**packing.bits - 1
    return [
        plane.round().clamp_(0, largest).mul_(packing.step).to(_dtype(packing)).contiguous()
        for plane in planes
    ]


def _dtype(packing: Packing) -> torch.dtype:
    return torch.uint8 if packing.bits == 8 else torch.uint16


def _mixed(channels: Sequence[Tensor], matrix: HostArray) -> list[Tensor]:
    """Three channels and 1, mixed by each row of `matrix` [3, 4]."""
    first, second, third = channels
    return [
        first.mul(a).add_(second, alpha=b).add_(third, alpha=c).add_(d)
        for a, b, c, d in matrix.tolist()
    ]


def _raised(chroma: Tensor, height: int, width: int) -> Tensor:
    """[2, h, w] at the size of luma, linearly; samples at the left and halfway between rows."""
    above = torch.cat((chroma[:, :1], chroma[:, :-1]), 1)
    below = torch.cat((chroma[:, 1:], chroma[:, -1:]), 1)
    rows = torch.stack((chroma.lerp(above, 0.25), chroma.lerp(below, 0.25)), 2).flatten(1, 2)
    rows = rows[:, :height]
    right = torch.cat((rows[:, :, 1:], rows[:, :, -1:]), 2)
    return torch.stack((rows, rows.lerp(right, 0.5)), 3).flatten(2)[:, :, :width]


def _lowered(chroma: Tensor) -> Tensor:
    """[2, H, W], of even size, at half of it: what `_raised` made comes back.

    Pairs of rows are averaged; across, (-1, 2, 6, 2, -1) / 8, mirrored at the border.
    """
    rows = chroma[:, ::2].lerp(chroma[:, 1::2], 0.5)
    even, odd = rows[:, :, ::2], rows[:, :, 1::2]
    before = torch.cat((odd[:, :, :1], odd[:, :, :-1]), 2)
    right = torch.cat((even[:, :, 1:], even[:, :, -1:]), 2)
    left = torch.cat((right[:, :, :1], even[:, :, :-1]), 2)
    return (6 * even + 2 * (before + odd) - (left + right)) / 8


def _even(picture: Tensor) -> Tensor:
    """Float [H, W, 3] with its last row and column repeated where their number is odd."""
    for axis in (0, 1):
        if picture.shape[axis] % 2:
            picture = torch.cat((picture, picture.narrow(axis, -1, 1)), axis)
    return picture
