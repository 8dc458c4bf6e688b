"""Where live pictures go: an address that people type -> a LiveSink."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vidstyle.avfile import is_url
from vidstyle.errors import MissingPackage, UsageError
from vidstyle.live.outlets import LiveSink, Nowhere
from vidstyle.live.recording import Recording, Stream
from vidstyle.sinks import check_output
from vidstyle.sinks.codecs import CONTAINERS


def open_live_sink(address: str, styles: Sequence[str], overwrite: bool = False) -> LiveSink:
    """The sink at `address`: "window", "camera", "camera:NAME", "null", a file, or a server.

    Args:
        address: which.
        styles: that a window's keys go through.
        overwrite: whether a file that is there is replaced.

    Raises:
        UsageError: nothing can be written there.
        MissingPackage: what it needs is not installed.
    """
    kind, _, device = address.partition(":")
    if address == "null":
        return Nowhere()
    if address == "window":
        return _window(styles)
    if kind == "camera":
        return _camera(device or None)
    if is_url(address):
        return Stream(address)
    if Path(address).suffix.lower() not in CONTAINERS:
        raise UsageError(
            f"{address!r} is nothing that live video goes to: window, camera, null, an address "
            f"such as rtmp://host/key, or a file ({', '.join(CONTAINERS)})."
        )
    check_output(address, overwrite)
    return Recording(Path(address), overwrite)


def _window(styles: Sequence[str]) -> LiveSink:
    try:
        from vidstyle.live.window import Window
    except ModuleNotFoundError as missing:
        raise MissingPackage(
            f"A window needs the package {missing.name!r}: pip install 'vidstyle[window]'."
        ) from missing
    return Window(styles, Path())


def _camera(device: str | None) -> LiveSink:
    try:
        from vidstyle.live.virtual_camera import VirtualCamera
    except ModuleNotFoundError as missing:
        raise MissingPackage(
            f"A virtual camera needs the package {missing.name!r}: pip install 'vidstyle[camera]'."
        ) from missing
    return VirtualCamera(device)
