"""Contact sheets: of the styles that come along, and of one frame drawn in each of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from vidstyle.contact_sheet import contact_sheet
from vidstyle.contracts import Frame, Pixels, VideoInfo
from vidstyle.image import resize, to_uint8
from vidstyle.job import Job
from vidstyle.session import drawing_of, reading_of
from vidstyle.sinks import check_picture
from vidstyle.sinks.pictures import PhotoSink
from vidstyle.sources import open_source
from vidstyle.styles import bundled_styles, read_style
from vidstyle.stylizer import load_stylizer
from vidstyle.weights import models

log = logging.getLogger(__name__)


def styles_sheet(path: str, overwrite: bool = False) -> None:
    """Write a contact sheet of the styles that come with vidstyle."""
    check_picture(path, overwrite)
    styles = bundled_styles().values()
    _save(path, contact_sheet([(s.name, read_style(s.name)) for s in styles]))


def preview(job: Job, every_network: bool = False) -> int:
    """Write one frame of `job.source`, at `job.start`, drawn in each style of `job`, unmixed.

    Args:
        job: what to read, draw with and write.
        every_network: beside each style, its drawings by all networks that are here and that do
            not optimize, not by `job.network` alone.

    Returns:
        How many drawings the sheet shows.
    """
    check_picture(job.sink, job.overwrite)
    assert job.timeline is not None
    styles = {name: read_style(name) for name in job.timeline.styles}
    with open_source(job.source, reading_of(job)) as source:
        frame = next(iter(source))
        info = job.drawn_info(source.info)
    content = resize(to_uint8(frame.pixels), info.height, info.width)
    cell = max(1, min(480, round(320 * info.height / info.width))), 320
    if not every_network:
        drawn = _drawings(job, content, styles)
        _save(job.sink, contact_sheet([("content", content), *drawn.items()], cell=cell))
        return len(drawn)
    columns = {}
    for model in models():
        if model.header.optimizes:
            log.info(
                "%s is left out, since each of its drawings takes long; alone it is drawn by: "
                "vidstyle preview … --network %s --style …", model.name, model.name,
            )  # fmt: skip
        elif not model.header.styles:  # which it knows by heart: it reads no others
            columns[model.name] = _drawings(replace(job, network=model.name), content, styles)
    rows = [
        [(name, style), *((network, drawn[name]) for network, drawn in columns.items())]
        for name, style in styles.items()
    ]
    _save(job.sink, contact_sheet(sum(rows, []), 1 + len(columns), cell))
    return len(styles) * len(columns)


def _drawings(job: Job, content: Pixels, styles: Mapping[str, Pixels]) -> dict[str, Pixels]:
    """`content` drawn in each of `styles`."""
    stylizer = load_stylizer(drawing_of(job))
    return {
        name: stylizer(content, stylizer.look(style, job.strength))
        for name, style in styles.items()
    }


def _save(path: str, pixels: Pixels) -> None:
    with PhotoSink(Path(path), VideoInfo(pixels.shape[1], pixels.shape[0])) as sink:
        sink.write(Frame(pixels, Fraction(0), None, 0))
