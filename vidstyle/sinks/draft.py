"""A file written beside its place and moved there at the end, so that nothing good is lost."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from vidstyle.errors import Interrupted, PartialResult, VidstyleError


class Draft:
    """The file while it is written: write to `path`, then `settle`."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.path = place.with_name(f".{place.stem}.{secrets.token_hex(4)}{place.suffix}")
        self.destination = str(place)

    def check(self) -> None:
        """Refuse at once what could not be written."""
        if not os.access(self._place.parent, os.W_OK):
            raise VidstyleError(f"The folder {str(self._place.parent)!r} cannot be written to.")

    def settle(self, error: type[BaseException] | None) -> None:
        """Move the file to where it belongs.

        That is its place when all went well; NAME.partial.SUFFIX when what there is shall be
        kept; nowhere after any other error: what was there before is still there.
        """
        if not self.path.exists():
            return
        if error is None:
            self.path.replace(self._place)
        elif keeps_part(error) and self.path.stat().st_size:
            partial = self._free_name()
            self.path.replace(partial)
            self.destination = str(partial)
        else:
            self.path.unlink()

    def _free_name(self) -> Path:
        """NAME.partial.SUFFIX, or numbered where an earlier one is kept."""
        stem, suffix = self._place.stem, self._place.suffix
        partial, number = self._place.with_name(f"{stem}.partial{suffix}"), 2
        while partial.exists():
            partial = self._place.with_name(f"{stem}.partial-{number}{suffix}")
            number += 1
        return partial


def keeps_part(error: type[BaseException]) -> bool:
    """Whether what has been written so far is kept after `error`."""
    return issubclass(error, Interrupted | PartialResult)
