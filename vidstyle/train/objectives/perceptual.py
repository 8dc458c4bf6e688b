"""Look like the style, show the content, stay steady: judged by the features of a VGG."""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vidstyle.train.data import StyleVariant
from vidstyle.train.losses import (
    Moments,
    beyond_range,
    content_loss,
    flatness,
    lattice,
    moments,
    quantiles,
    sliced_wasserstein,
    style_loss,
    unsteadiness,
)
from vidstyle.train.tools import Tools, check_has

SLICED_LAYERS = {1: 128, 2: 256}  # relu2_1 and relu3_1, where strokes are: their channels
CONTENT_LAYERS = (2, 3)  # relu3_1 and relu4_1
_DIRECTIONS, _LEVELS, _PLACES = 32, 128, 2400  # of a sliced distance; places of a picture at most
_POOL = 256  # directions for which a style's quantiles are kept; each step takes some of them
_KEPT = 2048  # styles and parts of styles whose facts are in memory, 260 KB each
_EDGE = 8  # pixels at the border that the two views may draw differently


class StyleFacts(NamedTuple):
    """What is kept of a style, so that its features are taken only once."""

    signals: tuple[Tensor, ...]  # what the network's frozen part reads from it
    moments: tuple[Moments, ...]
    quantiles: tuple[tuple[Tensor, Tensor], ...]  # of each sliced layer, along the whole pool


class Perceptual:
    """Terms of a network that draws in any style.

    style     two moments of the drawing's features against the style's
    sliced    the whole distribution of its features against the style's
    content   normalized features against the photograph's
    steady    two views of one photograph, shifted and noisy, are drawn alike
    lattice   no pattern locked to the lattice of pixels
    range     no color beyond what a screen shows

    What reads a style stays as it is; what is taught is its refinement, and the drawing. Content
    and steadiness differ little from picture to picture, style does much: the former are judged
    on half of the pictures of a step, so that it holds more styles.
    """

    terms: ClassVar[tuple[str, ...]] = (
        "style", "sliced", "content", "steady", "lattice", "range",
    )  # fmt: skip

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("signals", "refinement"), "perceptual")
        self._tools = tools
        self._facts: dict[tuple[str, int], StyleFacts] = {}
        seeded = torch.Generator().manual_seed(0)
        self._pools = []
        for channels in SLICED_LAYERS.values():
            pool = torch.randn(_POOL, channels, generator=seeded)
            self._pools.append((pool / pool.norm(dim=1, keepdim=True)).to(tools.device))

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        tools = self._tools
        batch, crop = tools.stage.batch, tools.stage.crop
        twice = math.ceil(batch / 2)
        first, second, shift = tools.contents.views(random, batch, crop)
        first, second = first.to(tools.device), second[:twice].to(tools.device)
        facts = [self._facts_of(style) for style in tools.styles.choose(random, batch)]
        drawn = self._drawn(first, second, facts)
        shown = drawn + (drawn.clamp(0, 1) - drawn).detach()  # cut as by a screen, gradients pass
        once, again = shown[:batch], shown[batch:]
        ours, seen = tools.losses(once), first[:twice]
        with torch.no_grad():
            theirs = tools.losses(seen)
        our_moments = [moments(layer) for layer in ours]
        content = [
            content_loss(
                ours[layer][:twice], theirs[layer],
                our_moments[layer].first(twice), moments(theirs[layer]),
            )
            for layer in CONTENT_LAYERS
        ]  # fmt: skip
        return {
            "style": style_loss(our_moments, _stacked([fact.moments for fact in facts])).mean(),
            "sliced": self._sliced(ours, facts, random).mean(),
            "content": torch.stack(content).sum(0).mean(),
            "steady": unsteadiness(*_overlap(once[:twice], again, shift)).mean(),
            "lattice": (lattice(once[:twice], seen) * _trust(seen)).mean(),
            "range": beyond_range(drawn).mean(),
        }

    def _drawn(self, first: Tensor, second: Tensor, facts: list[StyleFacts]) -> Tensor:
        """The first view of each photograph in its style, then the second ones."""
        network, device = self._tools.network, first.device
        once, again = [], []
        for place, fact in enumerate(facts):
            views = torch.cat([first[place : place + 1], second[place : place + 1]])
            views = views.contiguous(memory_format=torch.channels_last)
            # On a CPU so small a network is faster without: conversions cost more than they save.
            with torch.autocast(device.type, self._tools.precision, enabled=device.type != "cpu"):
                code = network.refinement(fact.signals)
                drawn, _ = network.stylize(views, code)
            once.append(drawn[:1])
            again.append(drawn[1:])
        return torch.cat([*once, *again]).float()

    def _sliced(
        self, features: tuple[Tensor, ...], facts: list[StyleFacts], random: np.random.Generator
    ) -> Tensor:
        chosen = torch.from_numpy(random.choice(_POOL, _DIRECTIONS, replace=False))
        total = torch.zeros(len(facts), device=features[0].device)
        for place, (layer, pool) in enumerate(zip(SLICED_LAYERS, self._pools, strict=True)):
            drawn, _ = quantiles(_some(features[layer], random), pool[chosen], _LEVELS)
            style = torch.cat([fact.quantiles[place][0][:, chosen] for fact in facts])
            variance = torch.cat([fact.quantiles[place][1][:, chosen] for fact in facts])
            total = total + sliced_wasserstein(drawn, style, variance)
        return total

    @torch.no_grad()
    def _facts_of(self, style: StyleVariant) -> StyleFacts:
        if style.key not in self._facts:
            if len(self._facts) == _KEPT:
                self._facts.pop(next(iter(self._facts)))
            tools = self._tools
            features = tools.losses(style.image.to(tools.device))
            random = np.random.default_rng(0)
            self._facts[style.key] = StyleFacts(
                tools.network.signals(style.image.to(tools.device)),
                tuple(moments(layer) for layer in features),
                tuple(
                    quantiles(_some(features[layer], random), pool, _LEVELS)
                    for layer, pool in zip(SLICED_LAYERS, self._pools, strict=True)
                ),
            )
        return self._facts[style.key]


def _some(features: Tensor, random: np.random.Generator) -> Tensor:
    """Features [B, C, H, W] at some places, [B, C, N]: sorting all of them would take longest."""
    height, width = features.shape[2:]
    stride = math.ceil(math.sqrt(height * width / _PLACES))
    top, left = random.integers(0, stride, 2)
    return features[..., top::stride, left::stride].flatten(2)


def _trust(content: Tensor) -> Tensor:
    """How much the lattice of a drawing is to be believed, [B]: 1 where a quarter is flat."""
    return (4 * flatness(content).mean((1, 2, 3))).clamp_max(1)


def _stacked(of_styles: list[tuple[Moments, ...]]) -> list[Moments]:
    """Moments of each style, by layer -> of the batch, by layer."""
    return [
        Moments(torch.cat([m.mean for m in layer]), torch.cat([m.std for m in layer]))
        for layer in zip(*of_styles, strict=True)
    ]


def _overlap(first: Tensor, second: Tensor, shift: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """What both views show, without the border: place (y + down, x + right) is (y, x)."""
    down, right = shift
    height, width = first.shape[2:]
    ours = first[..., down + _EDGE : height - _EDGE, right + _EDGE : width - _EDGE]
    theirs = second[..., _EDGE : height - _EDGE - down, _EDGE : width - _EDGE - right]
    return ours, theirs
