"""Masks: where is drawn. A picture, or a clip that runs along with the source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from fractions import Fraction
from typing import Self

import cv2
import numpy as np

from vidstyle.contracts import ErrorType, Frame, HostArray, Pixels
from vidstyle.errors import InputError
from vidstyle.image import resize
from vidstyle.sources import Reading, open_source


class Mask:
    """How much is drawn at each pixel. Opened by `with`.

    Args:
        file: a picture or clip: drawn where it is white, not where it is black or transparent.
        reading: from where to where a clip is read: as its source is.
        feather: pixels by which edges are softened (a Gaussian's deviation).

    Raises:
        InputError: no such file, or one that holds no picture.
    """

    def __init__(self, file: str, reading: Reading, feather: float) -> None:
        self._file, self._reading, self._feather = file, reading, feather
        self._open = ExitStack()
        self._shares: HostArray | None = None  # of the frame that is seen, as `_key` says
        self._key: tuple[int, int, int] | None = None  # its number, and the size made of it

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            source = opening.enter_context(open_source(self._file, self._reading))
            self._frames: Iterator[Frame] = opening.enter_context(closing(iter(source)))  # type: ignore[type-var]
            first = next(self._frames, None)
            if first is None:
                raise InputError(f"The mask {self._file!r} has no picture.")
            self._seen, self._next, self._start = first, next(self._frames, None), first.time
            self._open = opening.pop_all()
        return self

    def __exit__(self, kind: ErrorType, error: object, trace: object, /) -> None:
        self._open.close()

    def at(self, seconds: Fraction, height: int, width: int) -> HostArray:
        """Shares 0..1 of the drawing, float32 [H, W, 1], `seconds` after the first frame.

        A clip that is shorter than the source stays at its last frame. Times only rise.
        """
        while self._next is not None and self._next.time - self._start <= seconds:
            self._seen, self._next = self._next, next(self._frames, None)
        if self._shares is None or self._key != (self._seen.index, height, width):
            self._shares = self._soft(self._seen, height, width)
            self._key = self._seen.index, height, width
        return self._shares

    def _soft(self, frame: Frame, height: int, width: int) -> HostArray:
        gray = frame.pixels.mean(2, dtype=np.float32) / np.iinfo(frame.pixels.dtype).max
        if frame.alpha is not None:
            gray *= frame.alpha / np.float32(255)
        shares = resize(gray, height, width).clip(0, 1)
        if self._feather:
            shares = cv2.GaussianBlur(shares, (0, 0), self._feather)
        return shares[..., None]


def laid_over(below: Pixels, above: Pixels, shares: HostArray) -> Pixels:
    """`above` where `shares` [H, W, 1] are 1, `below` where they are 0."""
    blended = below + shares * (above.astype(np.float32) - below)
    return np.rint(blended).astype(below.dtype)
