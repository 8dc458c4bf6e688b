"""What each stage costs, and how far the run is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_REMEMBERED = 1000  # frames of each stage, however long a run is


class Meter:
    """Time spent in each stage and frames that left it. One thread for each stage may write.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._began = clock()
        self.first_frame_seconds: float | None = None  # from the start to the first frame written
        self._flowing_since: float | None = None  # the first frame was there to be drawn
        self._seconds: dict[str, float] = {}
        self._frames: dict[str, int] = {}
        self._recent: dict[str, deque[float]] = {}
        self._waited: dict[str, tuple[int, int]] = {}  # items found waiting, and looks in all

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Count one frame of `stage`, and the time that it takes."""
        began = self._clock()
        self._flowing_since = self._flowing_since or began
        yield
        self._count(stage, self._clock() - began)
        if stage == "write" and self.first_frame_seconds is None:
            self.first_frame_seconds = self.seconds

    def watch(self, stage: str, items: Iterable[T]) -> Generator[T]:
        """The same items, each counted as one frame of `stage`."""
        iterator = iter(items)
        while True:
            began = self._clock()
            try:
                item = next(iterator)
            except StopIteration:
                return
            self._count(stage, self._clock() - began)
            yield item

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Remember what a part of a stage takes: `recent` gives it, `milliseconds` does not."""
        began = self._clock()
        yield
        self._remember(name, self._clock() - began)

    def found_waiting(self, queue: str, count: int) -> None:
        """The reader of `queue` comes for a frame, and so many wait there."""
        waiting, looks = self._waited.get(queue, (0, 0))
        self._waited[queue] = waiting + count, looks + 1

    @property
    def seconds(self) -> float:
        """Since the meter was made."""
        return self._clock() - self._began

    @property
    def frames_per_second(self) -> float:
        """Frames written, over the time since the first of them was there to be drawn."""
        if self._flowing_since is None:
            return 0.0
        return self.frames("write") / max(1e-9, self._clock() - self._flowing_since)

    def frames(self, stage: str) -> int:
        """How many frames have left `stage`."""
        return self._frames.get(stage, 0)

    def milliseconds(self) -> dict[str, float]:
        """For each stage, its time for one frame on average."""
        return {
            stage: 1000 * seconds / self._frames[stage]
            for stage, seconds in list(self._seconds.items())
        }

    def recent(self) -> dict[str, tuple[float, ...]]:
        """For each stage, and each part of one, the seconds that its last frames took."""
        return {name: tuple(seconds) for name, seconds in list(self._recent.items())}

    def waiting(self) -> dict[str, float]:
        """For each queue, how many frames its reader found there on average."""
        return {queue: count / looks for queue, (count, looks) in list(self._waited.items())}

    def _count(self, stage: str, seconds: float) -> None:
        self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds
        self._frames[stage] = self._frames.get(stage, 0) + 1
        self._remember(stage, seconds)

    def _remember(self, name: str, seconds: float) -> None:
        self._recent.setdefault(name, deque(maxlen=_REMEMBERED)).append(seconds)
