"""Draw as a tiny network may: like its style, and unlike the other styles of the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.errors import UsageError
from vidstyle.train.objectives.common import (
    LossFeatures,
    moment_distance,
    photographs,
    precision,
    style_crops,
)
from vidstyle.train.tools import Tools, check_has


class MicroASTTerms:
    """The losses of MicroAST.

    content    features against the photograph's, at relu4_1: mean squared difference
    style      two moments of the drawing's features against the style's, at relu1_1 to relu4_1
    contrast   a drawing's own signals are like its style's and unlike those of the other styles

    Wang et al., AAAI 2023, https://arxiv.org/abs/2211.15313. The signals are the eight vectors that
    the network reads from a picture.
    """

    terms: ClassVar[tuple[str, ...]] = ("content", "style", "contrast")

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("content_encoder", "style_encoder", "modulator"), "microast")
        if tools.stage.batch < 2:
            raise UsageError(
                f"Stage {tools.stage.name!r}: 'microast' contrasts the styles of a step: "
                "batch is at least 2."
            )
        self._tools, self._features = tools, LossFeatures(tools)

    def prepare(self, random: np.random.Generator) -> None:
        """Nothing."""

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        network = self._tools.network
        content, style = photographs(self._tools, random), style_crops(self._tools, random)
        with precision(self._tools):
            code = network.encode(style)
            drawn = network.stylize(content, code)[0]
            signals = network.encode(drawn)
        with torch.no_grad():
            *_, of_content = self._features(content)
            of_style = self._features(style)
        ours = self._features(drawn)
        return {
            "content": F.mse_loss(ours[-1], of_content),
            "style": moment_distance(ours, of_style).mean(),
            "contrast": contrast(signals, code),
        }


def contrast(drawn: Sequence[Tensor], style: Sequence[Tensor]) -> Tensor:
    """How much nearer each drawing's signals are to its own style's than to the others'.

    sum over drawings i of d_ii / (sum over j != i of d_ij), d_ij the distance of drawing i from
    style j: over all signals the sum of |x_i - y_j|^2, a mean square. Wang et al., AAAI 2023,
    equation 7.

    Args:
        drawn: signals of B drawings, each [B, C, 1, 1].
        style: those of their styles.
    """
    distance = torch.stack(
        [
            (ours.float().flatten(1)[:, None] - theirs.float().flatten(1)).square().mean(2)
            for ours, theirs in zip(drawn, style, strict=True)
        ]
    ).sum(0)  # [B, B]
    own = distance.diagonal()
    return (own / (distance.sum(1) - own)).sum()
