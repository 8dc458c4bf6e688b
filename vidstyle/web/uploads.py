"""Pictures that strangers send, decoded safely."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image as Pillow

from vidstyle.contracts import Pixels
from vidstyle.errors import InputError
from vidstyle.image import read_picture
from vidstyle.web.access import UPLOAD_PIXELS

_KINDS = ("JPEG", "PNG", "WEBP")


def decoded(data: bytes) -> Pixels:
    """The picture in `data`, of a kind that photographs have: Pillow knows riskier ones.

    Raises:
        InputError: it is none, or too large; names no file.
    """
    most = UPLOAD_PIXELS // 1_000_000
    refused = InputError(
        "That is no JPEG, PNG or WebP picture that can be read, or it has more than "
        f"{most} megapixels."
    )
    try:
        Pillow.open(io.BytesIO(data), formats=_KINDS).close()
    except (OSError, SyntaxError, ValueError):
        raise refused from None
    with tempfile.TemporaryDirectory(prefix="vidstyle-") as folder:
        path = Path(folder) / "style"
        path.write_bytes(data)
        try:
            return read_picture(path, UPLOAD_PIXELS).pixels
        except InputError:  # its message names the temporary file
            raise refused from None
