"""Look like the style, show the content, stay steady: for networks that correct their codes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vidstyle.networks.swift import Reading
from vidstyle.train.objectives.judged import Features, Judged
from vidstyle.train.response import fit_feedback
from vidstyle.train.tools import Tools, check_has


class Perceptual(Judged):
    """The terms of `Judged`, for swift.

    What reads a style stays as it is; what is taught is its refinement, the feedback that corrects
    codes, and the drawing.
    """

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("read", "code_of", "feedback"), "perceptual")
        super().__init__(tools)

    def prepare(self, random: np.random.Generator) -> None:
        """Fit the feedback to the network as it is, unless it has been taught already."""
        if self._tools.network.feedback.is_new:
            fit_feedback(self._tools, self._least, random)

    def _read(self, image: Tensor, features: Features) -> Reading:
        reading: Reading = self._tools.network.read(image)
        return reading

    def _draw(self, views: Tensor, reading: Reading) -> Tensor:
        network, device = self._tools.network, views.device.type
        # On a CPU so small a network is faster without: conversions cost more than they save.
        with torch.autocast(device, self._tools.precision, enabled=device != "cpu"):
            drawn: Tensor = network.draw(views, network.code_of(reading))
        return drawn
