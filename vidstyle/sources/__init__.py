"""Where frames come from: an address that people type -> a Source."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from vidstyle.avfile import is_url
from vidstyle.contracts import Source
from vidstyle.errors import InputError, UsageError
from vidstyle.image import MAX_PIXELS, SUFFIXES
from vidstyle.sources.photo import PhotoSource
from vidstyle.sources.video import Opening, VideoSource

DEFAULT_RATE = Fraction(25)  # of numbered pictures and raw video, as FFmpeg has it


@dataclass(frozen=True)
class Reading:
    """How to read a source, beside its address."""

    start: Fraction = Fraction(0)  # seconds from its beginning
    end: Fraction | None = None
    raw_size: tuple[int, int] | None = None  # height and width of raw RGB on standard input
    rate: Fraction | None = None  # frames a second, of numbered pictures and raw video
    max_pixels: int = MAX_PIXELS  # height x width above which a picture is refused
    device: str | None = None  # where Pixels are wanted, by torch's name; None: as numpy's
    sound: bool = False  # whether sound is decoded, too


def is_numbered(address: str) -> bool:
    """Whether `address` is a pattern of numbered pictures: frames/%05d.png."""
    return re.search(r"%0?\d*d", Path(address).name) is not None


def is_photo(address: str) -> bool:
    """Whether `address` is named like a single picture."""
    return (
        Path(address).suffix.lower() in SUFFIXES
        and not is_numbered(address)
        and not is_url(address)
    )


def open_source(address: str, reading: Reading) -> Source:
    """The source at `address`; it is opened by `with`."""
    if is_photo(address):
        return PhotoSource(Path(address), reading.max_pixels)
    return VideoSource(
        _opening(address, reading), reading.start, reading.end, reading.max_pixels, reading.device,
        reading.sound,
    )  # fmt: skip


def _opening(address: str, reading: Reading) -> Opening:
    rate = str(reading.rate or DEFAULT_RATE)
    if address == "-" and reading.raw_size is not None:
        height, width = reading.raw_size
        options = {"video_size": f"{width}x{height}", "pixel_format": "rgb24", "framerate": rate}
        return Opening(sys.stdin.buffer, "standard input", "rawvideo", options)
    if address == "-":
        return Opening(sys.stdin.buffer, "standard input", "yuv4mpegpipe")
    if reading.raw_size is not None:
        raise UsageError("--raw says what standard input holds; the input must then be '-'.")
    if is_numbered(address):
        options = {"framerate": rate, "start_number": str(_first_number(address))}
        return Opening(address, address, "image2", options)
    return Opening(address, address)


def _first_number(pattern: str) -> int:
    """The lowest number of the pictures that match `pattern`, which have no gap."""
    before, after = re.split(r"%0?\d*d", Path(pattern).name, maxsplit=1)
    name = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
    folder = Path(pattern).parent
    files = folder.iterdir() if folder.is_dir() else ()
    numbers = sorted(int(match[1]) for file in files if (match := name.fullmatch(file.name)))
    if not numbers:
        raise InputError(f"There is no picture that fits {pattern!r}.")
    for before_gap, after_gap in pairwise(numbers):
        if after_gap > before_gap + 1:  # FFmpeg would stop here, and say nothing
            raise InputError(
                f"The pictures {pattern!r} have a gap: after {before_gap} comes {after_gap}. "
                "Number them without one."
            )
    return numbers[0]
