"""FFmpeg alone, decoding and encoding without drawing: what no stylization can be faster than."""

from __future__ import annotations

from collections.abc import Iterator

from peers import h264


def stylize(clip: str, style: str, out: str) -> Iterator[None]:
    """Write `clip` anew, in no style; yields after each frame."""
    with h264.writing(clip, out) as write:
        for frame in h264.frames(clip):
            write(frame)
            yield
