"""Draw with the tokens of a style; a picture in its own style stays as it is."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.networks.lossnet import CONTENT_LAYERS
from vidstyle.train.losses import content_loss, moments
from vidstyle.train.objectives.common import (
    Layers,
    LossFeatures,
    moment_distance,
    photographs,
    precision,
    style_crops,
)
from vidstyle.train.tools import Tools, check_has


class StyTr2Terms:
    """The losses of StyTr2.

    content     normalized features against the photograph's, at relu3_1 and relu4_1
    style       two moments of the drawing's features against the style's, at relu1_1 to relu4_1
    identity1   photographs and styles, each drawn in its own style, against themselves
    identity2   and the features of these, at relu1_1 to relu4_1

    Deng et al., CVPR 2022, https://arxiv.org/abs/2105.14576, section 3.4: there content is judged
    at relu4_1 and relu5_1, and the others at relu5_1 too. Identities are mean squared differences.
    """

    terms: ClassVar[tuple[str, ...]] = ("content", "style", "identity1", "identity2")

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("embedding", "transformer_decoder"), "stytr2")
        self._tools, self._features = tools, LossFeatures(tools)

    def prepare(self, random: np.random.Generator) -> None:
        """Nothing."""

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        content, style = photographs(self._tools, random), style_crops(self._tools, random)
        drawn, own_content, own_style = self._drawn(content, style)
        with torch.no_grad():
            of_content, of_style = self._features(content), self._features(style)
        ours = self._features(drawn)
        return {
            "content": _content(ours, of_content),
            "style": moment_distance(ours, of_style).mean(),
            "identity1": F.mse_loss(own_content, content) + F.mse_loss(own_style, style),
            "identity2": feature_distance(self._features(own_content), of_content)
            + feature_distance(self._features(own_style), of_style),
        }

    def _drawn(self, content: Tensor, style: Tensor) -> list[Tensor]:
        """The photographs in the styles, the photographs in their own, the styles in their own."""
        network = self._tools.network
        with precision(self._tools):
            of_content, of_style = network.encode(content), network.encode(style)
            pairs = [(content, of_style), (content, of_content), (style, of_style)]
            return [network.stylize(picture, code)[0].float() for picture, code in pairs]


def _content(drawn: Layers, content: Layers) -> Tensor:
    pairs = [(drawn[layer], content[layer]) for layer in CONTENT_LAYERS]
    losses = [content_loss(*pair, *map(moments, pair)).mean() for pair in pairs]
    return torch.stack(losses).sum()


def feature_distance(ours: Layers, theirs: Layers) -> Tensor:
    """How far apart features are: sum over layers of their mean squared difference."""
    return torch.stack([F.mse_loss(*pair) for pair in zip(ours, theirs, strict=True)]).sum()
