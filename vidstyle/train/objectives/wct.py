"""Turn features back into the picture that they came from, at each of the five layers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.networks.wct import LAYERS, MULTIPLE, pad
from vidstyle.train.objectives.common import photographs, precision
from vidstyle.train.tools import Tools, check_has


class WCTTerms:
    """The losses of WCT's decoders, summed over the five layers; no style is involved.

    pixels     the picture that a decoder gives back, against the photograph
    features   what its encoder sees in it, against what it sees in the photograph

    Li et al., NeurIPS 2017, https://arxiv.org/abs/1705.08086, equation 1. The encoders stay as they
    are: what they see is compared, not what the loss networks do.
    """

    terms: ClassVar[tuple[str, ...]] = ("pixels", "features")

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("encoders", "decoders"), "wct")
        self._tools = tools

    def prepare(self, random: np.random.Generator) -> None:
        """Nothing."""

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        picture = pad(photographs(self._tools, random), MULTIPLE)
        with precision(self._tools):
            each = [self._losses(layer, picture) for layer in LAYERS]
        return {
            name: torch.stack(losses).sum()
            for name, losses in zip(self.terms, zip(*each, strict=True), strict=True)
        }

    def _losses(self, layer: str, picture: Tensor) -> tuple[Tensor, Tensor]:
        encoders, decoders = self._tools.network.encoders, self._tools.network.decoders
        encoder = encoders[layer] if layer in encoders else encoders["relu5_1"]  # shared by all
        with torch.no_grad():
            features = encoder(picture, layer)[0]
        given_back = decoders[layer](features)
        return (
            F.mse_loss(given_back.float(), picture),
            relative(encoder(given_back, layer)[0].float(), features.float()),
        )


def relative(ours: Tensor, theirs: Tensor) -> Tensor:
    """|f - f_t|^2 / |f_t|^2, |x|^2 a mean square: the layers of pruned encoders differ in scale."""
    return F.mse_loss(ours, theirs) / theirs.square().mean()
