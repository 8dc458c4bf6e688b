"""Take on a style's colors; keep the photograph's structure, and a way back to it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.networks.capvstnet import read, transfer
from vidstyle.train.losses import overlap, trusted_lattice
from vidstyle.train.matting import matting_loss
from vidstyle.train.objectives.common import LossFeatures, moment_distance, style_crops
from vidstyle.train.tools import Tools, check_has


class CAPVSTNetTerms:
    """The losses of CAP-VSTNet.

    content    features against the photograph's, at relu4_1: mean squared difference
    style      two moments of the drawing's features against the style's, at relu1_1 to relu4_1
    matting    how far colors are from affine maps of the photograph's, 3x3 pixels by 3x3 pixels
    cycle      the drawing, drawn in the photograph's own style, against the photograph: mean |d|
    temporal   two views of one photograph, shifted and noisy, are drawn alike: mean |d|
    lattice    no pattern locked to the lattice of pixels, as of `Judged`: not in the paper. A deep
               fold gives each place of its squares channels of its own, which may come apart.

    Wen, Gao, Zou, CVPR 2023, https://arxiv.org/abs/2303.17803, section 3.4. Its two views differ by
    a made-up flow. The network draws in float32 even where others do not: rounding is all that a
    cycle through the blocks and back could lose.
    """

    terms: ClassVar[tuple[str, ...]] = (
        "content",
        "style",
        "matting",
        "cycle",
        "temporal",
        "lattice",
    )

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("blocks", "inverse"), "capvstnet")
        self._tools, self._features = tools, LossFeatures(tools)

    def prepare(self, random: np.random.Generator) -> None:
        """Nothing."""

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        tools = self._tools
        first, second, shift = tools.contents.views(random, tools.stage.batch, tools.stage.crop)
        style = style_crops(tools, random)
        return self.judge(first.to(tools.device), second.to(tools.device), shift, style)

    def judge(
        self, content: Tensor, again: Tensor, shift: tuple[int, int], style: Tensor
    ) -> dict[str, Tensor]:
        """The terms of some photographs, each in a style.

        Args:
            content: Images [B, 3, H, W].
            again: their second views, of the same shape.
            shift: (down, right) in pixels, by which these are shifted.
            style: Images [B, 3, H', W'].
        """
        network = self._tools.network
        with torch.no_grad():
            *_, shown = self._features(content)
            wanted = self._features(style)
        of_style = read(network(style))
        z, z_again = network(torch.cat([content, again])).chunk(2)
        drawn = network.inverse(transfer(z, *of_style, None))
        drawn_again = network.inverse(transfer(z_again, *of_style, None))
        back = network.inverse(transfer(network(drawn), *read(z), None))
        ours = self._features(drawn)
        return {
            "content": F.mse_loss(ours[-1], shown),
            "style": moment_distance(ours, wanted).mean(),
            "matting": matting_loss(drawn, content).mean(),
            "cycle": F.l1_loss(back, content),
            "temporal": F.l1_loss(*overlap(drawn, drawn_again, shift)),
            "lattice": trusted_lattice(drawn, content).mean(),
        }
