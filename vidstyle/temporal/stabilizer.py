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
from vidstyle.temporal.detail import FIRST_GAIN, detailed, gain_after, sharpness
from vidstyle.temporal.flow import FlowEstimator
from vidstyle.temporal.tracking import (
    LONG_SIDE,
    Content,
    Track,
    falling,
    halved,
    largest,
    looked_at,
    sampled,
    tracked,
)
from vidstyle.temporal.warp import places, resized

_FAR = 10  # frames back, where the anchor is: texture does not drift over so many
_SMOOTH = 1.5  # coarse pixels, over which drawings are compared
_STROKE = 1.5  # pixels of a drawing halved as in `sharpness`, a standard deviation
# Where strokes have less than the first share of the contrast that they have now, an old drawing,
# washed out by much blending, is not trusted at all; from the second on it is.
_WASHED = 0.2, 0.6


class Watched(NamedTuple):
    """What a scene has shown so far."""

    contents: tuple[Content, ...] = ()  # of its last frames, the oldest first
    number: int = 0  # of all its frames

    def then(self, content: Content) -> Watched:
        """The same after one more frame."""
        return Watched((*self.contents, content)[-_FAR:], self.number + 1)


class Seen(NamedTuple):
    """How a frame came from those before it; None where there is none, or none is asked for."""

    last: Track | None = None  # from the last frame
    anchor: Track | None = None
    back: int = 0  # frames to the anchor


class Past(NamedTuple):
    """The drawings that are remembered, before they got their detail, in levels of 255."""

    last: HostArray  # float32 [H, W, 3]
    anchors: tuple[HostArray, ...]  # uint8 [H, W, 3]  those before it, the oldest first
    gain: float  # how much detail is brought back


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
        self, content: Pixels, drawn: Pixels, memory: tuple[Watched, Past] | tuple[()] = ()
    ) -> tuple[Pixels, tuple[Watched, Past]]:
        """Steady `drawn`.

        Args:
            content: uint8 or uint16 [H, W, 3], on the host.
            drawn: its drawing, of the same size, as what comes back.
            memory: what the last frame gave; () at the first one and after a cut.
        """
        watched, past = memory or (Watched(), ())
        now = self.look(content)
        steady, past = self.steadied(drawn, self.follow(now, watched), past)
        return steady, (watched.then(now), past)

    def look(self, content: Pixels) -> Content:
        """What is needed of a frame's content; quickly done."""
        return looked_at(content, self.side)

    def follow(self, now: Content, watched: Watched) -> Seen:
        """How `now` came from what was watched before it: what takes longest, and needs no drawing.

        So this can be done for several frames at once.
        """
        before = watched.contents
        if not before or before[-1].luma.shape != now.luma.shape:
            return Seen()
        track = partial(tracked, self.search, now=now, both_ways=self.both_ways)
        pulls = len(before) > 1 and (watched.number - 1) % self.every == 0
        return Seen(track(before[-1]), track(before[0]) if pulls else None, len(before))

    def steadied(
        self, drawn: Pixels, seen: Seen, past: Past | tuple[()] = ()
    ) -> tuple[Pixels, Past]:
        """Steady `drawn`, whose content was `seen` to come from that of the drawings in `past`."""
        fresh = _levels(drawn)
        if past and past.last.shape == drawn.shape and seen.last is not None:
            blend, share = self._blended(fresh, seen, past)
            last = cv2.convertScaleAbs(past.last)
            steady = detailed(blend, past.gain * share, drawn.dtype)
            sharp = (sharpness(each) for each in (fresh, blend, _levels(steady)))
            gain = gain_after(past.gain, *sharp)
            return steady, Past(blend, (*past.anchors, last)[1 - _FAR :], gain)
        return drawn, Past(fresh, (), FIRST_GAIN)

    def _blended(self, fresh: HostArray, seen: Seen, past: Past) -> tuple[HostArray, HostArray]:
        """What is drawn now and was before, and the share of the latter, float32 [H, W]."""
        assert seen.last is not None
        now = _glance(fresh, seen.last.trust.shape[::-1])
        drawing, trust = self._moved(past.last, seen.last, now)
        if seen.anchor is not None and seen.back == len(past.anchors) + 1:
            anchor = self._moved(past.anchors[0], seen.anchor, now)
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
