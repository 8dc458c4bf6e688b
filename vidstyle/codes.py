"""Codes of styles: mixed, and kept in the user's cache folder, so that the next start is sooner."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vidstyle.contracts import Pixels, StyleCode
from vidstyle.folders import cache_folder


def mixed(codes: Sequence[StyleCode], shares: Sequence[float]) -> StyleCode:
    """The code between several, by the `share` of each; shares sum to 1."""
    if len(codes) == 1:
        return codes[0]
    parts: Any = zip(*codes, strict=True)
    return tuple(
        sum(share * part for share, part in zip(shares, several, strict=True)).astype(np.float32)
        for several in parts
    )


def kept_code(
    reader: tuple[str, Path], style: Pixels, read: Callable[[Pixels], StyleCode]
) -> StyleCode:
    """`read(style)`, or what it gave when the same reader last read that picture.

    Args:
        reader: the runtime's name and the graph that reads, as an ONNX file.
        style: the picture.
        read: reads it anew; gives arrays of numpy.
    """
    runtime, graph = reader
    state = graph.stat()  # where it lies, size and time stand for the graph: to hash it takes 20 ms
    named = f"{runtime} {graph.resolve()} {state.st_size} {state.st_mtime_ns} {style.shape}"
    key = hashlib.sha256(named.encode())
    key.update(style.tobytes())
    path = codes_folder() / f"{key.hexdigest()}.npz"
    try:
        with path.open("rb") as file, np.load(file) as kept:
            return tuple(kept.values())
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):  # not there, or damaged
        code = read(style)
    _keep(code, path)
    return code


def codes_folder() -> Path:
    """Where codes are kept, a file each."""
    return cache_folder() / "codes"


def _keep(code: StyleCode, path: Path) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            np.savez(file, *code)
        draft.replace(path)
    except OSError:  # a folder that cannot be written, a full disk: the next start is no sooner
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
