"""Pictures as files: one photograph, or a clip as numbered pictures."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from vidstyle.contracts import Frame, VideoInfo
from vidstyle.errors import VidstyleError
from vidstyle.image import SUFFIXES, read_picture, save_picture
from vidstyle.sinks.draft import Draft, keeps_part
from vidstyle.sinks.writing import writing


class PhotoSink:
    """Writes one picture, with the color profile and EXIF of the one it was drawn from."""

    notes: tuple[str, ...] = ()
    how = "one picture"

    def __init__(self, path: Path, info: VideoInfo) -> None:
        self._draft = Draft(path)
        self._origin = info.origin

    @property
    def destination(self) -> str:
        """Where the picture was written."""
        return self._draft.destination

    def __enter__(self) -> PhotoSink:
        self._draft.check()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._draft.settle(kind)

    def write(self, frame: Frame) -> None:
        """Write the picture."""
        extras = {}
        if self._origin is not None and Path(self._origin).suffix.lower() in SUFFIXES:
            extras = read_picture(self._origin).extras
        with writing(self._draft.path):
            save_picture(self._draft.path, frame.pixels, frame.alpha, extras)


class NumberedSink:
    """Writes frames as numbered pictures, from 1; all appear together at the end."""

    notes: tuple[str, ...] = ()
    how = "numbered pictures"

    def __init__(self, pattern: Path, info: VideoInfo) -> None:
        self._pattern = pattern
        self._written: list[Path] = []
        self.destination = str(pattern)

    def __enter__(self) -> NumberedSink:
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=".vidstyle-", dir=self._pattern.parent))
        except OSError:
            raise VidstyleError(
                f"The folder {str(self._pattern.parent)!r} cannot be written to."
            ) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        # Numbered pictures are whole one by one, so those of a broken run can be used as they are.
        if kind is None or keeps_part(kind):
            for path in self._written:
                path.replace(self._pattern.parent / path.name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, frame: Frame) -> None:
        """Write the next picture."""
        path = self._folder / (self._pattern.name % (len(self._written) + 1))
        with writing(self._pattern):
            save_picture(path, frame.pixels, frame.alpha)
        self._written.append(path)
