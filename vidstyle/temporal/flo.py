"""Middlebury's .flo files, in which most programs keep a flow.

Baker et al., "A database and evaluation methodology for optical flow", IJCV 2011,
https://vision.middlebury.edu/flow/. Little-endian: the number 202021.25, width, height, then x and
y of each pixel, row by row.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from vidstyle.errors import InputError
from vidstyle.temporal.flow import Flow

_HEAD = struct.Struct("<fii")
_TAG = 202021.25


def read_flo(path: Path) -> Flow:
    """The flow in a file: float32 [H, W, 2].

    Raises:
        InputError: it cannot be read, is no .flo file, or is cut off.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"There is no file or folder {str(path)!r} of known flow.") from None
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    tag, width, height = _HEAD.unpack_from(data) if len(data) >= _HEAD.size else (0, 0, 0)
    if tag != _TAG or width < 1 or height < 1:
        raise InputError(f"{str(path)!r} is no .flo file: it does not begin as they do.")
    wanted = _HEAD.size + 8 * width * height
    if len(data) != wanted:
        raise InputError(
            f"{str(path)!r} is damaged: a flow of {width}x{height} takes {wanted} bytes, and it "
            f"has {len(data)}."
        )
    flow = np.frombuffer(data, "<f4", offset=_HEAD.size).reshape(height, width, 2)
    return flow.astype(np.float32)


def write_flo(path: Path, flow: Flow) -> None:
    """Write a flow, float32 [H, W, 2], to `path`."""
    height, width = flow.shape[:2]
    path.write_bytes(_HEAD.pack(_TAG, width, height) + flow.astype("<f4").tobytes())
