"""Cameras by number or by name, on each system."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fractions import Fraction

import av

from vidstyle.errors import DeviceError
from vidstyle.sources.video import Opening

_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}


@dataclass(frozen=True)
class Camera:
    """One that the system knows."""

    number: int
    name: str
    address: str  # as FFmpeg opens it


def cameras() -> list[Camera]:
    """All that are plugged in, as far as the system says."""
    try:
        found = av.enumerate_input_devices(_format())
    except (av.FFmpegError, OSError, ValueError):  # no driver at all
        return []
    seen = [device for device in found if "video" in _kinds(device)]
    return [
        Camera(number, device.description or device.name, device.name)
        for number, device in enumerate(seen)
    ]


def find_camera(wanted: str) -> Camera:
    """The camera of a number, or of a name or a part of it.

    Raises:
        DeviceError: there is none, or several fit.
    """
    known = cameras()
    if wanted.isdigit():
        fitting = [camera for camera in known if camera.number == int(wanted)]
    else:
        same = [camera for camera in known if wanted in (camera.name, camera.address)]
        fitting = same or [camera for camera in known if wanted.lower() in camera.name.lower()]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"{camera.number} ({camera.name})" for camera in fitting or known)
    if fitting:
        raise DeviceError(f"Several cameras are called {wanted!r}: {listed}. Give its number.")
    there = f"There are: {listed}." if known else "None is plugged in, or none may be used."
    raise DeviceError(f"There is no camera {wanted!r}. {there}")


def opening_of(camera: Camera, fps: float, size: tuple[int, int] | None) -> Opening:
    """How FFmpeg opens it.

    Args:
        camera: which.
        fps: frames a second to ask it for.
        size: height and width to ask it for; None leaves it to the camera.
    """
    options = {"framerate": str(Fraction(fps).limit_denominator(1001))}
    if size is not None:
        options["video_size"] = f"{size[1]}x{size[0]}"
    address = f"video={camera.address}" if _format() == "dshow" else camera.address
    return Opening(address, f"camera {camera.number} ({camera.name})", _format(), options)


def _format() -> str:
    return _FORMATS.get(sys.platform, "v4l2")


def _kinds(device: av.DeviceInfo) -> str:
    return " ".join(str(kind) for kind in device.media_types) or "video"
