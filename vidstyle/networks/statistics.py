"""Statistics of feature maps: what style transfer calls a style."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

EPSILON = 1e-5  # added to the variance, as all published AdaIN code does


def mean_std(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel over the picture.

    std = sqrt(sum((x - mean)^2) / (N - 1) + 1e-5), N the number of places.

    Args:
        features: [B, C, H, W], with H * W > 1.

    Returns:
        Two tensors [B, C, 1, 1].
    """
    wide = features.float()  # half precision loses the small differences, and its sums overflow
    mean = wide.mean((2, 3), keepdim=True)
    places = features.shape[2] * features.shape[3]
    variance = (wide - mean).square().mean((2, 3), keepdim=True) * (places / (places - 1))
    return mean.to(features.dtype), (variance + EPSILON).sqrt().to(features.dtype)


def adain(content: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Adaptive instance normalization: `content` with the given statistics.

    AdaIN(x) = std * (x - mean(x)) / std(x) + mean. Written as an instance normalization, which
    every runtime computes in full precision whatever the precision around it: OpenVINO's bf16
    drawings were off in color by up to 8 levels of 255 on average with means and deviations as
    separate steps, and by 0.4 this way (bench/precision.py).

    Huang, Belongie, "Arbitrary style transfer in real-time with adaptive instance
    normalization", ICCV 2017, equation 8.

    Args:
        content: [B, C, H, W].
        mean: [B, C, 1, 1], of the style.
        std: [B, C, 1, 1], of the style.
    """
    places = std.new_ones(()) * (content.shape[2] * content.shape[3])
    unbiased = torch.sqrt((places - 1) / places)  # instance_norm divides by N, the papers by N - 1
    return F.instance_norm(content, eps=EPSILON) * (std * unbiased) + mean


def blend(content: Tensor, styled: Tensor, strength: Tensor | None) -> Tensor:
    """Between two feature maps or pictures: (1 - strength) * content + strength * styled.

    Args:
        content: [B, C, H, W].
        styled: [B, C, H, W].
        strength: [B], 0..1; None for `styled` itself.
    """
    if strength is None:
        return styled
    share = strength.view(-1, 1, 1, 1)
    return (1 - share) * content + share * styled
