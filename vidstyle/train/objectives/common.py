"""What the objectives of several papers share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from vidstyle.networks.msgnet import gram
from vidstyle.styles import READ_SIDE
from vidstyle.train.losses import moments
from vidstyle.train.tools import Tools

Layers: TypeAlias = Sequence[Tensor]  # features [B, C, H, W], from fine to coarse

_PHOTOGRAPHS, _SIDE = 16, 64  # by which the loudness of a layer is measured


class LossFeatures:
    """relu1_1 to relu4_1 as the papers' losses take them: in float32, and equally loud.

    The normalized VGG-19's features have a mean square of about 3.5 on photographs, those of the
    pruned network that stands in for its relu4_1 one of 9e-6: they are brought to that of relu3_1.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def __call__(self, image: Tensor) -> tuple[Tensor, ...]:
        """Four feature maps of an Image [B, 3, H, W], from fine to coarse."""
        *fine, deep = self._tools.losses(image)
        return (*(layer.float() for layer in fine), self._gain * deep.float())

    @cached_property
    @torch.no_grad()
    def _gain(self) -> float:
        tools = self._tools
        if tools.losses.deep is None:
            return 1.0
        shown, _, _ = tools.contents.views(np.random.default_rng(0), _PHOTOGRAPHS, _SIDE)
        *_, wanted, found = (
            layer.float().square().mean() for layer in tools.losses(shown.to(tools.device))
        )
        return float((wanted / found).sqrt())


class WholeStyles:
    """The styles of a recipe, whole, in its order: for networks that learn these alone."""

    def __init__(self, tools: Tools, features: LossFeatures) -> None:
        self._images = [style.image for style in tools.styles.whole()]
        self._device, self._features = tools.device, features
        self._found: dict[int, tuple[Tensor, ...]] = {}

    def __len__(self) -> int:
        return len(self._images)

    def image(self, place: int) -> Tensor:
        """Image [1, 3, 384, 384] of one, by its place."""
        return self._images[place].to(self._device)

    def grams(self, places: Sequence[int]) -> list[Tensor]:
        """Gram matrices of some, by their places: [N, C, C] for each layer."""
        each = [self._grams_of(place) for place in places]
        return [torch.cat(layer) for layer in zip(*each, strict=True)]

    @torch.no_grad()
    def _grams_of(self, place: int) -> tuple[Tensor, ...]:
        if place not in self._found:
            self._found[place] = tuple(map(gram, self._features(self.image(place))))
        return self._found[place]


def precision(tools: Tools) -> torch.autocast:
    """Within it, networks draw in the training's precision."""
    exact = tools.precision == torch.float32
    return torch.autocast(tools.device.type, tools.precision, enabled=not exact)


def photographs(tools: Tools, random: np.random.Generator) -> Tensor:
    """Those of a step, Images [batch, 3, crop, crop]."""
    shown, _, _ = tools.contents.views(random, tools.stage.batch, tools.stage.crop)
    return shown.to(tools.device, memory_format=torch.channels_last)


def style_crops(tools: Tools, random: np.random.Generator) -> Tensor:
    """Parts of as many styles, Images [batch, 3, side, side]: `crop` pixels a side, at most 384."""
    chosen = tools.styles.choose(random, tools.stage.batch)
    styles = torch.cat([style.image for style in chosen])
    side = min(tools.stage.crop, READ_SIDE)
    top, left = random.integers(0, READ_SIDE - side + 1, 2)
    part = styles[..., top : top + side, left : left + side]
    return part.to(tools.device, memory_format=torch.channels_last)


def moment_distance(drawn: Layers, style: Layers) -> Tensor:
    """How far two moments of a drawing's features are from the style's, [B].

    sum over layers of |m - m_s|^2 + |s - s_s|^2, m the means and s the deviations of all channels,
    |x|^2 a mean square. Huang, Belongie, "Arbitrary style transfer in real-time with adaptive
    instance normalization", ICCV 2017, equation 13.
    """
    distances = [
        (ours - theirs).square().mean(1)
        for layers in zip(drawn, style, strict=True)
        for ours, theirs in zip(*map(moments, layers), strict=True)
    ]
    return torch.stack(distances).sum(0)


def gram_distance(drawn: Layers, grams: Layers) -> Tensor:
    """How far the Gram matrices of a drawing are from a style's, [B].

    sum over layers of |G - G_s|^2, G = F F^T / (C H W), |x|^2 a mean square. Gatys, Ecker, Bethge,
    "Image style transfer using convolutional neural networks", CVPR 2016, equations 3 to 5.

    Args:
        drawn: features of the drawing.
        grams: of the styles, [B, C, C] for each layer; [1, C, C] for one style.
    """
    distances = [
        (gram(ours) - theirs).square().mean((1, 2))
        for ours, theirs in zip(drawn, grams, strict=True)
    ]
    return torch.stack(distances).sum(0)


def total_variation(image: Tensor) -> Tensor:
    """How much neighbors differ, [B]: the mean of |right - left| plus that of |lower - upper|.

    Mahendran, Vedaldi, "Understanding deep image representations by inverting them", CVPR 2015,
    https://arxiv.org/abs/1412.0035, equation 4, with exponent 1.
    """
    return image.diff(dim=3).abs().mean((1, 2, 3)) + image.diff(dim=2).abs().mean((1, 2, 3))
