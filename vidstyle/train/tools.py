"""What every objective is handed, and what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from vidstyle.errors import UsageError
from vidstyle.networks.lossnet import LossNetwork
from vidstyle.train.data import Contents, Styles
from vidstyle.train.recipe import Stage


@dataclass(frozen=True)
class Tools:
    """A stage, the network that it teaches, and what it is taught with."""

    stage: Stage
    network: Any  # the torch module that is taught
    contents: Contents
    styles: Styles
    losses: LossNetwork
    device: torch.device
    precision: torch.dtype


class Objective(Protocol):
    """Judges one step of a stage; made from its Tools."""

    terms: ClassVar[tuple[str, ...]]  # what it can be weighted by

    def prepare(self, random: np.random.Generator) -> None:
        """What is done once, before the first step of the stage."""

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number; all chance comes from `random`."""


def check_has(network: Any, parts: Iterable[str], objective: str) -> None:
    """Refuse to teach a network that lacks what an objective works with.

    Raises:
        UsageError: names the first part that is missing.
    """
    for part in parts:
        if not hasattr(network, part):
            raise UsageError(
                f"The objective {objective!r} cannot teach {type(network).__name__}: "
                f"it has no {part!r}."
            )
