"""How far drawings in a runtime's best precision are from fp32: noise and shift of color.

    python bench/precision.py

For each runtime on the CPU and each of four styles, over one frame of every sample clip: the least
PSNR, and the largest shift of the average of a color channel, in levels of 255.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from vidstyle.sources import Reading, open_source
from vidstyle.stylizer import Drawing, load_stylizer

CLIPS = sorted((Path(__file__).parents[1] / "samples/clips").glob("*.mp4"))
STYLES = ("starry-night", "ink", "stained-glass", "great-wave")


def main() -> None:
    """Print one line for each runtime and style."""
    contents = []
    for clip in CLIPS:
        with open_source(str(clip), Reading(start=Fraction(2))) as source:
            contents.append(next(iter(source)).pixels)
    for runtime in ("openvino", "torch"):
        best = load_stylizer(Drawing(runtime=runtime, device="cpu"))
        exact = load_stylizer(Drawing(runtime=runtime, device="cpu", precision="fp32"))
        for style in STYLES:
            look = exact.look(style)
            psnr, shift = [], []
            for content in contents:
                difference = best(content, look).astype(np.float64) - exact(content, look)
                psnr.append(10 * np.log10(255**2 / max(np.square(difference).mean(), 1e-9)))
                shift.append(np.abs(difference.mean((0, 1))).max())
            print(
                f"{runtime:<10}{best.precision}  {style:<15}{min(psnr):6.1f} dB, "
                f"color shifted by at most {max(shift):.2f}"
            )


if __name__ == "__main__":
    main()
