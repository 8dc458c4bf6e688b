"""Watches a drawing beside its content, frame by frame, and sums up its warping error.

Short flicker is seen from one frame to the next, and what slowly wanders ten frames apart.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import halved_size, resize, to_uint8
from vidstyle.temporal.cuts import glance, is_cut
from vidstyle.temporal.flow import FlowEstimator, Motion
from vidstyle.temporal.warping_error import Errors, Pair, Tally, WarpingError, tally, warping_errors

SHORT, LONG = 1, 10  # frames that are compared are so far apart
LONG_SIDE = 640  # pixels; larger frames are halved until they fit


class Change(NamedTuple):
    """What became of a pair since an earlier one."""

    then: Pair
    motion: Motion
    errors: Errors


class Seen(NamedTuple):
    """A frame as it was compared."""

    pair: Pair  # at the size at which it was
    is_cut: bool  # a new scene begins with it
    changes: dict[int, Change]  # since the frame SHORT and the one LONG before, as far as one is


@dataclass(frozen=True)
class Flicker:
    """The figures of a clip while it is drawn; before it is encoded."""

    short: WarpingError | None  # from one frame to the next; None where nothing could be compared
    long: WarpingError | None  # ten frames apart
    every: int  # only each so many frames were compared with those before


class Checker:
    """Remembers the last ten frames, and none from before a cut.

    Args:
        estimator: finds the content's flow.
        long_side: larger frames are halved until they fit; None: they are compared as they are.
        every: only each so many frames are compared with those before.
    """

    def __init__(
        self, estimator: FlowEstimator, long_side: int | None = LONG_SIDE, every: int = 1
    ) -> None:
        self._estimator, self._long_side, self._every = estimator, long_side, every
        self._recent: deque[tuple[Pair, int]] = deque(maxlen=LONG)
        self._glance: HostArray | None = None
        self._tallies = {SHORT: Tally(), LONG: Tally()}
        self.frames = 0
        self.size = (0, 0)  # height and width at which frames are compared: the first one says

    def see(self, content: Pixels, drawn: Pixels, number: int) -> Seen:
        """Compare the next frame, which has this `number` in its source, with those before."""
        if not self.frames:
            self.size = content.shape[0], content.shape[1]
            if self._long_side is not None:
                self.size = halved_size(*self.size, self._long_side)
        pair = Pair(*(resize(to_uint8(pixels), *self.size) for pixels in (content, drawn)))
        view = glance(pair.content)
        cut = self._glance is not None and is_cut(self._glance, view)
        if cut:
            self._recent.clear()
        changes = self._changes(pair, number) if self._is_due else {}
        for interval, change in changes.items():
            self._tallies[interval] += tally(change.errors)
        self._recent.append((pair, number))
        self._glance = view
        self.frames += 1
        return Seen(pair, cut, changes)

    @property
    def flicker(self) -> Flicker:
        """Of all frames so far."""
        return Flicker(self.figures(SHORT), self.figures(LONG), self._every)

    def figures(self, interval: int) -> WarpingError | None:
        """Of all frames so far; None where nothing could be compared."""
        return self._tallies[interval].figures

    @property
    def _is_due(self) -> bool:
        """Whether this frame is compared; the first is one that has all earlier ones it needs."""
        return self.frames % self._every == LONG % self._every

    def _changes(self, now: Pair, number: int) -> dict[int, Change]:
        found = {}
        for interval in (SHORT, LONG):
            if len(self._recent) >= interval:
                then, before = self._recent[-interval]
                motion = self._estimator.motion(then.content, now.content, (before, number))
                found[interval] = Change(then, motion, warping_errors(then, now, motion))
        return found
