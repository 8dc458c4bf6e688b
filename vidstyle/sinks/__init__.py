"""Where frames go: an address that people type -> a Sink."""

from __future__ import annotations

import sys
from pathlib import Path

from vidstyle.contracts import Sink, VideoInfo
from vidstyle.errors import OutputExists, UsageError, VidstyleError
from vidstyle.image import SUFFIXES
from vidstyle.sinks.codecs import CONTAINERS, Encoding
from vidstyle.sinks.pictures import NumberedSink, PhotoSink, is_numbered, numbered
from vidstyle.sinks.video import VideoSink


def open_sink(address: str, info: VideoInfo, encoding: Encoding, overwrite: bool = False) -> Sink:
    """The sink at `address` for frames as `info` describes them; it is opened by `with`.

    Raises:
        UsageError: a kind of file that cannot be written, or a place that is no folder.
        OutputExists: it is there already.
    """
    if address == "-":
        if sys.stdout is None:
            raise VidstyleError("Standard output is closed.")
        return VideoSink(sys.stdout.buffer, info, encoding)
    path = Path(address)
    check_output(address, overwrite)
    if is_numbered(path):
        return NumberedSink(path, info)
    if path.suffix.lower() in CONTAINERS:
        return VideoSink(path, info, encoding)
    if info.count != 1:
        raise UsageError(
            f"{address!r} holds one picture, and a video has many: write to a video file, or to "
            f"numbered pictures such as '{path.with_suffix('')}-%05d{path.suffix}'."
        )
    return PhotoSink(path, info)


def check_output(address: str, overwrite: bool = False) -> None:
    """Refuse at once what could not be written at the end.

    Raises:
        UsageError: a kind of file that cannot be written, or a place that is no folder.
        OutputExists: it is there already.
    """
    path = Path(address)
    known = sorted(set(CONTAINERS) | SUFFIXES)
    if path.is_dir():
        raise UsageError(f"{address!r} is a folder; a file is needed.")
    if path.suffix.lower() not in known:
        raise UsageError(f"{address!r} is no kind of file that can be written: {', '.join(known)}.")
    if is_numbered(path) and path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"{address!r} has a number, so it must be a kind of picture, such as .png."
        )
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {str(path.parent)!r} to write to.")
    taken = bool(numbered(path)) if is_numbered(path) else path.exists()
    if taken and not overwrite:
        raise OutputExists(f"{address!r} is there already; --overwrite replaces it.")


def check_picture(address: str, overwrite: bool = False) -> None:
    """Refuse at once what could not be written as one picture.

    Raises:
        UsageError: no kind of picture, or a place that is no folder.
        OutputExists: it is there already.
    """
    check_output(address, overwrite)
    if Path(address).suffix.lower() not in SUFFIXES:
        raise UsageError(f"{address!r} is no kind of picture: {', '.join(sorted(SUFFIXES))}.")
