"""Give a photograph's features the style's statistics, and draw what has them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from vidstyle.networks.statistics import adain
from vidstyle.train.losses import feature_loss
from vidstyle.train.objectives.common import precision
from vidstyle.train.objectives.judged import Features, Judged, Scene
from vidstyle.train.tools import Tools, check_has

_LAYER = 2  # relu3_1, of the loss network


class AdaINTerms(Judged):
    """The terms of `Judged`, for AdaIN, and the paper's own content loss.

    target    the drawing's features against those that were asked for, AdaIN(content, style)

    Huang, Belongie, ICCV 2017, https://arxiv.org/abs/1703.06868, equation 12, at relu3_1. The
    encoder stays as it is; what is taught is the decoder.
    """

    terms: ClassVar[tuple[str, ...]] = (*Judged.terms, "target")

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("encoder", "decoder", "encode", "stylize"), "adain")
        super().__init__(tools)

    def _read(self, image: Tensor, features: Features) -> tuple[Tensor, ...]:
        code: tuple[Tensor, ...] = self._tools.network.encode(image)
        return code

    def _draw(self, views: Tensor, reading: tuple[Tensor, ...]) -> Tensor:
        with precision(self._tools):
            drawn: Tensor = self._tools.network.stylize(views, reading)[0]
        return drawn

    def _more(self, scene: Scene, random: np.random.Generator) -> dict[str, Tensor]:
        content = scene.theirs[_LAYER].float()
        styles = [fact.moments[_LAYER] for fact in scene.styles[: len(content)]]
        mean, std = (torch.cat(part)[..., None, None] for part in zip(*styles, strict=True))
        loss = feature_loss(scene.ours[_LAYER][: len(content)], adain(content, mean, std))
        return {"target": loss.mean()}
