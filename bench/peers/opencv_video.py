"""A clip read, drawn and written by OpenCV, one frame after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np


def drawn(clip: str, out: str, draw: Callable[[np.ndarray], np.ndarray]) -> Iterator[None]:
    """Write `clip` as `draw` draws its frames, BGR, uint8 [H, W, 3]; yields after each.

    What is written is MPEG-4, since the OpenCV of PyPI encodes no H.264.
    """
    source = cv2.VideoCapture(clip)
    width, height = (
        int(source.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    codec = cv2.VideoWriter_fourcc(*"mp4v")
    sink = cv2.VideoWriter(out, codec, source.get(cv2.CAP_PROP_FPS), (width, height))
    try:
        while (read := source.read())[0]:
            sink.write(draw(read[1]))
            yield
    finally:  # also where it ends early
        sink.release()
