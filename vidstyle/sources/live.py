"""What goes on by itself: a camera, a stream of the network, or a file at its own pace."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from vidstyle.avfile import is_url
from vidstyle.contracts import ErrorType, Pixels, Source, VideoInfo
from vidstyle.errors import InputError, PartialResult, UsageError
from vidstyle.image import MAX_PIXELS, to_uint8
from vidstyle.sources import Reading, open_source
from vidstyle.sources.cameras import find_camera, opening_of
from vidstyle.sources.clock import StreamClock
from vidstyle.sources.opencv_camera import OpenCVCamera
from vidstyle.sources.sound import Heard, Sound
from vidstyle.sources.video import Opening, VideoSource

log = logging.getLogger(__name__)

_WAITS = 0.5, 1.0, 2.0, 5.0  # seconds before each try to open it again; the last one stays
_AHEAD = 5.0  # seconds; sound that is so far before its pictures has lost its clock


class Arrival(NamedTuple):
    """A picture, and when it came."""

    pixels: Pixels  # uint8 [H, W, 3], on the host
    time: float  # seconds of time.monotonic()
    moment: float  # when it was to come by its own clock, which its sound has, too: seconds as well


@dataclass(frozen=True)
class Live:
    """What is watched, and how it is asked for.

    Args:
        address: a camera's number, or "camera:" and its name; "lavfi:" and a graph of FFmpeg's
            filters; an address of the network; a file, with `pace`.
        fps: frames a second to ask a camera for.
        size: height and width to ask a camera for; None leaves it to the camera.
        pace: whether a file is played at its own pace.
    """

    address: str
    fps: float = 30.0
    size: tuple[int, int] | None = None
    pace: bool = False


class LiveSource:
    """Gives pictures as they come. What broke off is opened again, for as long as it takes.

    Args:
        live: what is watched.
        heard: takes its sound; None: it is not decoded.

    Raises:
        InputError: it cannot be opened at first.
        DeviceError: there is no such camera.
        UsageError: a file that is not to be played at its own pace.
    """

    def __init__(self, live: Live, heard: Heard | None = None) -> None:
        self._live, self._heard, self._closed = live, heard, threading.Event()
        self._source: Source | None = None
        self._paced = live.pace or live.address.startswith("lavfi:")
        if not (self._paced or _is_camera(live.address) or is_url(live.address)):
            raise UsageError(
                f"{live.address!r} is no camera and no stream. --pace plays a file at its own "
                "pace; vidstyle stylize draws it as fast as can be."
            )

    @property
    def info(self) -> VideoInfo:
        """Of the first picture; later ones may have another size."""
        assert self._source is not None
        return self._source.info

    @property
    def has_sound(self) -> bool:
        """Whether sound comes with the pictures."""
        return isinstance(self._source, VideoSource) and self._source.has_sound

    def __enter__(self) -> Self:
        self._source = self._opened()
        return self

    def __exit__(self, kind: ErrorType, error: Any, trace: Any, /) -> None:
        self._closed.set()

    def __iter__(self) -> Iterator[Arrival]:
        while self._source is not None:
            try:
                yield from self._arrivals(self._source)
                why = "it has ended"
            except (InputError, PartialResult) as error:
                why = str(error).rstrip(".")
            finally:
                self._source.__exit__(None, None, None)
                self._source = None
            if self._paced or self._closed.is_set():
                return
            log.warning("The picture of %r is lost: %s. Trying again.", self._live.address, why)
            self._source = self._opened_again()

    def _arrivals(self, source: Source) -> Iterator[Arrival]:
        clock = StreamClock()
        for frame in source:
            if self._closed.is_set():
                return
            if not (self._paced and clock.runs):
                clock.came(float(frame.time), time.monotonic())
            moment = clock.moment(float(frame.time))
            if isinstance(source, VideoSource):
                self._hear(source.sounds, clock)
            if self._paced:
                self._closed.wait(max(0.0, moment - time.monotonic()))
            now = time.monotonic()
            # OpenCV's cameras tell no times.
            moment = moment if isinstance(source, VideoSource) else now
            yield Arrival(to_uint8(frame.pixels), now, moment)
        if isinstance(source, VideoSource) and clock.runs:
            self._hear(source.sounds, clock)

    def _hear(self, sounds: deque[Sound], clock: StreamClock) -> None:
        while self._heard is not None and sounds:
            sound = sounds.popleft()
            moment = clock.moment(sound.time)
            if moment < time.monotonic() + _AHEAD:
                self._heard.put(sound._replace(time=moment))

    def _opened_again(self) -> Source | None:
        """The source, once it can be opened; None when all is over before."""
        tries = 0
        while not self._closed.wait(_WAITS[min(tries, len(_WAITS) - 1)]):
            tries += 1
            try:
                source = self._opened()
            except InputError as error:
                log.debug("%s", error)
            else:
                log.info("The picture of %r is back.", self._live.address)
                return source
        return None

    def _opened(self) -> Source:
        live = self._live
        if _is_camera(live.address):
            return _open_camera(live)
        if live.address.startswith("lavfi:"):
            opening = Opening(live.address.removeprefix("lavfi:"), live.address, "lavfi")
            return VideoSource(
                opening, Reading.start, None, MAX_PIXELS, sound=self._heard is not None
            ).__enter__()
        return open_source(live.address, Reading(sound=self._heard is not None)).__enter__()


def _is_camera(address: str) -> bool:
    return address.isdigit() or address.startswith("camera:")


def _open_camera(live: Live) -> Source:
    """By FFmpeg, or by OpenCV, which knows some that FFmpeg does not."""
    camera = find_camera(live.address.removeprefix("camera:"))
    try:
        opening = opening_of(camera, live.fps, live.size)
        return VideoSource(opening, Reading.start, None, MAX_PIXELS).__enter__()
    except InputError as error:
        try:
            return OpenCVCamera(camera.number, live.fps, live.size).__enter__()
        except InputError:
            raise error from None
