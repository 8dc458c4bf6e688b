"""Where live pictures go: each outlet on its own thread, so that a slow one delays no other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

from vidstyle.contracts import Pixels
from vidstyle.errors import VidstyleError
from vidstyle.live.governor import Rung
from vidstyle.pipeline import Channel
from vidstyle.sources.sound import Heard

log = logging.getLogger(__name__)


class Shown(NamedTuple):
    """A picture as it is seen."""

    pixels: Pixels  # uint8 [H, W, 3]
    arrived: float  # when its content came: seconds of time.monotonic()
    moment: float  # the same by the content's own clock, which its sound has, too
    rung: Rung | None  # how it was drawn; None: it is the content itself


class LiveSink(Protocol):
    """Takes pictures of one size, each at its moment."""

    name: str  # what people call it
    waiting: int  # pictures that may wait for it; further ones push out the oldest

    def open(self, height: int, width: int, fps: float, heard: Heard | None = None) -> None:
        """Make ready for such pictures, and for the sound that is heard, where there is any."""

    def write(self, shown: Shown) -> None:
        """Show the next picture."""

    def close(self) -> None:
        """Finish what was written."""


class Nowhere:
    """Takes everything, for measuring."""

    name, waiting = "null", 1

    def open(self, height: int, width: int, fps: float, heard: Heard | None = None) -> None:
        """Nothing is needed."""

    def write(self, shown: Shown) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is left."""


class Outlet:
    """A sink on its own thread.

    Args:
        sink: opened.
        on_left: called after each picture that it has taken.
    """

    def __init__(
        self, sink: LiveSink, on_left: Callable[[Shown], None] = lambda shown: None
    ) -> None:
        self.sink, self._on_left = sink, on_left
        self.channel: Channel[Shown] = Channel(sink.waiting, keep_newest=True)
        self.error: VidstyleError | None = None
        self._thread = threading.Thread(target=self._run, name=f"outlet {sink.name}", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it takes no more."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """Take what waits, and finish."""
        self.channel.finish()
        self._thread.join()

    def _run(self) -> None:
        try:
            try:
                for shown in self.channel:
                    self.sink.write(shown)
                    self._on_left(shown)
            finally:
                self.sink.close()
        except VidstyleError as error:
            self.error = error
            log.warning("%s ends: %s", self.sink.name, error)
        finally:
            self.channel.abandon()
