"""A folder of photographs to a folder: each at its own size, under its own name."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vidstyle.errors import InputError, PartialResult, UsageError
from vidstyle.image import SUFFIXES
from vidstyle.job import Job
from vidstyle.session import drawing_of, run
from vidstyle.stylizer import load_stylizer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FolderSummary:
    """What became of a folder."""

    output: str
    photographs: int
    failed: tuple[str, ...]  # names of those that could not be drawn


def run_folder(job: Job, on_photo: Callable[[int, int], None] | None = None) -> FolderSummary:
    """Draw every photograph in the folder `job.source` into the folder `job.sink`.

    Args:
        job: the settings; `source` is a folder, `sink` one that exists or will be made.
        on_photo: called after each with how many are done and how many there are.

    Raises:
        UsageError: the two folders are one, or the output is no folder.
        InputError: no photograph in the folder.
        PartialResult: some could not be drawn; the others are there.
    """
    source, sink = Path(job.source), Path(job.sink)
    photos = photos_in(source)
    if sink.exists() and not sink.is_dir():
        raise UsageError(
            f"{job.source!r} is a folder, so the output must be one; {job.sink!r} is a file."
        )
    if sink.exists() and sink.samefile(source):
        raise UsageError(f"{job.sink!r} is the input itself; write to another folder.")
    stylizer = load_stylizer(drawing_of(job))
    stylizer.look(job.style)  # a style that cannot be read is no photograph's fault
    sink.mkdir(parents=True, exist_ok=True)
    failed = []
    for done, photo in enumerate(photos, 1):
        try:
            run(replace(job, source=str(photo), sink=str(sink / photo.name)), stylizer=stylizer)
        except (InputError, UsageError) as error:
            log.warning("%s", error)
            failed.append(photo.name)
        if on_photo is not None:
            on_photo(done, len(photos))
    if failed:
        raise PartialResult(
            f"{len(failed)} of {len(photos)} photographs could not be drawn: {', '.join(failed[:5])}"
            f"{', …' if len(failed) > 5 else ''}."
        )
    return FolderSummary(str(sink), len(photos), tuple(failed))


def photos_in(folder: Path) -> list[Path]:
    """The photographs in a folder, by name.

    Raises:
        InputError: there is none.
    """
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not photos:
        raise InputError(f"There is no photograph in the folder {str(folder)!r}.")
    return photos
