"""Keeps a drawing still where the world is still.

The last drawing, and the one of ten frames ago, are moved along with what they show, and blended
into the new one wherever they can be trusted: where the content looks as it did, and where they are
not far from what the network draws now, nor washed out by blending. So nothing old outlives a
change. A blend is softer than a drawing; as far as it is one, it gets detail back.

After Lai et al., "Learning blind video temporal consistency", ECCV 2018,
https://arxiv.org/abs/1808.00449, in that it works with any network, knowing a clip and its drawing;
but by flow alone, with no network of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, cast

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import resize
from vidstyle.temporal.detail import detailed, sharpness
from vidstyle.temporal.flow import FlowEstimator
from vidstyle.temporal.tracking import (
    LONG_SIDE,
    Content,
    Track,
    coarse_size,
    falling,
    halved,
    largest,
    looked_at,
    sampled,
    tracked,
)
from vidstyle.temporal.warp import places, resized

_FAR = 10  # frames back, where the anchor is: texture does not drift over so many
_SHARP = 0.985  # of the sharpness that is drawn: aimed at, since the gain follows later
_MOST_GAIN = 2.0  # a bound for drawings that no gain makes as sharp
_SMOOTH = 1.5  # coarse pixels, over which drawings are compared
_STROKE = 1.5  # pixels of a drawing halved as in `sharpness`, a standard deviation
# Where strokes have less than the first share of the contrast that they have now, an old drawing,
# washed out by much blending, is not trusted at all; from the second on it is.
_WASHED = 0.2, 0.6


class Kept(NamedTuple):
    """A frame as it is remembered."""

    content: Content
    drawing: HostArray  # float32, later uint8 [H, W, 3]  levels of 255, before it got its detail


class Past(NamedTuple):
    """What a stabilizer hands from frame to frame."""

    last: Kept
    anchors: tuple[Kept, ...]  # the oldest first
    gain: float  # how much detail is brought back
    number: int = 0  # of the frame in its scene


class Seen(NamedTuple):
    """A frame's content, and how it came from what is remembered; None where nothing is."""

    content: Content
    last: Track | None = None  # from the last frame
    anchor: Track | None = None


class Glance(NamedTuple):
    """A drawing as it is compared with another."""

    color: HostArray  # float32 [h / 4, w / 4, 3]
    strokes: HostArray  # float32 [h / 4, w / 4]  their contrast, in levels of 255


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
        fresh = _levels(drawn)
        if memory and seen.last is not None:
            blend, share = self._blended(fresh, seen, memory)
            last = memory.last._replace(drawing=cv2.convertScaleAbs(memory.last.drawing))
            anchors, gain = (*memory.anchors, last)[1 - _FAR :], memory.gain
            number = memory.number + 1
        else:
            blend, share, anchors, gain, number = fresh, None, (), 0.0, 0
        steady = drawn if share is None else detailed(blend, gain * share, drawn.dtype)
        wanting = _SHARP - sharpness(steady) / max(sharpness(drawn), 1e-3)
        gain = float(np.clip(gain + wanting, 0, _MOST_GAIN))
        return steady, Past(Kept(seen.content, blend), anchors, gain, number)

    def _seen(self, content: Pixels, memory: Past | tuple[()]) -> Seen:
        """How `content` came from what is remembered."""
        now = looked_at(content, self.side)
        if not memory or memory.last.drawing.shape != content.shape:
            return Seen(now)
        track = partial(tracked, self.search, now=now, both_ways=self.both_ways)
        pulls = memory.anchors and memory.number % self.every == 0
        anchor = track(memory.anchors[0].content) if pulls else None
        return Seen(now, track(memory.last.content), anchor)

    def _blended(self, fresh: HostArray, seen: Seen, past: Past) -> tuple[HostArray, HostArray]:
        """What is drawn now and was before, and the share of the latter, float32 [H, W]."""
        assert seen.last is not None
        now = _glance(fresh, coarse_size(seen.content))
        drawing, trust = self._moved(past.last.drawing, seen.last, now)
        if seen.anchor is not None:
            anchor = self._moved(past.anchors[0].drawing, seen.anchor, now)
            pull = self.pull * anchor.trust
            share = _fine(pull / (pull + trust + 1e-3), fresh)
            drawing = _mixed(drawing, anchor.drawing, share)
            trust = np.maximum(trust, anchor.trust)
        share = _fine(self.weight * trust, fresh)
        return _mixed(fresh, drawing, share), share

    def _moved(self, drawing: HostArray, track: Track, now: Glance) -> Moved:
        """An earlier drawing as it would be now; `now` is the new one."""
        x, y = places(resized(track.flow, *drawing.shape[:2]))
        drawing = cv2.remap(drawing, x, y, self.kernel, borderMode=cv2.BORDER_REPLICATE)
        drawing = drawing.astype(np.float32, copy=False)
        then = _glance(drawing, now.strokes.shape[1::-1])
        differs = cv2.GaussianBlur(then.color - now.color, (0, 0), _SMOOTH)
        like = falling(largest(np.abs(differs)), *self.likeness)
        vivid = 1 - falling((then.strokes + 1) / (now.strokes + 1), *_WASHED)
        return Moved(drawing, track.trust * like * vivid)


def _glance(drawing: HostArray, size: tuple[int, int]) -> Glance:
    """Look at a drawing; `size`: width and height."""
    luma = halved(cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY), LONG_SIDE)
    strokes = resize(cv2.absdiff(luma, cv2.GaussianBlur(luma, (0, 0), _STROKE)), *size[::-1])
    return Glance(sampled(drawing, size), cv2.GaussianBlur(strokes, (0, 0), _SMOOTH))


def _levels(drawn: Pixels) -> HostArray:
    """`drawn` in levels of 255, float32."""
    levels = np.iinfo(drawn.dtype).max / 255
    return cast(HostArray, drawn.astype(np.float32) / np.float32(levels))


def _fine(share: HostArray, drawing: HostArray) -> HostArray:
    """A coarse share for each pixel of `drawing`, float32 [H, W]."""
    return np.asarray(cv2.resize(share, drawing.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def _mixed(one: HostArray, other: HostArray, share: HostArray) -> HostArray:
    """`one`, and of the `other` a share."""
    return np.asarray(cv2.blendLinear(one, other, 1 - share, share))
