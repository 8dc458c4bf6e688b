"""Reports that a command writes into files."""

from __future__ import annotations

from pathlib import Path

from vidstyle.errors import OutputExists, UsageError


def check_file(address: str, inputs: tuple[str, ...], overwrite: bool) -> None:
    """Refuse at once what could not be written at the end.

    Raises:
        UsageError: it is no file in a folder, or one of the `inputs`.
        OutputExists: it is there already.
    """
    path = Path(address)
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"{address!r} cannot be written: it needs a file's name in a folder.")
    if path.resolve() in (Path(name).resolve() for name in inputs):
        raise UsageError(f"{address!r} is an input itself; write to another file.")
    if path.exists() and not overwrite:
        raise OutputExists(f"{address!r} is there already; --overwrite replaces it.")
