"""Pictures as files: one photograph, or a clip as numbered pictures."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Self

from vidstyle.contracts import ErrorType, Frame, VideoInfo
from vidstyle.image import SUFFIXES, read_picture, save_picture
from vidstyle.sinks.draft import Draft, check_folder, keeps_part
from vidstyle.sinks.writing import writing

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"%(0?\d*)d")


class PhotoSink:
    """Writes one picture, with the color profile and EXIF of the one it was drawn from."""

    notes: tuple[str, ...] = ()
    takes_tensors = False
    how = "one picture"

    def __init__(self, path: Path, info: VideoInfo) -> None:
        self._draft = Draft(path)
        self._origin = info.origin

    @property
    def destination(self) -> str:
        """Where the picture was written."""
        return self._draft.destination

    def __enter__(self) -> Self:
        self._draft.check()
        return self

    def __exit__(self, kind: ErrorType, error: Any, trace: Any) -> None:
        self._draft.settle(error)

    def write(self, frame: Frame) -> None:
        """Write the picture."""
        extras = {}
        if self._origin is not None and Path(self._origin).suffix.lower() in SUFFIXES:
            extras = read_picture(self._origin).extras
        with writing(self.destination):
            save_picture(self._draft.path, frame.pixels, frame.alpha, extras)


class NumberedSink:
    """Writes frames as numbered pictures, from 1; all appear together at the end."""

    notes: tuple[str, ...] = ()
    takes_tensors = False
    how = "numbered pictures"

    def __init__(self, pattern: Path, info: VideoInfo) -> None:
        self._pattern = pattern
        self._count = 0
        self.destination = str(pattern)

    def __enter__(self) -> Self:
        check_folder(self._pattern.parent)
        with writing(self._pattern):
            self._folder = Path(tempfile.mkdtemp(prefix=".vidstyle-", dir=self._pattern.parent))
        return self

    def __exit__(self, kind: ErrorType, error: Any, trace: Any) -> None:
        try:
            if error is None:
                self._move(self._pattern)
            elif keeps_part(error) and self._count:
                stem, suffix = self._pattern.stem, self._pattern.suffix
                self._move(self._pattern.with_name(f"{stem}.partial{suffix}"))
                error.kept = self.destination
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, frame: Frame) -> None:
        """Write the next picture."""
        self._count += 1
        with writing(self._pattern):
            save_picture(self._drawn(self._count), frame.pixels, frame.alpha)

    def _drawn(self, number: int) -> Path:
        return self._folder / _name(self._pattern, number)

    def _move(self, goal: Path) -> None:
        with writing(goal):
            for number in range(1, self._count + 1):
                self._drawn(number).replace(goal.with_name(_name(goal, number)))
        older = len(numbered(goal)) - self._count
        if older > 0:
            log.warning("%d older pictures that fit %r are there still.", older, str(goal))
        self.destination = str(goal)


def is_numbered(path: Path) -> bool:
    """Whether `path` names numbered pictures: frames/%05d.png."""
    return len(_NUMBER.findall(path.name)) == 1


def numbered(pattern: Path) -> list[Path]:
    """The pictures that are there and fit `pattern`."""
    before, _, after = _NUMBER.split(pattern.name)
    name = re.compile(re.escape(before) + r" *\d+" + re.escape(after))
    return [path for path in pattern.parent.iterdir() if name.fullmatch(path.name)]


def _name(pattern: Path, number: int) -> str:
    return _NUMBER.sub(lambda place: format(number, f"{place[1]}d"), pattern.name)
