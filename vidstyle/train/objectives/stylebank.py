"""Teach each style a bank of filters, and the rest to give pictures back without one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.errors import UsageError
from vidstyle.train.objectives.common import (
    LossFeatures,
    WholeStyles,
    gram_distance,
    photographs,
    precision,
    total_variation,
)
from vidstyle.train.tools import Tools, check_has

T = 2  # steps with a bank for each one without


class StyleBankTerms:
    """The losses of StyleBank: of T + 1 steps, T draw with banks and one gives pictures back.

    content     features against the photograph's, at relu4_1: mean squared difference
    style       Gram matrices of the drawing's features against the style's, at relu1_1 to relu4_1
    variation   neighbors differ little
    identity    without a bank, the picture against the photograph: mean squared difference

    Chen et al., CVPR 2017, https://arxiv.org/abs/1703.09210, section 3.2: there of VGG-16, content
    at relu4_2 and style at relu1_2, relu2_2, relu3_2 and relu4_2. Which of T + 1 steps gives
    pictures back is left to chance, so that no step depends on those before. The terms that a step
    does not judge are 0.

    The network's styles are the recipe's in their order. A bank of rate 0 is not drawn with, and
    where encoder and decoder are of rate 0 too, every step draws: this adds styles to a network
    without changing those that it has.
    """

    terms: ClassVar[tuple[str, ...]] = ("content", "style", "variation", "identity")

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("encoder", "banks", "decoder"), "stylebank")
        self._tools, self._features = tools, LossFeatures(tools)
        self._styles = WholeStyles(tools, self._features)
        banks, styles = len(tools.network.banks), len(self._styles)
        if banks != styles:
            raise UsageError(
                f"The network has {banks} styles, and the recipe's folders hold {styles}: "
                f"[config] styles = {styles} has a bank for each."
            )
        names = [name for name, _ in tools.network.named_parameters()]
        taught = [name for name in names if tools.stage.rate_of(name) > 0]
        self._taught = [
            place for place in range(banks) if any(f"banks.{place}." in name for name in taught)
        ]
        self._drawing = T if self._taught else 0
        self._giving_back = 0 if all("banks." in name for name in taught) else 1

    def prepare(self, random: np.random.Generator) -> None:
        """Nothing."""

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        content = photographs(self._tools, random)
        if random.integers(self._drawing + self._giving_back) < self._giving_back:
            found = self._given_back(content)
        else:
            found = self._in_styles(content, random.choice(self._taught, len(content)).tolist())
        return {name: found.get(name, content.new_zeros(())) for name in self.terms}

    def _given_back(self, content: Tensor) -> dict[str, Tensor]:
        with precision(self._tools):
            again = self._tools.network.stylize(content, ())[0]
        return {"identity": F.mse_loss(again.float(), content)}

    def _in_styles(self, content: Tensor, places: list[int]) -> dict[str, Tensor]:
        """The terms of photographs, each drawn in the style of a place."""
        with precision(self._tools):
            each = [
                self._drawn(*pair) for pair in zip(torch.split(content, 1), places, strict=True)
            ]
            drawn = torch.cat(each).float()
        with torch.no_grad():
            *_, of_content = self._features(content)
        ours = self._features(drawn)
        return {
            "content": F.mse_loss(ours[-1], of_content),
            "style": gram_distance(ours, self._styles.grams(places)).mean(),
            "variation": total_variation(drawn).mean(),
        }

    def _drawn(self, picture: Tensor, place: int) -> Tensor:
        network = self._tools.network
        code = tuple(layer.weight for layer in network.banks[place])  # `encode` copies all banks
        drawn: Tensor = network.stylize(picture, code)[0]
        return drawn
