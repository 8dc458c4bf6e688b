"""What TensorRT measured while it built, kept for the next build, with a checksum of its own.

A file of these that is damaged ends the process that reads it.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from vidstyle.export.cache import write_whole

log = logging.getLogger(__name__)

_CHECKSUM = 32  # bytes, before the rest


def read_timings(path: Path) -> bytes:
    """What the file keeps; nothing where there is none, or it is damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return b""
    checksum, timings = content[:_CHECKSUM], content[_CHECKSUM:]
    if hashlib.sha256(timings).digest() != checksum:
        log.warning("%r is damaged; what earlier builds measured is measured anew.", str(path))
        return b""
    return timings


def write_timings(path: Path, timings: bytes) -> None:
    """Keep them, where the folder can be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole({path: hashlib.sha256(timings).digest() + timings})
    except OSError as error:
        log.warning("%r cannot be written: %s.", str(path), error)
