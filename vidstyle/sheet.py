"""Contact sheets: pictures in rows, each with its name below."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

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

_PAPER, _INK = (250, 250, 248), (40, 40, 40)
_GAP, _LABEL = 12, 30  # pixels between cells, and below each for its name


def contact_sheet(
    pictures: Sequence[tuple[str, Pixels]], columns: int = 4, cell: tuple[int, int] = (240, 320)
) -> Pixels:
    """Pictures by name in rows, each fitted into a cell of (height, width) pixels."""
    rows = -(-len(pictures) // columns)
    height = rows * (cell[0] + _LABEL + _GAP) + _GAP
    width = columns * (cell[1] + _GAP) + _GAP
    paper = Pillow.new("RGB", (width, height), _PAPER)
    pen, font = ImageDraw.Draw(paper), ImageFont.load_default(16)
    for place, (name, pixels) in enumerate(pictures):
        top = _GAP + place // columns * (cell[0] + _LABEL + _GAP)
        left = _GAP + place % columns * (cell[1] + _GAP)
        scale = min(cell[0] / pixels.shape[0], cell[1] / pixels.shape[1])
        fitted = resize(pixels, *(max(1, round(side * scale)) for side in pixels.shape[:2]))
        offset = left + (cell[1] - fitted.shape[1]) // 2, top + (cell[0] - fitted.shape[0]) // 2
        paper.paste(Pillow.fromarray(fitted), offset)
        pen.text((left + cell[1] / 2, top + cell[0] + 5), name, fill=_INK, font=font, anchor="ma")
    return np.asarray(paper)


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
