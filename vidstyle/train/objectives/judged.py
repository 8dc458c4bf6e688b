"""What drawings in any style are judged by, with the features of a VGG."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor

from vidstyle.networks.lossnet import CONTENT_LAYERS
from vidstyle.train.data import StyleVariant
from vidstyle.train.losses import (
    Moments,
    beyond_range,
    content_loss,
    moments,
    overlap,
    quantiles,
    sliced_wasserstein,
    style_loss,
    trusted_lattice,
    unsteadiness,
)
from vidstyle.train.response import QUIET
from vidstyle.train.tools import Tools

SLICED_LAYERS = {1: 128, 2: 256}  # relu2_1 and relu3_1, where strokes are: their channels
_DIRECTIONS, _LEVELS, _PLACES = 32, 128, 2400  # of a sliced distance; places of a picture at most
_ELSEWHERE = 8  # pixels that the window for features may be moved by, less than its side by these
_POOL = 256  # directions for which a style's quantiles are kept; each step takes some of them
_KEPT = 4096  # styles and parts of styles whose facts are in memory, 260 KB and a reading each

Features: TypeAlias = tuple[Tensor, ...]  # of the loss network, from fine to coarse


class StyleFacts(NamedTuple):
    """What is kept of a style, so that its features are taken only once."""

    reading: Any  # what the objective keeps of it
    moments: tuple[Moments, ...]
    quantiles: tuple[tuple[Tensor, Tensor], ...]  # of each sliced layer, along the whole pool


class Scene(NamedTuple):
    """What was drawn in a step, and what is seen of it in the step's window."""

    styles: list[StyleFacts]  # of each photograph
    ours: Features  # of all drawings
    theirs: Features  # of the photographs that content is judged on, the first half
    seen_again: Tensor  # the second views of these, in the window
    drawn_again: Tensor  # and their drawings


class Judged(ABC):
    """Terms of a network that draws in any style.

    style     two moments of the drawing's features against the style's
    sliced    the whole distribution of its features against the style's
    content   normalized features against the photograph's
    steady    two views of one photograph, shifted and noisy, are drawn alike
    lattice   no pattern locked to the lattice of pixels
    range     no color beyond what a screen shows

    Features are taken of a window that lies anywhere among the places of the network's own lattice:
    taught on windows aligned with it, a network draws what looks right in such windows alone.
    Content and steadiness differ little from picture to picture, style does much: the former are
    judged on half of the pictures of a step, so that it holds more styles.
    """

    terms: ClassVar[tuple[str, ...]] = (
        "style", "sliced", "content", "steady", "lattice", "range",
    )  # fmt: skip

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._facts: dict[tuple[str, int], StyleFacts] = {}
        seeded = torch.Generator().manual_seed(0)
        self._pools = []
        for channels in SLICED_LAYERS.values():
            pool = torch.randn(_POOL, channels, generator=seeded)
            self._pools.append((pool / pool.norm(dim=1, keepdim=True)).to(tools.device))

    @abstractmethod
    def _read(self, image: Tensor, features: Features) -> Any:
        """What is kept of a style, by parts of the network that are not taught."""

    @abstractmethod
    def _draw(self, views: Tensor, reading: Any) -> Tensor:
        """Images [B, 3, H, W], B 1 or 2, drawn in the style that was read."""

    def _more(self, scene: Scene, random: np.random.Generator) -> dict[str, Tensor]:
        """Terms beyond those above, each a number."""
        return {}

    def prepare(self, random: np.random.Generator) -> None:  # noqa: B027 (most need nothing)
        """Nothing, unless a network needs it."""

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
        top, left = random.integers(0, _ELSEWHERE, 2)
        window = (
            ..., slice(top, crop - _ELSEWHERE + top), slice(left, crop - _ELSEWHERE + left)
        )  # fmt: skip
        ours, seen = tools.losses(once[window]), first[:twice]
        with torch.no_grad():
            theirs = tools.losses(seen[window])
        our_moments = [moments(layer) for layer in ours]
        content = [
            content_loss(
                ours[layer][:twice], theirs[layer],
                our_moments[layer].first(twice), moments(theirs[layer]),
            )
            for layer in CONTENT_LAYERS
        ]  # fmt: skip
        scene = Scene(facts, ours, theirs, second[window], again[window])
        return {
            "style": style_loss(
                our_moments, _stacked([fact.moments for fact in facts]), self._least
            ).mean(),
            "sliced": self._sliced(ours, facts, random).mean(),
            "content": torch.stack(content).sum(0).mean(),
            "steady": unsteadiness(*overlap(once[:twice], again, shift)).mean(),
            "lattice": trusted_lattice(once[:twice], seen).mean(),
            "range": beyond_range(drawn).mean(),
        } | self._more(scene, random)

    def _drawn(self, first: Tensor, second: Tensor, facts: list[StyleFacts]) -> Tensor:
        """The first view of each photograph in its style, then the second ones."""
        once, again = [], []
        for place, fact in enumerate(facts):
            views = torch.cat([first[place : place + 1], second[place : place + 1]])
            drawn = self._draw(views.contiguous(memory_format=torch.channels_last), fact.reading)
            once.append(drawn[:1])
            again.append(drawn[1:])
        return torch.cat([*once, *again]).float()

    def _sliced(
        self, features: Features, facts: list[StyleFacts], random: np.random.Generator
    ) -> Tensor:
        chosen = torch.from_numpy(random.choice(_POOL, _DIRECTIONS, replace=False))
        total = torch.zeros(len(facts), device=features[0].device)
        for place, (layer, pool) in enumerate(zip(SLICED_LAYERS, self._pools, strict=True)):
            drawn, _ = quantiles(_some(features[layer], random), pool[chosen], _LEVELS)
            style = torch.cat([fact.quantiles[place][0][:, chosen] for fact in facts])
            variance = torch.cat([fact.quantiles[place][1][:, chosen] for fact in facts])
            variance = variance + self._least_variance[place]
            total = total + sliced_wasserstein(drawn, style, variance)
        return total

    @cached_property
    def _least(self) -> Tensor:
        """What keeps quiet styles from counting for more: of means and deviations, [2, layers]."""
        squares = [
            torch.stack([part.square().mean() for layer in fact.moments for part in layer])
            for fact in self._of_whole_styles
        ]
        return QUIET * torch.stack(squares).median(0).values.view(-1, 2).T

    @cached_property
    def _least_variance(self) -> Tensor:
        """The same, for the variance of each sliced layer, [2]."""
        variances = [
            torch.stack([variance.mean() for _, variance in fact.quantiles])
            for fact in self._of_whole_styles
        ]
        return QUIET * torch.stack(variances).median(0).values

    @cached_property
    def _of_whole_styles(self) -> list[StyleFacts]:
        return [self._facts_of(style) for style in self._tools.styles.whole()]

    @torch.no_grad()
    def _facts_of(self, style: StyleVariant) -> StyleFacts:
        if style.key not in self._facts:
            if len(self._facts) == _KEPT:
                self._facts.pop(next(iter(self._facts)))
            image = style.image.to(self._tools.device)
            features = self._tools.losses(image)
            random = np.random.default_rng(0)
            self._facts[style.key] = StyleFacts(
                self._read(image, features),
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


def _stacked(of_styles: list[tuple[Moments, ...]]) -> list[Moments]:
    """Moments of each style, by layer -> of the batch, by layer."""
    return [
        Moments(torch.cat([m.mean for m in layer]), torch.cat([m.std for m in layer]))
        for layer in zip(*of_styles, strict=True)
    ]
