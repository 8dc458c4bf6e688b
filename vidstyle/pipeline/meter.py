"""What each stage costs, and how far the run is."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Meter:
    """Time spent in each stage and frames that left it. One thread for each stage may write."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.first_frame_seconds: float | None = None  # from the start to the first frame written
        self._seconds: dict[str, float] = {}
        self._frames: dict[str, int] = {}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Count one frame of `stage`, and the time that it takes."""
        began = time.perf_counter()
        yield
        self._seconds[stage] = self._seconds.get(stage, 0.0) + time.perf_counter() - began
        self._frames[stage] = self._frames.get(stage, 0) + 1
        if stage == "write" and self.first_frame_seconds is None:
            self.first_frame_seconds = self.seconds

    def watch(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """The same items, each counted as one frame of `stage`."""
        iterator = iter(items)
        while True:
            began = time.perf_counter()
            try:
                item = next(iterator)
            except StopIteration:
                return
            self._seconds[stage] = self._seconds.get(stage, 0.0) + time.perf_counter() - began
            self._frames[stage] = self._frames.get(stage, 0) + 1
            yield item

    @property
    def seconds(self) -> float:
        """Since the meter was made."""
        return time.perf_counter() - self._began

    @property
    def frames_per_second(self) -> float:
        """Frames written, over the time since the first was."""
        written = self.frames("write") - 1
        if written < 1 or self.first_frame_seconds is None:
            return 0.0
        return written / max(1e-9, self.seconds - self.first_frame_seconds)

    def frames(self, stage: str) -> int:
        """How many frames have left `stage`."""
        return self._frames.get(stage, 0)

    def milliseconds(self) -> dict[str, float]:
        """For each stage, its time for one frame on average."""
        return {
            stage: 1000 * seconds / self._frames[stage]
            for stage, seconds in list(self._seconds.items())
        }
