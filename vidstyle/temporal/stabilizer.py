"""Keeps a drawing still where the world is still.

The last drawing, and one about ten frames old, are moved along with what they show, and blended
into the new one wherever they can be trusted: where the content looks as it did, and where they are
not far from what the network draws now. So nothing old outlives a change. The blend is softer than
what is drawn, and gets its detail back.

After Lai et al., "Learning blind video temporal consistency", ECCV 2018,
https://arxiv.org/abs/1808.00449, in what it is asked to do: it knows a clip and its drawing, but
not how that was made. It has no network of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import shrink_to, to_uint8
from vidstyle.temporal.detail import detailed, sharpness
from vidstyle.temporal.dis import Dis
from vidstyle.temporal.flow import Flow
from vidstyle.temporal.tracking import coarse_size, falling, largest, shrunk, tracked
from vidstyle.temporal.warp import places, resized, warp

_LONG_SIDE = 640  # pixels of the pictures between which motion is sought; more brings little
_FAR = 10  # frames, between an anchor and the drawing that it steadies
_SHARP = 0.975  # of the sharpness that is drawn
_MOST_GAIN = 10.0
_NEARBY = 1.5


class Kept(NamedTuple):
    """A frame as it is remembered."""

    number: int  # counted since the last cut
    seen: HostArray  # uint8 [h, w]  luma of the content, at most _LONG_SIDE
    drawing: HostArray  # uint16 [H, W, 3]  steadied, before its detail was brought back
    age: HostArray  # float32 [h / 4, w / 4]  how many drawings are in it


class Past(NamedTuple):
    """What a stabilizer hands from frame to frame."""

    last: Kept
    anchors: tuple[Kept, ...]  # the oldest first
    gain: float  # how much detail is brought back


class Moved(NamedTuple):
    """An earlier drawing where it would be now."""

    drawing: HostArray  # float32 [H, W, 3], levels of 255
    trust: HostArray  # float32 [h / 4, w / 4], 0..1
    age: HostArray


@dataclass(frozen=True)
class Stabilizer:
    """One way to steady drawings: a pure function of a frame and what the last one gave.

    Args:
        search: how motion is found.
        both_ways: whether it is checked by going back and forth.
        weight: of what was drawn before, at most.
        pull: of the anchor, against the last drawing.
    """

    search: Dis
    both_ways: bool
    weight: float
    pull: float
    kernel: int
    drawn: tuple[float, float]

    def __call__(
        self, content: Pixels, drawn: Pixels, memory: Past | tuple[()] = ()
    ) -> tuple[Pixels, Past]:
        """Steady `drawn`.

        Args:
            content: uint8 or uint16 [H, W, 3], on the host.
            drawn: its drawing, of the same shape and format, as what comes back.
            memory: what the last frame gave; () at the first frame and after a cut.
        """
        seen = cv2.cvtColor(shrink_to(to_uint8(content), _LONG_SIDE), cv2.COLOR_RGB2GRAY)
        levels = np.iinfo(drawn.dtype).max / 255
        fresh = drawn.astype(np.float32) / np.float32(levels)
        if not memory or memory.last.drawing.shape != drawn.shape:
            first = Kept(0, seen, _stored(fresh), np.zeros(coarse_size(seen)[::-1], np.float32))
            return drawn, Past(first, (first,), 1.5)
        number = memory.last.number + 1
        blend, share, age = self._blended(seen, fresh, memory, number)
        kept = Kept(number, seen, _stored(blend), age)
        sharp = np.clip(detailed(blend, share * memory.gain), 0, 255)
        wanting = _SHARP - sharpness(shrink_to(sharp, _LONG_SIDE)) / max(sharpness(shrink_to(fresh, _LONG_SIDE)), 1e-3)
        gain = float(np.clip(memory.gain + 8 * wanting, 0, _MOST_GAIN))
        anchors = memory.anchors
        anchors = (*anchors, kept)[-_FAR:]
        steady = np.rint(sharp * np.float32(levels)).astype(drawn.dtype)
        return steady, Past(kept, anchors, gain)

    def _blended(
        self, seen: HostArray, fresh: HostArray, past: Past, number: int
    ) -> tuple[HostArray, HostArray, HostArray]:
        """The blend of what is drawn now and was before, the share of the latter, and its age."""
        moved = self._moved(past.last, seen, fresh, self.kernel)
        age = (moved.age + 1) * moved.trust
        share = np.minimum(age / (age + 1), self.weight)
        drawing = moved.drawing
        if len(past.anchors) == _FAR:
            anchor = self._moved(past.anchors[0], seen, fresh, cv2.INTER_LINEAR)
            pull = self.pull * anchor.trust
            drawing = _mixed(drawing, anchor.drawing, pull / (pull + moved.trust + 1e-3))
            share = np.maximum(share, self.weight * anchor.trust)
            age = np.maximum(age, (anchor.age + 1) * anchor.trust)
        return _mixed(fresh, drawing, share), _fine(share, fresh), np.minimum(age, 50)

    def _moved(self, old: Kept, seen: HostArray, fresh: HostArray, kernel: int) -> Moved:
        flow, trust = tracked(self.search, old.seen, seen, self.both_ways)
        height, width = fresh.shape[:2]
        if seen.shape != fresh.shape[:2]:
            kernel = cv2.INTER_LINEAR  # sharp enough, and half as much work
        x, y = places(resized(flow, height, width))
        edge = cv2.BORDER_REPLICATE
        drawing = cv2.remap(old.drawing, x, y, kernel, borderMode=edge).astype(np.float32) / 257
        size = coarse_size(seen)
        differs = cv2.GaussianBlur(shrunk(drawing, size) - shrunk(fresh, size), (0, 0), _NEARBY)
        trust = trust * falling(largest(np.abs(differs)), *self.drawn)
        return Moved(drawing, trust, warp(old.age, resized(flow, *trust.shape)))


def light() -> Stabilizer:
    """Quick: at most a quarter of the throughput of the quickest network."""
    return Stabilizer(Dis("brisk"), both_ways=False, weight=0.95, pull=1.1, kernel=cv2.INTER_LINEAR, drawn=(20.0, 60.0))


def full() -> Stabilizer:
    """Steadier; takes several times as long."""
    return Stabilizer(Dis("medium"), both_ways=True, weight=0.98, pull=0.8, kernel=cv2.INTER_CUBIC, drawn=(30.0, 90.0))


def _stored(drawing: HostArray) -> HostArray:
    return np.clip(drawing * 257 + 0.5, 0, 65535).astype(np.uint16)


def _fine(share: HostArray, like: HostArray) -> HostArray:
    return np.asarray(cv2.resize(share, like.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def _mixed(one: HostArray, other: HostArray, share: HostArray) -> HostArray:
    """`one` and a share of the `other`."""
    share = _fine(share, one)
    return np.asarray(cv2.blendLinear(one, other, 1 - share, share))
