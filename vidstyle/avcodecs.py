"""FFmpeg's encoders and decoders, in software and on hardware: which there are, and their ways."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, Literal

import av

from vidstyle.avfile import reason
from vidstyle.errors import DeviceError

_HARDWARE = ("amf", "cuvid", "nvenc", "qsv", "v4l2m2m", "vaapi", "videotoolbox", "vulkan")
_NEEDS_DEVICE = "av1"  # FFmpeg's own decoder, other than libdav1d
BY = " by "  # in the name of a decoder that a device helps


def on_hardware(name: str) -> bool:
    """Whether an encoder or decoder by FFmpeg's name works on a chip for video alone."""
    return name.endswith(_HARDWARE) or name == _NEEDS_DEVICE


def in_software(codec: str, mode: Literal["r", "w"]) -> list[str]:
    """FFmpeg's names of all that decode ("r") or encode ("w") `codec` on any machine."""
    return [name for name in _coders(codec, mode) if not on_hardware(name)]


def hardware_encoders(codecs: Sequence[str]) -> list[str]:
    """FFmpeg's names of those that it knows, whatever chip there is: "h264_nvenc"."""
    return [name for codec in codecs for name in _coders(codec, "w") if on_hardware(name)]


def hardware_decoders(codecs: Sequence[str]) -> list[str]:
    """Those that FFmpeg knows: "h264_cuvid", or "h264 by cuda" for its own, helped by a device."""
    found = []
    for codec in codecs:
        own: Any = av.Codec(codec, "r")
        ways = [way for way in own.hardware_configs if way.is_supported]
        found += [f"{codec}{BY}{way.device_type.name}" for way in ways]
        found += [name for name in _coders(codec, "r") if on_hardware(name) and name != codec]
    return found


@contextmanager
def explained() -> Iterator[None]:
    """What FFmpeg says of an error, which PyAV keeps quiet, is the message of a DeviceError."""
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture() as said:
            yield
    except Exception as error:
        first = said[0][2].strip() if said else ""  # those that follow say only that it failed
        raise DeviceError(first.rstrip(".") or reason(error)) from error
    finally:
        av.logging.set_level(None)


@contextmanager
def opening_an_encoder() -> Iterator[None]:
    """Threads that it starts, and the one that opens it, keep their usual priority.

    SVT-AV1, opened by root, makes all of them real-time threads (SCHED_FIFO, 99), beside which
    nothing else on the machine gets a core; and it speaks past FFmpeg.
    """
    os.environ.setdefault("SVT_LOG", "0")  # fatal errors only
    if sys.platform != "linux":
        yield
        return
    before = _threads()
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        for thread in {threading.get_native_id()} | _threads() - before:
            with suppress(OSError):  # it has ended, or nobody may change priorities here
                os.sched_setscheduler(thread, policy, parameters)


def _threads() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/task")}


def _coders(codec: str, mode: str) -> list[str]:
    return [name for name, kind, way in _all_coders() if (kind, way) == (codec, mode)]


@lru_cache
def _all_coders() -> list[tuple[str, str, str]]:
    """Name, codec and mode of all for video."""
    found = []
    for name in sorted(av.codecs_available):
        for mode in ("r", "w"):
            try:
                coder = av.Codec(name, mode)
            except ValueError:  # it goes the other way alone
                continue
            if coder.name == name and coder.type == "video":  # "h264" writes by libx264
                found.append((name, coder.canonical_name, mode))
    return found
