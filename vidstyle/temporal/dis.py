"""Flow by dense inverse search, in OpenCV on the CPU: the default.

Kroeger, Timofte, Dai, Van Gool, "Fast optical flow using dense inverse search", ECCV 2016,
https://arxiv.org/abs/1603.03590.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.errors import UsageError
from vidstyle.image import pad_to, to_uint8
from vidstyle.temporal.flow import Flow, Motion, Numbers
from vidstyle.temporal.occlusion import motion_both_ways

PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "brisk": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,  # and made quicker below
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
# Up to how many pixels each is taken, so that no flow takes much over 50 ms on two cores of 2024:
# medium is half as wrong as fast for four times the time, and ultrafast a fifth more than fast for
# half of it (bench/flow.py).
_UP_TO = {"medium": 854 * 480, "fast": 1280 * 720}
_LEAST_SIDE = 32  # pixels; below, OpenCV 5.0 crashes on pictures that are far wider than high


class Dis:
    """Dense inverse search.

    Args:
        preset: "ultrafast", "fast", "brisk" or "medium"; None chooses by the pictures' size.

    Raises:
        UsageError: there is no such preset.
    """

    def __init__(self, preset: str | None = None) -> None:
        if preset is not None and preset not in PRESETS:
            raise UsageError(f"A preset of dis is {', '.join(PRESETS)}; got {preset!r}.")
        self._preset = preset

    def flow(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> Flow:
        """The backward flow, from `current` to `previous`."""
        height, width = current.shape[:2]
        preset = self._preset or preset_for(height, width)
        flow = _search(preset).calc(_grey(current), _grey(previous), None)
        return np.ascontiguousarray(flow[:height, :width])

    def motion(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> Motion:
        """The backward flow and where not to trust it."""
        return motion_both_ways(self.flow, previous, current)


def preset_for(height: int, width: int) -> str:
    """The best preset that is fast enough at a size."""
    return next((name for name, most in _UP_TO.items() if height * width <= most), "ultrafast")


def _search(preset: str) -> Any:
    """OpenCV's search. Brisk is medium with a third of the steps: nearly as right, and quicker."""
    search: Any = cv2.DISOpticalFlow.create(PRESETS[preset])
    if preset == "brisk":
        search.setGradientDescentIterations(8)  # medium takes 25
        search.setPatchStride(4)  # 3
        search.setVariationalRefinementIterations(2)  # 5
    return search


def _grey(pixels: Pixels) -> HostArray:
    """Luma, uint8 [H, W] on the host, each side at least _LEAST_SIDE; of luma, that."""
    if not isinstance(pixels, np.ndarray):
        pixels = pixels.cpu().numpy()
    pixels = np.ascontiguousarray(pad_to(to_uint8(pixels), _LEAST_SIDE))
    if pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
