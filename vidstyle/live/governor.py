"""How finely live pictures are drawn, so that each is ready before the next one comes."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

SMALLEST = 180  # pixels, the shorter side, down to which pictures are drawn smaller
_STEP = 0.85  # of each side, from one rung to the next
_MULTIPLE = 8  # pixels; sides are, as networks halve them
_SAMPLES = 8  # drawings by which a rung is judged: half a second at 16 a second
# Of the time between two frames, what a drawing takes: too much; as is wished where it is made
# smaller; and, for it to be made finer, so little that this is likely to last.
_FULL, _AIM, _IDLE = 0.95, 0.8, 0.65
_PATIENCE, _MOST_PATIENCE = 3.0, 60.0  # seconds before a finer rung is tried
# Seconds in which it settles: the first drawings take longer than all later ones, so what they led
# to is looked at again soon.
_SETTLING, _SOON = 4.0, 0.5


@dataclass(frozen=True)
class Rung:
    """One way to draw a picture."""

    network: str
    height: int  # at which it goes through the network
    width: int
    cost: float  # relative to other rungs: pixels, and less for a quicker network

    def __str__(self) -> str:
        return f"{self.network} at {self.width}x{self.height}"


def ladder(
    height: int, width: int, network: str, spare: str | None = None, share: float = 0.5
) -> tuple[Rung, ...]:
    """Ways to draw a picture of that size, from the best to the quickest: smaller and smaller, then
    by the spare network, as large as is quicker still.

    Args:
        height: of the picture.
        width: of the picture.
        network: draws it.
        spare: a quicker one, for when the smallest size takes too long.
        share: of the other's time that the spare one needs.
    """
    rungs = [Rung(network, height, width, height * width)]
    scale = _STEP
    while min(height, width) * scale >= SMALLEST:
        rungs.append(_smaller(network, height * scale, width * scale))
        scale *= _STEP
    if spare is not None:
        quicker = [replace(rung, network=spare, cost=share * rung.cost) for rung in rungs]
        rungs += [rung for rung in quicker if rung.cost < rungs[-1].cost]
    return tuple(rungs)


def _smaller(network: str, height: float, width: float) -> Rung:
    height, width = (max(1, round(side / _MULTIPLE)) * _MULTIPLE for side in (height, width))
    return Rung(network, height, width, height * width)


class Governor:
    """Climbs down a ladder when drawings come too late, and up again when there is time.

    It goes down at once, as far as needed. It goes up after a while, and after a longer one if the
    last time was in vain: so it does not swing.

    Args:
        rungs: the finest first.
        fps: frames a second to hold.
        clock: gives seconds.
        first: to begin with, where it is one of them; else the finest.
    """

    def __init__(
        self,
        rungs: Sequence[Rung],
        fps: float,
        clock: Callable[[], float] = time.monotonic,
        first: Rung | None = None,
    ) -> None:
        self._rungs, self._budget, self._clock = tuple(rungs), 1 / fps, clock
        self._place = self._rungs.index(first) if first in self._rungs else 0
        self._took: deque[float] = deque(maxlen=_SAMPLES)
        self._began = self._changed = clock()
        self._patience = _PATIENCE
        self._climbed = False

    @property
    def rung(self) -> Rung:
        """How to draw now."""
        return self._rungs[self._place]

    def drawn(self, rung: Rung, seconds: float) -> None:
        """Say how long a drawing took; other rungs than the one that it asked for do not count."""
        if rung != self.rung:
            return
        self._took.append(seconds)
        if len(self._took) < _SAMPLES:
            return
        usual, now = statistics.median(self._took), self._clock()
        settling = now - self._began < _SETTLING
        if usual > _FULL * self._budget:
            self._climb_down(usual)
        elif now - self._changed > (_SOON if settling else self._patience):
            self._climb_up(usual, _AIM if settling else _IDLE)

    def _fits(self, place: int, usual: float, share: float) -> bool:
        cost = self._rungs[place].cost / self.rung.cost
        return usual * cost <= share * self._budget

    def _climb_down(self, usual: float) -> None:
        lower = range(self._place + 1, len(self._rungs))
        if not lower:
            return
        if self._climbed:  # it was too fine after all
            self._patience = min(2 * self._patience, _MOST_PATIENCE)
        fitting = (place for place in lower if self._fits(place, usual, _AIM))
        self._go(next(fitting, lower[-1]), False)

    def _climb_up(self, usual: float, share: float) -> None:
        if self._climbed:  # and it holds
            self._patience = _PATIENCE
        fitting = (place for place in range(self._place) if self._fits(place, usual, share))
        higher = next(fitting, None)
        if higher is not None:
            self._go(higher, True)

    def _go(self, place: int, up: bool) -> None:
        self._place, self._climbed, self._changed = place, up, self._clock()
        self._took.clear()
