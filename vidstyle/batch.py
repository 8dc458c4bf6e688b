"""A folder of photographs to a folder: each at its own size, under its own name."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vidstyle.contracts import OnStep
from vidstyle.direction import Direction
from vidstyle.errors import InputError, OutputExists, PartialResult, UsageError
from vidstyle.image import SUFFIXES
from vidstyle.job import Job
from vidstyle.session import drawing_of, run
from vidstyle.sinks import check_picture
from vidstyle.sinks.writing import writing
from vidstyle.sources import Reading
from vidstyle.stylizer import load_stylizer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FolderSummary:
    """What became of a folder."""

    output: str
    photographs: int
    failed: tuple[str, ...]  # names of those that could not be drawn


def run_folder(
    job: Job,
    on_photo: Callable[[int, int], None] | None = None,
    on_step: OnStep | None = None,
) -> FolderSummary:
    """Draw every photograph in the folder `job.source` into the folder `job.sink`.

    Args:
        job: the settings; `source` is a folder, `sink` one that exists or will be made.
        on_photo: called after each with how many are done and how many there are.
        on_step: told of each step, where a network draws step by step.

    Raises:
        UsageError: the two folders are one, or the output is no folder.
        OutputExists: photographs of these names are there already.
        InputError: no photograph in the folder, or none that can be drawn.
        PartialResult: some could not be drawn; the others are there.
    """
    source, sink = Path(job.source), Path(job.sink)
    photos = photos_in(source)
    _check(job, source, sink, photos)
    stylizer = load_stylizer(drawing_of(job))
    with Direction(job, stylizer, Reading()):
        pass  # a style that cannot be read is no photograph's fault
    with writing(sink):
        sink.mkdir(parents=True, exist_ok=True)
    failed = []
    for done, photo in enumerate(photos, 1):
        one = replace(job, source=str(photo), sink=str(sink / photo.name), progress_picture=None)
        try:
            run(one, stylizer=stylizer, on_step=on_step)
        except (InputError, UsageError) as error:
            log.warning("%s", error)
            failed.append(photo.name)
        if on_photo is not None:
            on_photo(done, len(photos))
    if failed:
        _say_failed(failed, len(photos), sink)
    return FolderSummary(str(sink), len(photos), tuple(failed))


def _check(job: Job, source: Path, sink: Path, photos: list[Path]) -> None:
    """Refuse what cannot end well before anything is drawn."""
    if job.sink == "-" or (sink.suffix and not sink.is_dir()):
        raise UsageError(
            f"{job.source!r} is a folder, so the output must be one, not {job.sink!r}."
        )
    if sink.exists() and sink.samefile(source):
        raise UsageError(f"{job.sink!r} is the input itself; write to another folder.")
    if job.progress_picture is not None:  # checked once: the first photograph writes it
        check_picture(job.progress_picture, job.overwrite)
    there = [photo.name for photo in photos if (sink / photo.name).exists()]
    if there and not job.overwrite:
        raise OutputExists(
            f"{len(there)} of {len(photos)} photographs are in {job.sink!r} already, "
            f"{there[0]!r} for one; --overwrite replaces them."
        )


def _say_failed(failed: list[str], count: int, sink: Path) -> None:
    names = ", ".join(failed[:5]) + (", …" if len(failed) > 5 else "")
    message = f"{len(failed)} of {count} photographs could not be drawn: {names}."
    if len(failed) < count:
        raise PartialResult(message)
    if not any(sink.iterdir()):
        sink.rmdir()
    raise InputError(message)


def photos_in(folder: Path) -> list[Path]:
    """The photographs in a folder, by name.

    Raises:
        InputError: there is none.
    """
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not photos:
        raise InputError(f"There is no photograph in the folder {str(folder)!r}.")
    return photos
