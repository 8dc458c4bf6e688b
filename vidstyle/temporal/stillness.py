"""What a drawing does where nothing moves: it should stay, and flickers, darkens or swims instead.

Only pixels whose content stands still all the while count, so no flow is needed to compare them:
the same pixel is followed from frame to frame.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.temporal.checker import LONG, SHORT, Seen
from vidstyle.temporal.dis import Dis
from vidstyle.temporal.flow import Motion
from vidstyle.temporal.spectrum import WINDOW, Rhythm, power_of, rhythm

_STILL = 0.1  # pixels that a still one moves at most, from one frame to the next on average …
_SLOWLY = 0.1  # … over about ten frames, since noise makes flow jump: the share of each new one
_BLOCK = WINDOW // 2  # frames of which a mean is remembered, to tell slow changes by
_BLOCKS = 5  # that are remembered: the first of them is the anchor, 64 frames back
_COLUMNS = 160  # pixels in a row that are followed; picked, not averaged, which fine flicker is not
_FEWEST = 64  # pixels; fewer tell nothing
_TEXTURED = 24.0  # levels, of a Sobel filter: below, paint is too flat to be seen swimming


@dataclass(frozen=True)
class StillFigures:
    """What a drawing does where nothing moves. None where it cannot be said.

    Levels are of 255, of luma.
    """

    share: float  # of the pixels that stand still, from one frame to the next
    drawn: Rhythm | None  # how it varies about its mean
    content: Rhythm | None  # how the content does
    brightening: float | None  # levels a second by which the drawing drifts; below 0 it darkens
    content_brightening: float | None  # the same of the content
    swimming: float | None  # pixels a second that its texture moves


class Stillness:
    """Follows still pixels. What it remembers is small, and does not grow."""

    def __init__(self) -> None:
        self._stood, self._watched = 0, 0  # pixels, over all frames
        self._steps, self._seconds = 0, 0.0  # from frame to frame, within scenes
        self._power = np.zeros((2, WINDOW // 2 + 1))  # of content and drawing, over all windows
        self._power_of = 0  # pixels that are summed up there
        self._drifts, self._swim = (_Mean(), _Mean()), _Mean()  # content's and drawing's
        self._begin_scene()

    def see(self, seen: Seen, time: float) -> None:
        """Follow the next frame; `time` is in seconds."""
        if SHORT not in seen.changes:
            self._begin_scene()
        else:
            self._steps += 1
            self._seconds += time - self._recent[-1][1]
            self._stand(seen.changes[SHORT].motion)
        self._recent.append((np.stack([_followed(pixels) for pixels in seen.pair]), time))
        self._count += 1
        if self._count % _BLOCK == 0:
            self._look_back(seen)

    def figures(self) -> StillFigures:
        """Of all frames so far."""
        share = self._stood / self._watched if self._watched else 0.0
        content = drawn = None
        if self._power_of and self._seconds:
            rate = self._steps / self._seconds
            content, drawn = (rhythm(power / self._power_of, rate) for power in self._power)
        content_drift, drift = (mean.value for mean in self._drifts)
        return StillFigures(share, drawn, content, drift, content_drift, self._swim.value)

    def _begin_scene(self) -> None:
        self._recent: deque[tuple[HostArray, float]] = deque(maxlen=WINDOW)  # luma [2, h, w], time
        self._blocks: deque[tuple[HostArray, float]] = deque(maxlen=_BLOCKS)  # their means
        self._speed: HostArray | None = None  # [H, W], pixels a frame
        self._still_for = np.zeros((), int)  # [h, w], frames that each pixel has stood still
        self._count = 0  # frames of this scene

    def _stand(self, motion: Motion) -> None:
        moved = np.where(motion.occluded, 1.0, _length(motion)).astype(np.float32)
        self._watched += moved.size
        self._stood += int(np.count_nonzero(moved < _STILL))
        speed = moved if self._speed is None else self._speed
        self._speed = speed + _SLOWLY * (moved - speed)
        self._still_for = np.where(_lattice(self._speed) < _STILL, self._still_for + 1, 0)

    def _look_back(self, seen: Seen) -> None:
        """A block is full: take the spectrum of the last two, and what slowly changed."""
        lumas = [luma for luma, _ in self._recent]
        times = [time for _, time in self._recent]
        self._blocks.append((np.mean(lumas[-_BLOCK:], 0), float(np.mean(times[-_BLOCK:]))))
        if len(lumas) == WINDOW:
            self._take_power(np.stack(lumas, 1), self._still_for >= WINDOW - 1)
        if len(self._blocks) > 1:
            self._take_drift(self._still_for >= _BLOCK * len(self._blocks) - 1)
        if LONG in seen.changes:
            self._take_swim(seen, times[-1] - times[-LONG - 1])

    def _take_power(self, lumas: HostArray, where: HostArray) -> None:
        """Of `lumas`, [2, T, h, w]."""
        count = int(np.count_nonzero(where))
        if count >= _FEWEST:
            self._power += [power_of(luma[:, where]) for luma in lumas]
            self._power_of += count

    def _take_drift(self, where: HostArray) -> None:
        """How much brighter both are than at their anchor."""
        (anchor, then), (block, now) = self._blocks[0], self._blocks[-1]
        for mean, brighter in zip(self._drifts, block - anchor, strict=True):
            mean.add(brighter / (now - then), where)

    def _take_swim(self, seen: Seen, seconds: float) -> None:
        """How far drawn texture moved in ten frames in which its content did not."""
        change = seen.changes[LONG]
        motion = Dis().motion(change.then.drawn, seen.pair.drawn)
        where = ~(change.motion.occluded | motion.occluded) & _textured(seen.pair.drawn)
        where &= _length(change.motion) < _STILL * LONG
        self._swim.add(_length(motion) / seconds, where)


class _Mean:
    """A mean over all pixels that are wanted, of frames that have enough of them."""

    def __init__(self) -> None:
        self._sum, self._count = 0.0, 0

    def add(self, values: HostArray, where: HostArray) -> None:
        count = int(np.count_nonzero(where))
        if count >= _FEWEST:
            self._sum += float(values[where].sum(dtype=np.float64))
            self._count += count

    @property
    def value(self) -> float | None:
        return self._sum / self._count if self._count else None


def _length(motion: Motion) -> HostArray:
    return np.hypot(motion.flow[..., 0], motion.flow[..., 1])


def _lattice(array: HostArray) -> HostArray:
    """Each second pixel, or third …, so that a row or column has at most _COLUMNS."""
    step = -(-max(array.shape[:2]) // _COLUMNS)
    return array[::step, ::step]


def _followed(pixels: Pixels) -> HostArray:
    """Luma of the pixels that are followed: float32 [h, w], 0..255."""
    picked = np.ascontiguousarray(_lattice(pixels), np.float32)
    return np.asarray(cv2.cvtColor(picked, cv2.COLOR_RGB2GRAY))


def _textured(pixels: Pixels) -> HostArray:
    """Where there are edges or strokes by which paint can be followed: bool [H, W]."""
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    right = cv2.Sobel(luma, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    return np.asarray(np.hypot(right, down) > _TEXTURED)
