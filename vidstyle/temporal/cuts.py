"""Is this frame a new scene?"""

from __future__ import annotations

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import to_uint8

_SIDE = 32  # pixels of what is compared
_MOVED = 2  # of them, by which what is seen may have moved
# Levels of 255 by which a new scene differs on average, wherever it is looked for. Any two of 24
# photographs of Kodak differ by 19 to 70; pans by a tenth of the width by up to 17, flashes by 50
# levels up to 11, and neighboring frames of the samples up to 7.
_NEW = 20.0


def glance(pixels: Pixels) -> HostArray:
    """What is remembered of a frame: float32 [32, 32, 3], with no detail."""
    small = cv2.resize(to_uint8(pixels), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small.astype(np.float32), (0, 0), 1)


def is_cut(before: HostArray, after: HostArray) -> bool:
    """Whether two glances at neighboring frames show different scenes.

    The least difference over small movements counts, and a change of brightness as a whole counts
    little: a fast pan or a flash is no cut. They are for PySceneDetect's ContentDetector, to which
    27 of 255 is a cut: hue, saturation and value differ by up to 38 and 51 on average.
    """
    inner = after[_MOVED:-_MOVED, _MOVED:-_MOVED]
    differences = []
    for down in range(-_MOVED, _MOVED + 1):
        for right in range(-_MOVED, _MOVED + 1):
            moved = np.roll(before, (down, right), (0, 1))[_MOVED:-_MOVED, _MOVED:-_MOVED]
            difference = inner - moved
            brighter = difference.mean()
            differences.append(float(np.abs(difference - 0.8 * brighter).mean()))
    return min(differences) > _NEW
