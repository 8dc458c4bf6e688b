"""A file written beside its place and moved there at the end, so that nothing good is lost."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from vidstyle.errors import Interrupted, PartialResult, VidstyleError
from vidstyle.sinks.writing import writing


class Draft:
    """The file while it is written: write to `path`, then `settle`."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.path = place.with_name(f".vidstyle-{secrets.token_hex(4)}{place.suffix}")
        self.destination = str(place)

    def check(self) -> None:
        """Refuse at once what could not be written."""
        check_folder(self._place.parent)

    def settle(self, error: BaseException | None) -> None:
        """Move the file to where it belongs.

        That is its place when all went well; NAME.partial.SUFFIX when what there is shall be
        kept, and the error says so; nowhere after any other error: what was there before is still
        there.
        """
        if error is not None and not (keeps_part(error) and self.path.exists()):
            self.path.unlink(missing_ok=True)
            return
        goal = self._place if error is None else partial_name(self._place)
        try:
            with writing(goal):
                self.path.replace(goal)
        finally:
            self.path.unlink(missing_ok=True)
        self.destination = str(goal)
        if isinstance(error, VidstyleError):
            error.kept = self.destination


def write_text(place: Path, text: str) -> None:
    """Write a file; what was there before is replaced only when all is written.

    Raises:
        VidstyleError: it cannot be written.
    """
    draft = Draft(place)
    try:
        with writing(place):
            draft.path.write_text(text, "utf-8")
    except BaseException as error:
        draft.settle(error)
        raise
    draft.settle(None)


def check_folder(folder: Path) -> None:
    """Refuse at once a folder that cannot be written to.

    Raises:
        VidstyleError: it is not there, or not ours.
    """
    if not os.access(folder, os.W_OK):
        raise VidstyleError(f"The folder {str(folder)!r} cannot be written to.")


def keeps_part(error: BaseException) -> bool:
    """Whether what has been written so far is kept after `error`."""
    return isinstance(error, Interrupted | PartialResult)


def partial_name(place: Path) -> Path:
    """NAME.partial.SUFFIX, or numbered where an earlier one is kept."""
    partial, number = place.with_name(f"{place.stem}.partial{place.suffix}"), 2
    while partial.exists():
        partial = place.with_name(f"{place.stem}.partial-{number}{place.suffix}")
        number += 1
    return partial
