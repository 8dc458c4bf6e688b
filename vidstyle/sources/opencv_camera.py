"""A camera read by OpenCV, where FFmpeg cannot open it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Self

import cv2

from vidstyle.contracts import ErrorType, Frame, VideoInfo
from vidstyle.errors import InputError, PartialResult


class OpenCVCamera:
    """Gives frames without times: each counts as coming at the camera's rate.

    Args:
        number: of the camera.
        fps: frames a second to ask it for.
        size: height and width to ask it for; None leaves it to the camera.
    """

    decoder, lost = "software", 0

    def __init__(self, number: int, fps: float, size: tuple[int, int] | None) -> None:
        self._number, self._fps, self._size = number, fps, size

    def __enter__(self) -> Self:
        self._camera = cv2.VideoCapture(self._number)
        self._camera.set(cv2.CAP_PROP_FPS, self._fps)
        self._camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # what lies in a queue is late
        if self._size is not None:
            self._camera.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[0])
            self._camera.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[1])
        there, picture = self._camera.read()
        if not there:
            self._camera.release()
            raise InputError(f"Camera {self._number} gives no picture.")
        height, width = picture.shape[:2]
        self.info = VideoInfo(width, height, rate=Fraction(self._fps).limit_denominator(1001))
        return self

    def __exit__(self, kind: ErrorType, error: Any, trace: Any, /) -> None:
        self._camera.release()

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        while True:
            there, picture = self._camera.read()
            if not there:
                raise PartialResult(f"Camera {self._number} gives no more pictures.")
            time = Fraction(index) / Fraction(self._fps)
            yield Frame(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), time, None, index)
            index += 1
