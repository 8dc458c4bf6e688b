"""A photograph: a video of one frame."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from vidstyle.contracts import Color, Frame, VideoInfo
from vidstyle.image import Picture, read_picture


class PhotoSource:
    """Reads one picture, upright."""

    lost = 0
    decoder = "software"

    def __init__(self, path: Path, max_pixels: int) -> None:
        self._path = path
        self._max_pixels = max_pixels
        self._picture: Picture

    def __enter__(self) -> PhotoSource:
        self._picture = read_picture(self._path, self._max_pixels)
        height, width = self._picture.pixels.shape[:2]
        self.info = VideoInfo(
            width,
            height,
            count=1,
            color=Color(matrix=0, full_range=True, transfer=13),
            layout="rgb",
            alpha=self._picture.alpha is not None,
            origin=str(self._path),
        )
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __iter__(self) -> Iterator[Frame]:
        yield Frame(self._picture.pixels, Fraction(0), None, 0, self._picture.alpha)
