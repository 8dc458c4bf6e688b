"""How far a run is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Protocol

SECONDS_BETWEEN_LINES = 5.0


@dataclass(frozen=True)
class Moment:
    """How far a run is, and what is said of it."""

    done: int
    total: int | None
    unit: str  # what is counted: "frames"
    seconds_left: float | None  # as far as one can say
    details: str
    pace: str = ""  # "5.3 fps"

    @property
    def left(self) -> str:
        """Such as "0:05 left", "12:30 left" or "3:00:00 left"."""
        if self.seconds_left is None:
            return ""
        minutes, seconds = divmod(int(self.seconds_left), 60)
        hours, minutes = divmod(minutes, 60)
        shown = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
        return f"{shown}:{seconds:02d} left"


class Progress(Protocol):
    """Shown while a run goes on."""

    def update(self, moment: Moment) -> None:
        """After each frame or step."""

    def close(self) -> None:
        """At the end, however it came."""


def make_progress(quiet: bool, seconds_between_lines: float = SECONDS_BETWEEN_LINES) -> Progress:
    """What suits standard error: nothing, a bar, or lines."""
    if quiet:
        return _Silent()
    return _Bar() if sys.stderr.isatty() else _Lines(seconds_between_lines)


class _Silent:
    def update(self, moment: Moment) -> None:
        pass

    def close(self) -> None:
        pass


class _Lines:
    def __init__(self, seconds_between: float) -> None:
        self._between = seconds_between
        self._next = time.monotonic() + seconds_between

    def update(self, moment: Moment) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._between
            of = f" of {moment.total}" if moment.total else ""
            words = filter(None, [f"{moment.done}{of} {moment.unit}", moment.pace, moment.left])
            print(f"{', '.join(words)} ({moment.details})", file=sys.stderr)

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
            TextColumn("{task.fields[unit]}"),
            TextColumn("{task.fields[pace]}"),
            TextColumn("{task.fields[left]}"),
            TextColumn("[dim]{task.fields[details]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._rich.add_task("", total=None, unit="", pace="", left="", details="")

    def update(self, moment: Moment) -> None:
        self._rich.start()  # at the first frame: what is said before stands above the bar
        self._rich.update(
            self._task,
            completed=moment.done,
            total=moment.total,
            unit=moment.unit,
            pace=moment.pace,
            left=moment.left,
            details=moment.details,
        )

    def close(self) -> None:
        self._rich.stop()
