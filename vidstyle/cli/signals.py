"""Ctrl-C and SIGTERM: the frame at hand is finished, so that the file is whole up to there.

Where one takes long it is given up: the file ends with the frame before.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from vidstyle.errors import Interrupted, PartialResult


class Check:
    """Raises Interrupted once a signal has asked for the end."""

    def __init__(self) -> None:
        self.asked: list[int] = []  # the signals that came
        self.flowing = False  # whether there is something to finish

    def __call__(self) -> None:
        """After each frame or step of a training."""
        self.flowing = True
        self.within_a_frame()

    def within_a_frame(self) -> None:
        """While one is drawn that takes long, on any thread."""
        if self.asked:
            raise Interrupted("Interrupted.", self.asked[0])


@contextmanager
def ended_by_signals(reads_input: bool = False) -> Iterator[Check]:
    """Yields what raises Interrupted once a signal has asked for the end.

    Before it is first called there is nothing to finish: a signal then ends at once, and so does
    a second one. Who waits for standard input (`reads_input`) is told that it is at its end.

    Raises:
        Interrupted: ended at once; nothing is kept.
    """
    check = Check()

    def ask(number: int, _: object) -> None:
        check.asked.append(number)
        if reads_input:  # an error in the midst of a read would be printed, and the read go on
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if len(check.asked) > 1 or not (check.flowing or reads_input):
            raise KeyboardInterrupt

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield check
    except BaseException as error:  # an import or a read that is cut short makes another of it
        if not check.asked or isinstance(error, Interrupted | PartialResult):
            raise
        raise Interrupted("Interrupted; nothing was kept.", check.asked[0]) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
