"""What the numbers of YUV video mean: the matrices between them and RGB (ITU-T H.273).

Numbers are of 16 bits here: the levels of a video of less, shifted up, so that one scale fits all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vidstyle.contracts import Color, HostArray

LUMA_WEIGHTS = {  # matrix -> weights of red and blue in luma (H.273 table 4)
    1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114),
    7: (0.212, 0.087), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593),
}  # fmt: skip


@dataclass(frozen=True)
class Packing:
    """How the samples of a 4:2:0 format are stored."""

    bits: int  # of a sample
    step: int = 1  # stored numbers from one level to the next
    pairs: bool = False  # U and V of a place lie side by side, in one plane [h, w, 2]

    @property
    def unit(self) -> float:
        """How much one stored number is of 16 bits."""
        return 2.0 ** (16 - self.bits) / self.step


PACKINGS = {  # by FFmpeg's name; a decoder or encoder on a GPU has pairs
    "yuv420p": Packing(8),
    "yuvj420p": Packing(8),
    "yuv420p10le": Packing(10),
    "nv12": Packing(8, pairs=True),
    "p010le": Packing(10, step=64, pairs=True),
}


@lru_cache
def to_rgb(color: Color, bits: int) -> HostArray:
    """[3, 4]: Y, U, V and 1 to R, G and B, all in numbers of 16 bits."""
    scale, offset = _levels(color.full_range, bits)
    matrix = 65535 * np.linalg.inv(_matrix(color)) / scale
    return np.column_stack([matrix, -matrix @ offset])


@lru_cache
def from_rgb(color: Color, bits: int) -> HostArray:
    """[3, 4]: R, G and B of 0..1 and 1 to Y, U and V in numbers of 16 bits."""
    scale, offset = _levels(color.full_range, bits)
    return np.column_stack([_matrix(color) * scale[:, None], offset])


def _matrix(color: Color) -> HostArray:
    """RGB 0..1 -> Y 0..1, U and V -0.5..0.5: [3, 3]."""
    red, blue = LUMA_WEIGHTS[color.matrix]
    luma = np.array([red, 1 - red - blue, blue])
    return np.stack(
        [luma, ([0, 0, 1] - luma) / (2 * (1 - blue)), ([1, 0, 0] - luma) / (2 * (1 - red))]
    )


def _levels(full_range: bool, bits: int) -> tuple[HostArray, HostArray]:
    """Scale and offset of Y, U and V in numbers of 16 bits."""
    unit = 2.0 ** (16 - bits)
    if full_range:
        scale = np.full(3, 2.0**bits - 1) * unit
        return scale, np.array([0, 32768.0, 32768.0])
    return np.array([219, 224, 224]) * 256.0, np.array([16, 128, 128]) * 256.0
