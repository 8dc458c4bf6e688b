"""Frames of two clips that are shown at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from typing import TypeVar

from vidstyle.contracts import Frame
from vidstyle.errors import InputError

T = TypeVar("T")

# Of the time from frame to frame: so far apart, two frames still count as one moment. Containers
# round times to 1 ms, and GIF to 10; of clips of 25 and 30 frames a second, one in six agrees.
SAME_TIME = 0.15
_SOON = 100  # frames, after which clips that do not match are refused


def aligned(
    content: Iterable[Frame], drawn: Iterable[Frame], step: float, alone: Counter[str]
) -> Generator[tuple[float, Frame, Frame]]:
    """Pairs of frames at the same time since each clip's first, and that time in seconds.

    Args:
        content: frames in the order of their times; so is `drawn`.
        drawn: as many or fewer or more.
        step: seconds from frame to frame.
        alone: is told how many frames of "content" and "drawing" have no match.

    Raises:
        InputError: fewer than two frames match, or not half of those of the clip that has fewer.
    """
    ours, theirs = _timed(content), _timed(drawn)
    one, other = next(ours, None), next(theirs, None)
    pairs = 0
    while one is not None and other is not None:
        if abs(one[0] - other[0]) <= SAME_TIME * step:
            pairs += 1
            yield one[0], one[1], other[1]
            one, other = next(ours, None), next(theirs, None)
        elif one[0] < other[0]:
            alone["content"] += 1
            one = next(ours, None)
        else:
            alone["drawing"] += 1
            other = next(theirs, None)
        if sum(alone.values()) == _SOON:
            _refuse_strangers(pairs, alone)
    _refuse_strangers(pairs, alone)
    alone["content"] += _rest(one, ours)
    alone["drawing"] += _rest(other, theirs)
    if pairs < 2:
        raise InputError(
            f"Only {pairs} frame is shown by both clips at the same time; flicker is a change "
            "from one frame to the next, and needs two."
        )


def _refuse_strangers(pairs: int, alone: Counter[str]) -> None:
    fewer = pairs + min(alone["content"], alone["drawing"])
    if 2 * pairs < fewer:
        raise InputError(
            f"Only {pairs} of {fewer} frames are shown by both clips at the same time: their frame "
            "rates differ. Give both one rate (ffmpeg -r), and begin them with the same frame."
        )


def _timed(frames: Iterable[Frame]) -> Iterator[tuple[float, Frame]]:
    """Each frame with its seconds since the first."""
    first = None
    for frame in frames:
        first = frame.time if first is None else first
        yield float(frame.time - first), frame


def _rest(pending: T | None, frames: Iterator[T]) -> int:
    """How many are left."""
    return (pending is not None) + sum(1 for _ in frames)
