"""The terms that a training lowers: pure functions of features and pictures.

Features are those of the loss networks (lossnet.py), [B, C, H, W]; each term is one number for
each picture of the batch, [B], the lower the better.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

_LEAST = 1e-5  # variance of a style along a direction, where it hardly varies
_DEAD = 1e-5  # deviation of a channel below which it shows nothing
_EDGE = 8  # pixels at the border that two views may draw differently
_EPSILON = 1e-10  # of a variance; those at relu4_1 are about 1e-6


class Moments(NamedTuple):
    """Mean and standard deviation of each channel over the picture, each [B, C], float32."""

    mean: Tensor
    std: Tensor

    def first(self, pictures: int) -> Moments:
        """Those of the first pictures alone."""
        return Moments(self.mean[:pictures], self.std[:pictures])


def moments(features: Tensor) -> Moments:
    """std = sqrt(mean(x^2) - mean(x)^2 + 1e-10), both means over the picture."""
    return Moments(*_Moments.apply(features))


class _Moments(torch.autograd.Function):
    """Written out since this runs on the largest tensors of a step: 6 ms instead of 52 ms for
    [4, 64, 160, 160] in bf16 on two cores of Zen 5, where autograd keeps float32 copies."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = x.mean((2, 3), dtype=torch.float32)
        square = x.square().mean((2, 3), dtype=torch.float32)
        std = (square - mean.square()).clamp_min(0).add(_EPSILON).sqrt()
        ctx.save_for_backward(x, mean, std)
        return mean, std

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        # d std / d x = (x - mean) / (N std), d mean / d x = 1 / N
        x, mean, std = ctx.saved_tensors
        for_mean, for_std = gradients
        places = x.shape[2] * x.shape[3]
        slope = for_std / (std * places)
        offset = for_mean / places - slope * mean
        slope, offset = (part.to(x.dtype)[..., None, None] for part in (slope, offset))
        return torch.addcmul(offset, x, slope)


def style_loss(
    drawn: Sequence[Moments], style: Sequence[Moments], least: Tensor | None = None
) -> Tensor:
    """Distance of two moments at every layer, each relative to the style's own.

    sum over layers of |m - m_s|^2 / (|m_s|^2 + l) + |s - s_s|^2 / (|s_s|^2 + l), m the means and s
    the deviations of all channels, |x|^2 a mean square. After Huang, Belongie, ICCV 2017, equation
    13.

    Args:
        drawn: of the drawing, by layer.
        style: of the style.
        least: l for the means and for the deviations of each layer, [2, layers]; None for 0.
            Without it, quiet styles have by far the steepest loss, and few of them undo what all
            others teach.
    """
    lows = torch.zeros(2, len(style)) if least is None else least
    total = torch.zeros(len(drawn[0].mean), device=drawn[0].mean.device)
    for ours, theirs, low in zip(drawn, style, lows.T, strict=True):
        for a, b, floor in zip(ours, theirs, low, strict=True):
            total = total + (a - b).square().mean(1) / (b.square().mean(1) + floor)
    return total


def content_loss(drawn: Tensor, content: Tensor, ours: Moments, theirs: Moments) -> Tensor:
    """Squared distance of features whose channels are brought to mean 0 and deviation 1.

    For such features it is mean over channels of 2 - 2 r, r the correlation over the picture of
    a channel in the drawing and in the content: shapes count, contrast and color do not.
    """
    product = (drawn * content).mean((2, 3), dtype=torch.float32)
    covariance = product - ours.mean * theirs.mean
    (own, our_scale), (given, their_scale) = _normal(ours.std), _normal(theirs.std)
    return (own + given - 2 * covariance / (our_scale * their_scale)).mean(1)


def _normal(std: Tensor) -> tuple[Tensor, Tensor]:
    """The variance that is left after dividing by a scale, and that scale: 1 unless dead."""
    scale = std + _DEAD
    return (std.square() - _EPSILON) / scale.square(), scale


def quantiles(features: Tensor, directions: Tensor, levels: int) -> tuple[Tensor, Tensor]:
    """The distribution of features along some directions.

    Args:
        features: [B, C, N], N places of a picture.
        directions: [D, C], unit vectors.
        levels: how many quantiles, evenly spread over 0..1.

    Returns:
        Quantiles [B, D, levels] and the variance along each direction [B, D].
    """
    projected = (directions.to(features.dtype) @ features).float()
    found = projected.sort(-1).values
    places = (torch.arange(levels, device=found.device) + 0.5) / levels * found.shape[-1]
    return found[..., places.long()], projected.var(-1)


def sliced_wasserstein(drawn: Tensor, style: Tensor, variance: Tensor) -> Tensor:
    """How far apart two distributions of features are: all of them, not two moments alone.

    mean over directions of mean over quantiles (q - q_s)^2 / variance of the style there.
    Heitz, Vanhoey, Chambon, Belcour, "A sliced Wasserstein loss for neural texture synthesis",
    CVPR 2021, https://arxiv.org/abs/2006.07229, equation 2.

    Args:
        drawn: quantiles [B, D, L].
        style: quantiles [B, D, L].
        variance: of the style along each direction [B, D].
    """
    return ((drawn - style).square().mean(-1) / variance.clamp_min(_LEAST)).mean(-1)


def feature_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """Squared distance of features, over the mean variance of the channels that are wanted."""
    return (drawn - wanted).square().mean((1, 2, 3)) / wanted.float().var((2, 3)).mean(1)


def attended(content: Sequence[Tensor], style: Sequence[Tensor]) -> Tensor:
    """Features that the style gives to each place of the content, by attention without weights.

    out = S norm(c) + M, M and S the mean and deviation of the style's deepest features under
    softmax(q . k), q and k all features of a place, normalized, c the content's deepest. Liu et
    al., ICCV 2021, https://arxiv.org/abs/2108.03647, equations 3 to 7 and 10.

    Args:
        content: maps of one picture, shallow to deep, [1, C, H, W] each.
        style: maps of one, all of the same size.

    Returns:
        [1, C, H, W] of the deepest.
    """
    queries, keys = _described(content), _described(style)
    weights = torch.softmax(queries.flatten(2).mT @ keys.flatten(2), 2)
    values = style[-1].flatten(2).mT.float()
    means = (weights @ torch.cat([values, values.square()], 2)).mT
    mean, square = means.reshape(1, -1, *queries.shape[2:]).chunk(2, 1)
    std = (square - mean.square()).clamp_min(0).sqrt()
    return std * F.instance_norm(content[-1].float(), eps=_EPSILON) + mean


def _described(features: Sequence[Tensor]) -> Tensor:
    """All maps at the deepest's size, each channel of mean 0 and deviation 1: [1, K, H, W]."""
    size = features[-1].shape[2:]
    every = torch.cat([F.interpolate(maps, size) for maps in features], 1)
    return F.instance_norm(every.float(), eps=_EPSILON)


def similarity_loss(
    drawn: Tensor, drawn_again: Tensor, content: Tensor, content_again: Tensor
) -> Tensor:
    """Places of two pictures are as alike in the drawings as in the photographs.

    mean over i and j of |D_ij / mean_i D_ij - D'_ij / mean_i D'_ij|, D the cosine distances of
    place i of one drawing and j of the other, D' those of the photographs. Liu et al., equation
    13, there with sums in place of the inner means.

    Args:
        drawn, drawn_again: features of two drawings at N and M places, [B, C, N] and [B, C, M].
        content, content_again: those of the photographs, at the same places.
    """
    ours, theirs = _distances(drawn, drawn_again), _distances(content, content_again)
    return (ours - theirs).abs().mean((1, 2))


def _distances(some: Tensor, others: Tensor) -> Tensor:
    """Cosine distances [B, N, M], over their mean for each of the others."""
    cosines = F.normalize(some.float(), dim=1).mT @ F.normalize(others.float(), dim=1)
    distances = 1 - cosines
    return distances / distances.mean(1, keepdim=True).clamp_min(_LEAST)


def high_pass(image: Tensor) -> Tensor:
    """The picture less its mean over 5x5 pixels."""
    return image - F.avg_pool2d(F.pad(image, (2, 2, 2, 2), mode="reflect"), 5, 1)


def lattice(drawn: Tensor, content: Tensor, period: int = 8) -> Tensor:
    """Pattern locked to the lattice of pixels where the content is flat.

    mean over colors and over the period x period positions modulo the period of the squared
    mean, at that position, of the high-passed drawing. What follows the content cancels in
    such a mean; what strided or shuffled layers weave stays.

    Args:
        drawn: Image [B, 3, H, W], H and W multiples of `period`.
        content: Image of the same shape.
    """
    flat = flatness(content)
    found = _by_phase(high_pass(drawn) * flat, period) / _by_phase(flat, period).clamp_min(1)
    return found.square().mean((1, 2, 3))


def trusted_lattice(drawn: Tensor, content: Tensor) -> Tensor:
    """`lattice` as far as it is to be believed, [B]: in full where a quarter is flat."""
    return lattice(drawn, content) * (4 * flatness(content).mean((1, 2, 3))).clamp_max(1)


def flatness(content: Tensor) -> Tensor:
    """Where an Image [B, 3, H, W] is flat: 1 or 0, [B, 1, H, W]; 0 within 8 pixels of its edge.

    Flat is a high-pass below 0.015 (4 levels of 255), root mean square over 9x9 pixels.
    """
    roughness = high_pass(content).square().mean(1, keepdim=True)
    flat = (F.avg_pool2d(roughness, 9, 1, 4) < 0.015**2).to(content.dtype)
    inside = torch.zeros_like(flat)
    inside[..., 8:-8, 8:-8] = 1
    return flat * inside


def _by_phase(image: Tensor, period: int) -> Tensor:
    """Sums [B, C, period, period] over all places that agree modulo `period`."""
    batch, channels, height, width = image.shape
    blocks = image.reshape(batch, channels, height // period, period, width // period, period)
    return blocks.sum((2, 4))


def unsteadiness(drawn: Tensor, again: Tensor) -> Tensor:
    """Mean squared difference of two drawings of the same thing, seen twice."""
    return (drawn - again).square().mean((1, 2, 3))


def overlap(first: Tensor, second: Tensor, shift: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """What both views show, without the border: place (y + down, x + right) is (y, x)."""
    down, right = shift
    height, width = first.shape[2:]
    ours = first[..., down + _EDGE : height - _EDGE, right + _EDGE : width - _EDGE]
    theirs = second[..., _EDGE : height - _EDGE - down, _EDGE : width - _EDGE - right]
    return ours, theirs


def beyond_range(drawn: Tensor) -> Tensor:
    """Mean square of what lies outside 0..1 and will be cut off."""
    return (drawn - drawn.clamp(0, 1)).square().mean((1, 2, 3))
