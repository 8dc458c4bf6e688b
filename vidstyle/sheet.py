"""Contact sheets: of the styles that come along, and of one frame drawn in each of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from vidstyle.contact_sheet import contact_sheet
from vidstyle.contracts import Frame, Pixels, VideoInfo
from vidstyle.errors import UsageError
from vidstyle.image import SUFFIXES, resize, to_uint8
from vidstyle.job import Job
from vidstyle.session import drawing_of, reading_of
from vidstyle.sinks import check_output
from vidstyle.sinks.pictures import PhotoSink
from vidstyle.sources import open_source
from vidstyle.styles import bundled_styles, read_style
from vidstyle.stylizer import load_stylizer


def styles_sheet(path: str, overwrite: bool = False) -> None:
    """Write a contact sheet of the styles that come with vidstyle."""
    _check(path, overwrite)
    styles = bundled_styles().values()
    _save(path, contact_sheet([(s.name, read_style(s.name)) for s in styles]))


def preview(job: Job) -> int:
    """Write one frame of `job.source`, at `job.start`, drawn in every style that comes along.

    Returns:
        How many styles the sheet shows.
    """
    _check(job.sink, job.overwrite)
    with open_source(job.source, reading_of(job)) as source:
        frame = next(iter(source))
        info = job.drawn_info(source.info)
    content = resize(to_uint8(frame.pixels), info.height, info.width)
    stylizer = load_stylizer(drawing_of(job))
    drawn = [
        (name, stylizer(content, stylizer.look(name, job.strength))) for name in bundled_styles()
    ]
    cell = max(1, min(480, round(320 * info.height / info.width))), 320
    _save(job.sink, contact_sheet([("content", content), *drawn], cell=cell))
    return len(drawn)


def _check(path: str, overwrite: bool) -> None:
    check_output(path, overwrite)
    if Path(path).suffix.lower() not in SUFFIXES:
        raise UsageError(f"A sheet is a picture: {', '.join(sorted(SUFFIXES))}; got {path!r}.")


def _save(path: str, pixels: Pixels) -> None:
    with PhotoSink(Path(path), VideoInfo(pixels.shape[1], pixels.shape[0])) as sink:
        sink.write(Frame(pixels, Fraction(0), None, 0))
