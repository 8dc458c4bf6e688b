"""What a failed write means, in one line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av

from vidstyle.avfile import reason
from vidstyle.errors import VidstyleError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def writing(place: Any) -> Iterator[None]:
    """Turn the errors of a write to `place` into a VidstyleError that says what to do."""
    try:
        yield
    except BrokenPipeError:
        raise VidstyleError("The reader of standard output has gone.") from None
    except (OSError, av.FFmpegError) as error:
        if error.errno in _FULL:
            raise VidstyleError(
                f"There is no room left to write {str(place)!r}: free some, or write elsewhere."
            ) from None
        raise VidstyleError(f"{str(place)!r} cannot be written: {reason(error)}.") from None
