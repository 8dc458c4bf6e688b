"""From a camera to a screen: pictures come in, are drawn, and go out. The newest wins."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vidstyle.contracts import Pixels
from vidstyle.errors import VidstyleError
from vidstyle.image import resize, save_picture
from vidstyle.live.artist import Artist, Drawn
from vidstyle.live.controls import Controls
from vidstyle.live.outlets import LiveSink, Outlet, Shown
from vidstyle.live.pulse import Figures, Pulse
from vidstyle.live.studio import Studio
from vidstyle.pipeline import newest
from vidstyle.sources.live import Arrival, Live, LiveSource
from vidstyle.sources.microphones import Listener, Microphone
from vidstyle.sources.sound import Heard
from vidstyle.stylizer import Drawing

log = logging.getLogger(__name__)

_PATIENCE = 0.5  # seconds without a picture, after which the last one is shown again


@dataclass(frozen=True)
class LiveJob:
    """What is watched, how it is drawn, and at which rate."""

    live: Live
    controls: Controls
    drawing: Drawing = field(default_factory=Drawing)
    fps: float = 30.0  # frames a second to hold
    adapt: bool = True  # by drawing smaller, where it must be
    mirror: bool = False
    side_by_side: bool = False
    sound: bool = True  # whether recordings and streams have any
    microphone: Microphone | None = None  # whose, instead of the source's own


class Show:
    """Draws what comes and hands it to every outlet, on one thread. Any thread may turn its dials.

    Args:
        artist: draws.
        mirror: whether left and right change places.
        side_by_side: whether the content is seen at the left.
        heard: the sound for outlets; None: there is none.
    """

    def __init__(
        self,
        artist: Artist,
        mirror: bool = False,
        side_by_side: bool = False,
        heard: Heard | None = None,
    ) -> None:
        self.artist, self.pulse, self._heard = artist, Pulse(), heard
        self.mirror, self.side_by_side, self.frozen = mirror, side_by_side, False
        self.last: Shown | None = None
        self.ended = threading.Event()
        self._outlets: list[Outlet] = []
        self._size: tuple[int, int] | None = None  # of what is shown: that of the first picture
        self._held: Pixels | None = None  # the content, while frozen
        self._counted = 0.0  # when the last one came whose delay was measured

    def add(self, sink: LiveSink, height: int, width: int, fps: float) -> Outlet:
        """Show pictures there, too. The first outlet is the one whose delay is measured."""
        sink.open(height, width, fps, self._heard)
        first = not self._outlets
        outlet = Outlet(sink, self._left if first else lambda shown: None)
        self._outlets = [*self._outlets, outlet]
        return outlet

    def remove(self, outlet: Outlet) -> None:
        """Finish what is written there."""
        self._outlets = [other for other in self._outlets if other is not outlet]
        outlet.close()

    def run(self, arrivals: Iterable[Arrival]) -> None:
        """Draw until nothing comes any more, all outlets have ended, or `ended` is set."""
        try:
            with newest(arrivals) as channel:
                while not self.ended.is_set() and self._goes_on():
                    try:
                        arrival = channel.get(_PATIENCE)
                    except StopIteration:
                        break
                    self.pulse.dropped = channel.dropped
                    if arrival is not None:
                        self._show(arrival)
                    elif self.last is not None:  # a still picture, until others come
                        late = self.last.arrived - self.last.moment
                        self._hand_out(self.last._replace(moment=time.monotonic() - late))
        finally:
            self.ended.set()

    def close(self) -> None:
        """Finish all outlets."""
        for outlet in self._outlets:
            outlet.close()

    @property
    def error(self) -> VidstyleError | None:
        """Why the last outlet ended, where none is left."""
        errors = [outlet.error for outlet in self._outlets]
        return errors[0] if errors and all(errors) else None

    def snapshot(self, path: Path) -> None:
        """Write what is seen now to a picture."""
        if self.last is not None:
            save_picture(path, self.last.pixels)
            log.info("Snapshot: %s.", path)

    def _goes_on(self) -> bool:
        return not all(outlet.ended for outlet in self._outlets)

    def _show(self, arrival: Arrival) -> None:
        content = arrival.pixels
        if self.mirror:
            content = np.ascontiguousarray(content[:, ::-1])
        self._held = (content if self._held is None else self._held) if self.frozen else None
        content = content if self._held is None else self._held
        drawn: Drawn = self.artist.draw(content)
        pixels = np.hstack([content, drawn.pixels]) if self.side_by_side else drawn.pixels
        self._size = self._size or pixels.shape[:2]
        self.last = Shown(fitted(pixels, *self._size), arrival.time, arrival.moment, drawn.rung)
        self._hand_out(self.last)

    def _hand_out(self, shown: Shown) -> None:
        for outlet in self._outlets:
            outlet.channel.put(shown)

    def _left(self, shown: Shown) -> None:
        if shown.arrived != self._counted:  # a still picture shown again is no new frame
            self._counted = shown.arrived
            self.pulse.beat(shown.arrived)


def fitted(pixels: Pixels, height: int, width: int) -> Pixels:
    """As large as fits into that size, with black beside it: outlets cannot change their size."""
    if pixels.shape[:2] == (height, width):
        return pixels
    scale = min(height / pixels.shape[0], width / pixels.shape[1])
    small = resize(pixels, *(max(1, round(side * scale)) for side in pixels.shape[:2]))
    whole = np.zeros((height, width, 3), pixels.dtype)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    whole[top : top + small.shape[0], left : left + small.shape[1]] = small
    return whole


@dataclass(frozen=True)
class LiveSummary:
    """What a show was."""

    frames: int
    dropped: int  # that came and were not drawn
    seconds: float
    frames_per_second: float
    delay: float | None  # milliseconds, the median of the last seconds
    late: float | None  # milliseconds, above which one frame in twenty was
    network: str
    size: str  # at which it was drawn at last


def run_live(
    job: LiveJob,
    sinks: Sequence[LiveSink],
    wait: Callable[[Show], None],
    seconds: float | None = None,
) -> LiveSummary:
    """Draw what goes on until it ends, `wait` returns, or so many seconds are over.

    Args:
        job: what is watched.
        sinks: where pictures go.
        wait: called on the thread of the caller while all goes on; it returns when all is to end.
        seconds: how long, at most.

    Raises:
        VidstyleError: nothing can be opened, or no outlet is left.
    """
    heard = Heard() if job.sound else None
    with (
        ExitStack() as opened,
        LiveSource(job.live, None if job.microphone else heard) as source,
    ):
        studio = Studio(job.drawing)
        opened.callback(studio.close)
        artist = Artist(studio, job.controls, job.fps if job.adapt else None)
        height, width = source.info.height, source.info.width
        artist.prepare(height, width)
        if job.microphone is not None and heard is not None:
            opened.enter_context(Listener(job.microphone, heard))
        elif not source.has_sound:
            heard = None
        show = Show(artist, job.mirror, job.side_by_side, heard)
        opened.callback(show.close)  # whatever happens
        shown_width = 2 * width if job.side_by_side else width
        for sink in sinks:
            show.add(sink, height, shown_width, job.fps)
        return _performed(show, source, wait, seconds)


def _performed(
    show: Show, source: LiveSource, wait: Callable[[Show], None], seconds: float | None
) -> LiveSummary:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            show.run(source)
        except BaseException as error:  # carried to the caller, never lost
            errors.append(error)

    began = time.monotonic()
    thread = threading.Thread(target=run, name="show", daemon=True)
    timer = threading.Timer(seconds or 0, show.ended.set)
    thread.start()
    if seconds is not None:
        timer.start()
    try:
        wait(show)
    finally:
        timer.cancel()
        figures = show.pulse.figures
        show.ended.set()
        thread.join()
        show.close()  # what waits is counted, too
    if errors:
        raise errors[0]
    if show.error is not None:
        raise show.error
    return _summed_up(show, figures, time.monotonic() - began)


def _summed_up(show: Show, figures: Figures, seconds: float) -> LiveSummary:
    rung = show.last.rung if show.last is not None else None
    pulse = show.pulse
    return LiveSummary(
        pulse.frames, pulse.dropped, seconds, pulse.frames / max(seconds, 1e-3), figures.delay,
        figures.late, rung.network if rung else "", f"{rung.width}x{rung.height}" if rung else "",
    )  # fmt: skip
