"""The worst moments of a clip, each with a picture of where it went wrong."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import shrink_to
from vidstyle.temporal.warping_error import Errors, Pair

HOTTEST = 0.25  # of 1: the change that a heat map shows brightest
_COUNT = 10
_APART = 0.5  # seconds: of moments that are nearer, the worst stands for all
_SIDE = 400  # pixels, of the longer side of each picture
_UNKNOWN = np.array((96, 96, 104), np.uint8)  # the color of pixels that could not be compared
_QUALITY = 80


@dataclass(frozen=True)
class Worst:
    """A moment at which a drawing changed more than its content."""

    frame: int  # of the content
    time: float  # seconds
    above: float  # 0..1, as in WarpingError, from the frame before to this one
    picture: bytes  # a JPEG: content, drawing and heat map side by side


class WorstMoments:
    """Keeps the ten worst of what it is offered, at least half a second apart."""

    def __init__(self) -> None:
        self._kept: list[Worst] = []

    def offer(self, frame: int, time: float, above: float, pair: Pair, errors: Errors) -> None:
        """Keep this moment if it is one of the worst so far."""
        beaten = [moment for moment in self._kept if abs(moment.time - time) < _APART]
        if not beaten and len(self._kept) == _COUNT:
            beaten = [min(self._kept, key=lambda moment: moment.above)]
        if above <= max((moment.above for moment in beaten), default=0.0):
            return
        self._kept = [moment for moment in self._kept if moment not in beaten]
        self._kept.append(Worst(frame, time, above, _picture(pair, errors)))

    @property
    def moments(self) -> tuple[Worst, ...]:
        """The worst first."""
        return tuple(sorted(self._kept, key=lambda moment: -moment.above))


def heat_map(errors: Errors) -> Pixels:
    """Where a drawing changed more than its content: uint8 [H, W, 3], black to yellow, grey where
    it could not be compared.
    """
    heat = np.rint(np.clip(errors.above / HOTTEST, 0, 1) * 255).astype(np.uint8)
    colors = cv2.cvtColor(cv2.applyColorMap(heat, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return np.where(errors.trusted[..., None], colors, _UNKNOWN)


def _picture(pair: Pair, errors: Errors) -> bytes:
    row = [shrink_to(pixels, _SIDE) for pixels in (*pair, heat_map(errors))]
    return _jpeg(np.hstack(row))


def _jpeg(pixels: HostArray) -> bytes:
    encoded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return encoded.tobytes()
