"""A clip read by FFmpeg, and written as H.264 with the settings that vidstyle has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import av
import numpy as np

QUALITY = {"crf": "17", "preset": "veryfast"}  # what vidstyle takes when nothing is asked for


def frames(clip: str) -> Iterator[av.VideoFrame]:
    """The frames of a clip, decoded on all cores."""
    with av.open(clip) as source:
        source.streams.video[0].thread_type = "AUTO"
        yield from source.decode(video=0)


@contextmanager
def writing(clip: str, out: str) -> Iterator[Callable[[Any], None]]:
    """A function that writes the next frame: an av.VideoFrame, or RGB, uint8 [H, W, 3].

    `out` gets the size and the rate of `clip`.
    """
    with av.open(clip) as source:
        theirs = source.streams.video[0]
        width, height, rate = theirs.width, theirs.height, theirs.average_rate
    with av.open(out, "w") as sink:
        stream = sink.add_stream("libx264", rate=rate, options=QUALITY)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"

        def write(frame: Any) -> None:
            if isinstance(frame, np.ndarray):
                frame = av.VideoFrame.from_ndarray(frame, format="rgb24")
            frame.pts = None
            sink.mux(stream.encode(frame))

        try:
            yield write
        finally:  # also where it ends early
            sink.mux(stream.encode(None))
