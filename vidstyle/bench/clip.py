"""The clip that is drawn where none is given: a walk across a painting, with film's grain.

It is made anew each time, the same everywhere, so that an installed vidstyle needs no sample file.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from vidstyle.contracts import Frame, Pixels, VideoInfo
from vidstyle.sinks import open_sink
from vidstyle.sinks.codecs import Encoding
from vidstyle.styles import read_style

RATE = 25  # frames a second
_PAINTING = "great-wave"
_GRAIN = 3.0  # levels of 255, a standard deviation
_SHIFT = 64  # pixels by which the grain is moved at most, so that it is another in each frame


def make_clip(path: Path, width: int, height: int, frames: int) -> Path:
    """Write an H.264 clip of that size, 25 frames a second."""
    info = VideoInfo(width, height, Fraction(RATE), frames)
    painting, grain = read_style(_PAINTING), _grain(height + _SHIFT, width + _SHIFT)
    with open_sink(str(path), info, Encoding(crf=20, preset="veryfast"), overwrite=True) as sink:
        for number in range(frames):
            x, y = 37 * number % _SHIFT, 23 * number % _SHIFT
            grains = grain[y : y + height, x : x + width]
            pixels = cv2.add(_view(painting, number, width, height), grains, dtype=cv2.CV_8U)
            sink.write(Frame(pixels, Fraction(number, RATE), Fraction(1, RATE), number))
    return path


def _view(painting: Pixels, number: int, width: int, height: int) -> Pixels:
    """What is seen then: a circle is walked in eight seconds, nearer and farther."""
    turn = 2 * np.pi * number / (8 * RATE)
    rows, columns = painting.shape[:2]
    scale = min(rows / height, columns / width) * (0.6 + 0.1 * np.sin(turn))
    x = columns / 2 + 0.12 * columns * np.cos(turn) - scale * width / 2
    y = rows / 2 + 0.12 * rows * np.sin(turn) - scale * height / 2
    places = np.array([[scale, 0, x], [0, scale, y]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        painting, places, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT
    )


def _grain(height: int, width: int) -> Pixels:
    normal = np.random.default_rng(0).standard_normal((height, width, 3), np.float32)
    return np.rint(_GRAIN * normal).astype(np.int16)
