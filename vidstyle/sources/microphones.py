"""Microphones by name, on each system, and what they hear."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import av

from vidstyle.avfile import open_video
from vidstyle.contracts import ErrorType
from vidstyle.errors import DeviceError, InputError
from vidstyle.sources.clock import StreamClock
from vidstyle.sources.sound import Heard, SoundReader

log = logging.getLogger(__name__)

_FORMATS = {"linux": ("pulse", "alsa"), "darwin": ("avfoundation",), "win32": ("dshow",)}
_PREFIXES = {"avfoundation": ":", "dshow": "audio="}  # how FFmpeg tells them from cameras
_ALSA = Path("/usr/share/alsa/alsa.conf")  # PyAV's wheels look where they were built
_ALSA_DEVICES = ("default", "pulse", "pipewire", "plughw:")  # ALSA lists each in ten ways
_WAIT, _MOMENT = 2.0, 2.0  # seconds: before each try to open it again; for the thread to end


@dataclass(frozen=True)
class Microphone:
    """One that the system knows."""

    name: str
    address: str  # as FFmpeg opens it
    format: str  # FFmpeg's name of the system's way to hear


def microphones() -> list[Microphone]:
    """All that are plugged in, as far as the system says."""
    for format in _formats():
        found = [device for device in _devices(format) if _hears(device, format)]
        if found:
            prefix = _PREFIXES.get(format, "")
            return [
                Microphone(
                    (device.description or device.name).splitlines()[0],
                    prefix + device.name,
                    format,
                )
                for device in found
            ]
    return []


def find_microphone(wanted: str | None) -> Microphone:
    """The microphone of a name, or a part of it; None: the system's own choice, or the first.

    Raises:
        DeviceError: there is none, or several fit.
    """
    known = microphones()
    if wanted is None:
        fitting = [one for one in known if one.address == "default"] or known[:1]
    else:
        same = [one for one in known if wanted in (one.name, one.address)]
        fitting = same or [one for one in known if wanted.lower() in one.name.lower()]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(one.name for one in fitting or known)
    if fitting:
        raise DeviceError(f"Several microphones are called {wanted!r}: {listed}. Give more of it.")
    if not known:
        raise DeviceError(
            "There is no microphone here, or none may be used; leave --microphone out."
        )
    raise DeviceError(f"There is no microphone {wanted!r}. There are: {listed}.")


class Listener:
    """Hears a microphone on a thread of its own. One that is pulled out is opened again.

    Args:
        microphone: which.
        heard: takes what it hears.

    Raises:
        DeviceError: it cannot be opened at first.
    """

    def __init__(self, microphone: Microphone, heard: Heard) -> None:
        self._microphone, self._heard = microphone, heard
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)

    def __enter__(self) -> Self:
        self._container: Any = self._opened()
        self._thread.start()
        return self

    def __exit__(self, kind: ErrorType, error: Any, trace: Any, /) -> None:
        self._closed.set()
        self._thread.join(_MOMENT)  # one that is stuck in a driver dies with the program

    def _run(self) -> None:
        while self._container is not None:
            with self._container:
                self._listen()
            if self._closed.is_set():
                return
            log.warning("The microphone %s is lost. Trying again.", self._microphone.name)
            self._container = self._opened_again()

    def _listen(self) -> None:
        reader, clock = SoundReader(self._container.streams.audio[0]), StreamClock()
        try:
            for packet in self._container.demux(reader.stream):
                for sound in reader.read(packet):
                    clock.came(sound.end, time.monotonic())
                    self._heard.put(sound._replace(time=clock.moment(sound.time)))
                if self._closed.is_set():
                    return
        except (av.FFmpegError, OSError) as error:
            log.debug("%s", error)

    def _opened_again(self) -> Any:
        """The microphone, once it can be opened; None when all is over before."""
        while not self._closed.wait(_WAIT):
            try:
                container = self._opened()
            except DeviceError as error:
                log.debug("%s", error)
            else:
                log.info("The microphone %s is back.", self._microphone.name)
                return container
        return None

    def _opened(self) -> Any:
        one = self._microphone
        try:
            container = open_video(one.address, one.format)
        except InputError as error:
            why = str(error).partition(": ")[2]
            raise DeviceError(f"The microphone {one.name!r} cannot be opened: {why}") from None
        if not container.streams.audio:
            container.close()
            raise DeviceError(f"The microphone {one.name!r} gives no sound.")
        return container


def _formats() -> tuple[str, ...]:
    if "ALSA_CONFIG_PATH" not in os.environ and _ALSA.exists():
        os.environ["ALSA_CONFIG_PATH"] = str(_ALSA)
    known = _FORMATS.get(sys.platform, _FORMATS["linux"])
    return tuple(format for format in known if format in av.formats_available)


def _devices(format: str) -> list[Any]:
    try:
        return list(av.enumerate_input_devices(format))
    except (av.FFmpegError, OSError, ValueError):  # no driver at all
        return []


def _hears(device: Any, format: str) -> bool:
    if format == "alsa":
        return str(device.name).startswith(_ALSA_DEVICES)
    return format == "pulse" or "audio" in [str(kind) for kind in device.media_types]
