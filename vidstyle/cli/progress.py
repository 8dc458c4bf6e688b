"""How far a run is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from typing import Protocol

from vidstyle.pipeline import Meter

_SECONDS_BETWEEN_LINES = 5.0


class Progress(Protocol):
    """Shown while a run goes on."""

    def update(self, meter: Meter, total: int | None) -> None:
        """After each frame."""

    def close(self) -> None:
        """At the end, however it came."""


def make_progress(quiet: bool) -> Progress:
    """What suits standard error: nothing, a bar, or lines."""
    if quiet:
        return _Silent()
    return _Bar() if sys.stderr.isatty() else _Lines()


class _Silent:
    def update(self, meter: Meter, total: int | None) -> None:
        pass

    def close(self) -> None:
        pass


class _Lines:
    def __init__(self) -> None:
        self._next = time.monotonic() + _SECONDS_BETWEEN_LINES

    def update(self, meter: Meter, total: int | None) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS_BETWEEN_LINES
            done = meter.frames("write")
            of = f" of {total}" if total else ""
            left = _left(meter, total)
            wait = "" if left is None else f", {left:.0f} s left"
            rate = meter.frames_per_second
            print(f"{done}{of} frames, {rate:.1f} fps{wait} ({_stages(meter)})", file=sys.stderr)

    def close(self) -> None:
        pass


class _Bar:
    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._rich = RichProgress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:.1f} fps"),
            TextColumn("{task.fields[left]}"),
            TextColumn("[dim]{task.fields[stages]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._rich.add_task("", total=None, rate=0.0, left="", stages="")

    def update(self, meter: Meter, total: int | None) -> None:
        self._rich.start()  # at the first frame: what is said before stands above the bar
        left = _left(meter, total)
        self._rich.update(
            self._task,
            completed=meter.frames("write"),
            total=total,
            rate=meter.frames_per_second,
            left="" if left is None else f"{int(left) // 60}:{int(left) % 60:02d} left",
            stages=_stages(meter),
        )

    def close(self) -> None:
        self._rich.stop()


def _left(meter: Meter, total: int | None) -> float | None:
    """Seconds, as far as one can say."""
    rate = meter.frames_per_second
    return max(0.0, total - meter.frames("write")) / rate if total and rate else None


def _stages(meter: Meter) -> str:
    parts = (f"{stage} {value:.1f}" for stage, value in meter.milliseconds().items())
    return ", ".join(parts) + " ms"
