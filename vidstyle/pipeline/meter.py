"""What each stage costs, and how far the run is."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


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

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Count one frame of `stage`, and the time that it takes."""
        began = self._clock()
        self._flowing_since = self._flowing_since or began
        yield
        self._seconds[stage] = self._seconds.get(stage, 0.0) + self._clock() - began
        self._frames[stage] = self._frames.get(stage, 0) + 1
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
            self._seconds[stage] = self._seconds.get(stage, 0.0) + self._clock() - began
            self._frames[stage] = self._frames.get(stage, 0) + 1
            yield item

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
