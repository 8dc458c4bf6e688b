"""Processes that measure, one at a time or several at once."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from typing import IO, Any

from vidstyle.bench.worker import Task
from vidstyle.errors import VidstyleError

_SAID = 400  # characters of what a process that broke said last


class Failed(VidstyleError):
    """A measurement ended with an error; its exit code is the one of that."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def measured(task: Task, cores: int | None = None) -> dict[str, Any]:
    """What a process of its own finds; `cores`: on so many alone, where the system can.

    Raises:
        Failed: it ended with an error, or was ended; the message says by what.
    """
    with launched(task, cores) as child:
        return child.answer()


def measured_together(tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """What several processes find that begin at the same moment."""
    with ExitStack() as stack:
        children = [stack.enter_context(launched(task)) for task in tasks]
        for child in children:
            child.answer()  # it is ready
        for child in children:
            child.tell("go")
        return [child.answer() for child in children]


@contextmanager
def launched(task: Task, cores: int | None = None) -> Iterator[Child]:
    """A process that has been told its task; it is ended at the end, however that comes."""
    with tempfile.TemporaryFile("w+") as errors:
        launched = time.time()
        process = subprocess.Popen(
            [sys.executable, "-m", "vidstyle.bench.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            start_new_session=True,  # Ctrl-C is for us, who then end it
            preexec_fn=None if cores is None else _pinned(cores),
        )  # fmt: skip
        child = Child(process, errors)
        try:
            child.tell(json.dumps(asdict(replace(task, launched=launched))))
            yield child
        finally:
            process.kill()
            process.communicate()


@dataclass(frozen=True)
class Child:
    """A process, and where what it complains of is kept."""

    process: subprocess.Popen[str]
    errors: IO[str]

    def tell(self, line: str) -> None:
        """Send it a line; one that has ended already is found out at its answer."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The next line of JSON that it writes; libraries may have printed others."""
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        line = next((line for line in lines if line.startswith("{")), None)
        if line is None:
            status = self.process.wait()
            self.errors.seek(0)
            said = " ".join(self.errors.read().split())[-_SAID:]
            raise Failed(said or f"Its process ended with {status}, as for want of memory.")
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise Failed(found["error"], found["code"])
        return found


def _pinned(cores: int) -> Callable[[], None]:
    """Has a process that begins use so many cores alone."""
    chosen = sorted(os.sched_getaffinity(0))[:cores]
    return lambda: os.sched_setaffinity(0, chosen)
