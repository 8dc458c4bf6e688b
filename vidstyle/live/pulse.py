"""Honest figures of the last seconds: frames a second, delay, what was dropped."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_SECONDS = 3.0


@dataclass(frozen=True)
class Figures:
    """What those who watch are told."""

    frames_per_second: float
    delay: float | None  # milliseconds, the median from a frame's arrival to its leaving
    late: float | None  # milliseconds, above which one frame in twenty is
    dropped: int  # frames in all that came and were not drawn


class Pulse:
    """Counts frames as they leave. Any thread may ask.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._began = clock, clock()
        self._left: deque[tuple[float, float]] = deque()  # when, and after how many seconds
        self._lock = threading.Lock()
        self.frames = 0
        self.dropped = 0

    def beat(self, arrived: float) -> None:
        """A frame leaves that arrived at that time."""
        now = self._clock()
        with self._lock:
            self.frames += 1
            self._left.append((now, now - arrived))
            self._forget(now)

    @property
    def figures(self) -> Figures:
        """Of the last seconds."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            delays = sorted(delay for _, delay in self._left)
        over = max(1e-3, min(_SECONDS, now - self._began))
        if not delays:
            return Figures(0.0, None, None, self.dropped)
        late = delays[min(len(delays) - 1, int(0.95 * len(delays)))]
        middle = statistics.median(delays)
        return Figures(len(delays) / over, 1000 * middle, 1000 * late, self.dropped)

    def _forget(self, now: float) -> None:
        while self._left and self._left[0][0] < now - _SECONDS:
            self._left.popleft()
