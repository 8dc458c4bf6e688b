"""The matting Laplacian: how far a drawing's colors are from an affine map of its photograph's.

Levin, Lischinski, Weiss, "A closed-form solution to natural image matting", TPAMI 2008, eq. 12;
made a loss by Luan et al., "Deep photo style transfer", CVPR 2017, https://arxiv.org/abs/1703.07511.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 3  # pixels of a window
PLACES = SIDE**2
RIDGE = 1e-7  # of a window's slopes, over its pixels


def matting_loss(drawn: Tensor, content: Tensor) -> Tensor:
    """d^T M d / N for each picture, summed over the drawing's colors d: [B].

    M is Levin's Laplacian of the content, N the number of its 3x3 windows. In each of them d is
    fitted by an affine function of the content's colors I, and what is left counts:

        sum over windows of 9 (var(d) - c^T (S + 1e-7 / 9)^-1 c),

    S the covariance of I in the window, c that of I and d. It is 0 where each color of the drawing
    depends affinely on the content's, window by window: no edge has been added, moved or lost.

    Args:
        drawn: Image [B, 3, H, W].
        content: Image of the same shape; no gradient is taken by it.
    """
    guide, values = _windows(content.detach()), _windows(drawn)
    spread = guide @ guide.mT / PLACES
    spread = spread + RIDGE / PLACES * torch.eye(3, dtype=spread.dtype, device=spread.device)
    shared = guide @ values.mT / PLACES
    explained: Tensor = (shared * torch.linalg.solve(spread, shared)).sum((2, 3))
    return (values.square().sum((2, 3)) - PLACES * explained).mean(1)


def _windows(image: Tensor) -> Tensor:
    """All 3x3 windows less their means, [B, N, 3, 9] in float64: flat ones differ by little."""
    batch, colors = image.shape[:2]
    places = F.unfold(image.double(), SIDE)  # [B, 27, N]
    windows = places.view(batch, colors, PLACES, -1).permute(0, 3, 1, 2)
    return windows - windows.mean(3, keepdim=True)
