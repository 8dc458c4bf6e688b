"""Ctrl-C and SIGTERM: the frame at hand is finished, so that the file is whole up to there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from vidstyle.errors import Interrupted, PartialResult

Check: TypeAlias = Callable[[], None]  # called after each frame; raises Interrupted


@contextmanager
def ended_by_signals(reads_input: bool = False) -> Iterator[Check]:
    """Yields a function that raises Interrupted once a signal has asked for the end.

    Before it is first called there is nothing to finish: a signal then ends at once, and so does
    a second one. Who waits for standard input (`reads_input`) is told that it is at its end.

    Raises:
        Interrupted: ended at once; nothing is kept.
    """
    asked: list[int] = []
    flowing = False

    def ask(number: int, _: object) -> None:
        asked.append(number)
        if reads_input:  # an error in the midst of a read would be printed, and the read go on
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if len(asked) > 1 or not (flowing or reads_input):
            raise KeyboardInterrupt

    def check() -> None:
        nonlocal flowing
        flowing = True
        if asked:
            raise Interrupted("Interrupted.", asked[0])

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield check
    except BaseException as error:  # an import or a read that is cut short makes another of it
        if not asked or isinstance(error, Interrupted | PartialResult):
            raise
        raise Interrupted("Interrupted; nothing was kept.", asked[0]) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
