"""Calls are warmed up until they are steady, then timed: by the clock, or by CUDA's events."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from vidstyle.bench.spread import Repeats, Times

REPEATS = 5
_NEAR = 0.05  # of each other are medians of steady calls
_FEW = 3  # calls whose median is compared with that of as many before
_MOST_WARM_UP = 3.0  # seconds
_MOST_CALLS = 1000  # of a repeat


@dataclass(frozen=True)
class Pace:
    """How fast something is, called again and again."""

    fps: Repeats  # frames a second, over all calls of a repeat
    ms: Times  # of single calls
    warm_up: int  # calls before
    steady: bool  # whether they came to be steady


def pace(
    work: Callable[[int], Any], device: str, seconds: float, frames: int = 1, repeats: int = REPEATS
) -> Pace:
    """How fast `work` is.

    It is first called until the median of three calls is within 5 % of that of the three before,
    or for three seconds.

    Args:
        work: is called with 0, 1, 2 …
        device: where it works; on CUDA, calls follow each other without a wait.
        seconds: that all repeats take together; each is of one call at least.
        frames: that a call draws.
        repeats: how many.
    """
    warm = warmed_up(work, device)
    one = statistics.median(warm[-_FEW:])
    count = max(1, min(_MOST_CALLS, round(seconds / repeats / max(one, 1e-9))))
    rounds = [spans(work, count, device) for _ in range(repeats)]
    return Pace(
        Repeats.of([frames * count / sum(each) for each in rounds]),
        Times.of([span for each in rounds for span in each]),
        len(warm),
        _is_steady(warm),
    )


def warmed_up(work: Callable[[int], Any], device: str) -> list[float]:
    """Seconds of each call until they are steady, or for three seconds; of one at least."""
    found: list[float] = []
    while not _is_steady(found) and (not found or sum(found) < _MOST_WARM_UP):
        found += spans(work, 1, device)
    return found


def _is_steady(found: list[float]) -> bool:
    if len(found) < 2 * _FEW:
        return False
    before, after = statistics.median(found[-2 * _FEW : -_FEW]), statistics.median(found[-_FEW:])
    return abs(after - before) <= _NEAR * before


def spans(work: Callable[[int], Any], count: int, device: str) -> list[float]:
    """Seconds from the end of one call's work to that of the next, for `count` calls.

    What a call gives is kept until the next.
    """
    marks = [_mark(device)]
    for number in range(count):
        kept = work(number)  # noqa: F841
        marks.append(_mark(device))
    if not device.startswith("cuda"):
        return [after - before for before, after in pairwise(marks)]
    marks[-1].synchronize()
    return [before.elapsed_time(after) / 1000 for before, after in pairwise(marks)]


def _mark(device: str) -> Any:
    """This moment: the host's, or the one when the GPU comes to it."""
    if not device.startswith("cuda"):
        return time.perf_counter()
    import torch  # only here: a run on OpenVINO never loads it

    event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    event.record(torch.cuda.current_stream(device))
    return event
