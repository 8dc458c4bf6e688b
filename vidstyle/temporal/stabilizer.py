"""Keeps a drawing still where the world is still.

The last drawing, and the one of ten frames ago, are moved along with what they show, and blended
into the new one wherever they can be trusted: where the content looks as it did, and where they are
not far from what the network draws now. So nothing old outlives a change. A blend is softer than a
drawing; it gets detail back, the finest scale, which flickers most, the least.

After Lai et al., "Learning blind video temporal consistency", ECCV 2018,
https://arxiv.org/abs/1808.00449, in that it works with any network, knowing a clip and its drawing;
but by flow alone, with no network of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import shrink_to, to_uint8
from vidstyle.temporal.detail import LONG_SIDE, detailed, sharpness
from vidstyle.temporal.flow import FlowEstimator
from vidstyle.temporal.tracking import (
    Track,
    coarse_size,
    falling,
    halved,
    largest,
    sampled,
    tracked,
)
from vidstyle.temporal.warp import places, resized

_FAR = 10  # frames back, where the anchor is: texture does not drift over so many
# Pixels of a picture as large as its sharpness is judged at, a standard deviation. The finest scale
# flickers most and no blend keeps it: were new drawings to bring it, a part would look the softer
# and need the more detail the older it is.
_SOFT = 0.3
_SHARP = 0.972  # of the sharpness that is drawn
_MOST_GAIN = 20.0
_QUICKLY = 16.0  # by how much the gain grows where all sharpness is wanting
_SMOOTH = 1.5  # coarse pixels, over which drawings are compared


class Kept(NamedTuple):
    """A frame as it is remembered."""

    seen: HostArray  # uint8 [h, w, 3]  the content, at the size at which motion is sought
    drawing: HostArray  # float32, later uint8 [H, W, 3]  levels of 255, before it got its detail


class Past(NamedTuple):
    """What a stabilizer hands from frame to frame."""

    last: Kept
    anchors: tuple[Kept, ...]  # the oldest first
    gain: float  # how much detail is brought back
    number: int = 0  # of the frame in its scene


class Seen(NamedTuple):
    """A frame's content, and how it came from what is remembered; None where nothing is."""

    content: HostArray  # as in Kept
    last: Track | None = None  # from the last frame
    anchor: Track | None = None


class Moved(NamedTuple):
    """An earlier drawing where it would be now."""

    drawing: HostArray  # float32 [H, W, 3]
    trust: HostArray  # float32 [h / 4, w / 4], 0..1


@dataclass(frozen=True)
class Stabilizer:
    """One way to steady drawings: a pure function of a frame and of what the last one gave.

    Args:
        search: how motion is found,
        side: in pictures of at most so many pixels on the longer side, after halving.
        both_ways: whether it is checked by going back and forth.
        weight: of what was drawn before, at most.
        pull: of the anchor, against the last drawing.
        every: so many frames apart the anchor pulls.
        kernel: OpenCV's, by which drawings are read between their pixels.
        likeness: levels of 255 by which drawings may differ: up to the first an old one is trusted,
            from the second on not at all. Flicker stays below.
    """

    search: FlowEstimator
    side: int
    both_ways: bool
    weight: float
    pull: float
    every: int
    kernel: int
    likeness: tuple[float, float]

    def __call__(
        self, content: Pixels, drawn: Pixels, memory: Past | tuple[()] = ()
    ) -> tuple[Pixels, Past]:
        """Steady `drawn`.

        Args:
            content: uint8 or uint16 [H, W, 3], on the host.
            drawn: its drawing, of the same size, as what comes back.
            memory: what the last frame gave; () at the first one and after a cut.
        """
        seen = self._seen(content, memory)
        fresh = _soft(drawn)
        if memory and seen.last is not None:
            blend = self._blended(fresh, seen, memory)
            last = memory.last._replace(drawing=cv2.convertScaleAbs(memory.last.drawing))
            anchors, gain = (*memory.anchors, last)[1 - _FAR :], memory.gain
            number = memory.number + 1
        else:
            blend, anchors, gain, number = fresh, (), _first_gain(fresh, drawn), 0
        steady = detailed(blend, gain, drawn.dtype)
        wanting = _SHARP - sharpness(steady) / max(sharpness(drawn), 1e-3)
        gain = float(np.clip(gain + _QUICKLY * wanting, 0, _MOST_GAIN))
        return steady, Past(Kept(seen.content, blend), anchors, gain, number)

    def _seen(self, content: Pixels, memory: Past | tuple[()]) -> Seen:
        """How `content` came from what is remembered."""
        small = shrink_to(halved(to_uint8(content), LONG_SIDE), self.side)
        if not memory or memory.last.drawing.shape != content.shape:
            return Seen(small)
        track = partial(tracked, self.search, now=small, both_ways=self.both_ways)
        pulls = memory.anchors and memory.number % self.every == 0
        anchor = track(memory.anchors[0].seen) if pulls else None
        return Seen(small, track(memory.last.seen), anchor)

    def _blended(self, fresh: HostArray, seen: Seen, past: Past) -> HostArray:
        """What is drawn now and was before."""
        assert seen.last is not None
        coarse = sampled(fresh, coarse_size(seen.content))
        drawing, trust = self._moved(past.last.drawing, seen.last, coarse)
        if seen.anchor is not None:
            anchor = self._moved(past.anchors[0].drawing, seen.anchor, coarse)
            pull = self.pull * anchor.trust
            drawing = _mixed(drawing, anchor.drawing, pull / (pull + trust + 1e-3))
            trust = np.maximum(trust, anchor.trust)
        return _mixed(fresh, drawing, self.weight * trust)

    def _moved(self, drawing: HostArray, track: Track, coarse: HostArray) -> Moved:
        """An earlier drawing as it would be now; `coarse` is that of now."""
        x, y = places(resized(track.flow, *drawing.shape[:2]))
        drawing = cv2.remap(drawing, x, y, self.kernel, borderMode=cv2.BORDER_REPLICATE)
        drawing = drawing.astype(np.float32, copy=False)
        differs = cv2.GaussianBlur(sampled(drawing, coarse.shape[1::-1]) - coarse, (0, 0), _SMOOTH)
        like = falling(largest(np.abs(differs)), *self.likeness)
        return Moved(drawing, track.trust * like)


def _soft(drawn: Pixels) -> HostArray:
    """`drawn` in levels of 255, float32, its finest detail weakened."""
    levels = np.iinfo(drawn.dtype).max / 255
    soft = cv2.GaussianBlur(drawn, (0, 0), _SOFT * max(drawn.shape[:2]) / LONG_SIDE)
    fresh = soft.astype(np.float32)
    return fresh if levels == 1 else fresh / np.float32(levels)


def _first_gain(fresh: HostArray, drawn: Pixels) -> float:
    """What makes `fresh` about as sharp as it shall be: sharpness grows nearly as the gain does."""
    soft, sharp = (sharpness(detailed(fresh, gain, drawn.dtype)) for gain in (0, 1))
    wanted = _SHARP * sharpness(drawn)
    return float(np.clip((wanted - soft) / max(sharp - soft, 1e-3), 0, _MOST_GAIN))


def _mixed(one: HostArray, other: HostArray, share: HostArray) -> HostArray:
    """`one`, and of the `other` a share, which may be coarse."""
    share = cv2.resize(share, one.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.blendLinear(one, other, 1 - share, share))
