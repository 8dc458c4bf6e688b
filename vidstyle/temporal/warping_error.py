"""How much a drawing changes where its content only moved: flicker, as a number.

Lai, Huang, Wang, Shechtman, Yumer, Yang, "Learning blind video temporal consistency", ECCV 2018,
https://arxiv.org/abs/1808.00449: the frame before is warped by the content's flow, and the mean of
the squared difference is taken where that flow can be trusted. Here flow is backward, and where the
content itself does not warp well its flow is taken for wrong. What is left of such mistakes, and of
noise and light that change the content itself, is its own error; only what lies above it is the
drawing's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import to_uint8
from vidstyle.temporal.flow import Motion
from vidstyle.temporal.warp import warp

_CONTENT_WARPS = 0.1  # of 1: where content differs by more from itself, its flow is wrong


class Pair(NamedTuple):
    """A frame of the content and its drawing, of one size: uint8 [H, W, 3] each."""

    content: Pixels
    drawn: Pixels


class Errors(NamedTuple):
    """The squared warping errors of a frame, pixel by pixel, of RGB 0..1."""

    content: HostArray  # float32 [H, W]
    drawn: HostArray  # float32 [H, W]
    trusted: HostArray  # bool [H, W]  where the content's flow holds

    @property
    def above(self) -> HostArray:
        """By how much the drawing changed more than its content, 0..1: float32 [H, W]."""
        return np.asarray(np.sqrt(np.maximum(self.drawn - self.content, 0)))


def warping_errors(then: Pair, now: Pair, motion: Motion) -> Errors:
    """How both change along the content's `motion`, which leads from `now` back to `then`."""
    content = _squares(then.content, now.content, motion)
    drawn = _squares(then.drawn, now.drawn, motion)
    return Errors(content, drawn, ~motion.occluded & (content < _CONTENT_WARPS**2))


def _squares(then: Pixels, now: Pixels, motion: Motion) -> HostArray:
    """The squared difference of `now` to `then`, warped, as the mean of R, G and B."""
    difference = warp(to_uint8(then).astype(np.float32), motion.flow) - to_uint8(now)
    return np.asarray(np.einsum("hwc,hwc->hw", difference, difference) / (3 * 255.0**2))


@dataclass(frozen=True)
class WarpingError:
    """The figures of a frame, or of a clip. All lie in 0..1; less is steadier."""

    rmse: float  # of the drawing: the root of its mean squared error, over all trusted pixels
    content: float  # the same of the content: what no drawing can be blamed for
    above: float  # sqrt(rmse^2 - content^2), or 0: what is the drawing's own
    mse: float  # Lai's own figure: the mean over frames of each one's mean squared error
    trusted: float  # share of the pixels that were compared


@dataclass(frozen=True)
class Tally:
    """Sums over frames, of which the figures of a clip are made."""

    content: float = 0.0
    drawn: float = 0.0
    trusted: int = 0  # pixels
    pixels: int = 0
    frames: int = 0  # with trusted pixels
    means: float = 0.0  # of each frame's mean squared error

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.content + other.content, self.drawn + other.drawn, self.trusted + other.trusted,
            self.pixels + other.pixels, self.frames + other.frames, self.means + other.means,
        )  # fmt: skip

    @property
    def figures(self) -> WarpingError | None:
        """None where no pixel could be compared."""
        if not self.trusted:
            return None
        content, drawn = self.content / self.trusted, self.drawn / self.trusted
        return WarpingError(
            math.sqrt(drawn), math.sqrt(content), math.sqrt(max(drawn - content, 0.0)),
            self.means / self.frames, self.trusted / self.pixels,
        )  # fmt: skip


def tally(errors: Errors) -> Tally:
    """The sums of one frame."""
    count = int(np.count_nonzero(errors.trusted))
    content, drawn = (
        float(squares[errors.trusted].sum(dtype=np.float64))
        for squares in (errors.content, errors.drawn)
    )
    frames, mean = (1, drawn / count) if count else (0, 0.0)
    return Tally(content, drawn, count, errors.trusted.size, frames, mean)
