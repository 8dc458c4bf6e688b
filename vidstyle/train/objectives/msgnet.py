"""Match the Gram matrices of a set of styles that is learned for good."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.train.objectives.common import (
    LossFeatures,
    WholeStyles,
    gram_distance,
    photographs,
    precision,
    total_variation,
)
from vidstyle.train.tools import Tools, check_has

_CONTENT_LAYER = 1  # relu2_1


class MSGNetTerms:
    """The losses of MSG-Net. Its styles are the recipe's, whole; those of a step share one.

    content     features against the photograph's, at relu2_1: mean squared difference
    style       Gram matrices of the drawing's features against the style's, at relu1_1 to relu4_1
    variation   neighbors differ little

    Zhang, Dana, 2017, https://arxiv.org/abs/1703.06953: there of VGG-16, content at relu2_2 and
    style at relu1_2, relu2_2, relu3_3 and relu4_3.
    """

    terms: ClassVar[tuple[str, ...]] = ("content", "style", "variation")

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("encoder", "comatch", "decoder"), "msgnet")
        self._tools, self._features = tools, LossFeatures(tools)
        self._styles = WholeStyles(tools, self._features)

    def prepare(self, random: np.random.Generator) -> None:
        """Nothing."""

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        network, content = self._tools.network, photographs(self._tools, random)
        place = int(random.integers(len(self._styles)))
        with precision(self._tools):
            code = network.encode(self._styles.image(place))
            drawn = network.stylize(content, code)[0].float()
        with torch.no_grad():
            of_content = self._features(content)[_CONTENT_LAYER]
        ours = self._features(drawn)
        return {
            "content": F.mse_loss(ours[_CONTENT_LAYER], of_content),
            "style": gram_distance(ours, self._styles.grams([place])).mean(),
            "variation": total_variation(drawn).mean(),
        }
