"""Ctrl-C and SIGTERM: the frame at hand is finished, so that the file is whole up to there."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from vidstyle.errors import Interrupted, VidstyleError

Check: TypeAlias = Callable[[], None]  # called after each frame; raises Interrupted


@contextmanager
def ended_by_signals() -> Iterator[Check]:
    """Yields a function that raises Interrupted once a signal has asked for the end.

    Before it is first called there is nothing to finish: a signal then ends at once, and so does
    a second one.

    Raises:
        Interrupted: ended at once; nothing is kept.
    """
    asked: list[int] = []
    flowing = False

    def ask(number: int, _: object) -> None:
        asked.append(number)
        if len(asked) > 1 or not flowing:
            raise KeyboardInterrupt

    def check() -> None:
        nonlocal flowing
        flowing = True
        if asked:
            raise Interrupted("Interrupted.", asked[0])

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield check
    except VidstyleError:
        raise
    except BaseException:  # an import that is cut short may make another error of it
        if not asked:
            raise
        raise Interrupted("Interrupted; nothing was kept.", asked[0]) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
