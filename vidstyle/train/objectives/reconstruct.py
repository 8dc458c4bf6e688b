"""Give photographs back from features: for a decoder that has no inverse to begin as."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from vidstyle.train.losses import feature_loss
from vidstyle.train.objectives.common import photographs, precision
from vidstyle.train.tools import Tools, check_has

_PHOTOGRAPHS, _SIDE = 16, 128  # by which the mean of a channel is measured


class Reconstruct:
    """Terms of a decoder that turns its encoder's features into the picture; no style is involved.

    pixels     the picture that is given back, against the photograph
    features   what the loss network sees in it, against what it sees in the photograph

    Before the first step each channel of the features is brought to a mean of 1 over photographs,
    as those of the normalized VGG-19 have: from louder or quieter ones little is learned.
    """

    terms: ClassVar[tuple[str, ...]] = ("pixels", "features")

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("encoder", "decoder"), "reconstruct")
        self._tools = tools
        *_, self._deepest = (name for name, _ in tools.network.encoder.named_children())

    @torch.no_grad()
    def prepare(self, random: np.random.Generator) -> None:
        """Scale the encoder's last convolution: what is rectified after it scales with it."""
        encoder, tools = self._tools.network.encoder, self._tools
        shown, _, _ = tools.contents.views(random, _PHOTOGRAPHS, _SIDE)
        mean = encoder(shown.to(tools.device), self._deepest)[0].mean((0, 2, 3))
        mean = mean.clamp_min(float(mean.median()) / 10)  # some channels are all but dead
        last = encoder.get_submodule(self._deepest)
        last.weight /= mean[:, None, None, None]
        last.bias /= mean

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        network, picture = self._tools.network, photographs(self._tools, random)
        with precision(self._tools):
            given_back = network.decoder(*network.encoder(picture, self._deepest)).float()
        with torch.no_grad():
            wanted = self._tools.losses(picture)
        ours = self._tools.losses(given_back)
        features = [feature_loss(*pair).mean() for pair in zip(ours, wanted, strict=True)]
        return {
            "pixels": (given_back - picture).square().mean(),
            "features": torch.stack(features).sum(),
        }
