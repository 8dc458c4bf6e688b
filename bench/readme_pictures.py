"""Draws the contact sheets of the README and of the models' cards: contents, styles, results.

python bench/readme_pictures.py                 # docs/pictures/styles.jpg, by the default network
python bench/readme_pictures.py adain wct       # docs/pictures/adain.jpg and wct.jpg
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

import vidstyle
from vidstyle.contracts import Pixels
from vidstyle.image import resize
from vidstyle.sources import Reading, open_source
from vidstyle.styles import read_style

ROOT = Path(__file__).parents[1]
CONTENTS = (("big-buck-bunny", 2.0), ("valley", 2.0), ("night-train", 2.5), ("street", 2.0))
STYLES = ("starry-night", "great-wave", "stained-glass", "ink", "pointillism")
CELL = (180, 320)  # height and width in pixels
GAP = 6


def main() -> None:
    """Draw the sheets of the networks that are named, or that of the README."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("networks", nargs="*")
    names = parser.parse_args().networks
    for name in names:
        draw_sheet(name, CONTENTS[1:3], ROOT / f"docs/pictures/{name}.jpg")
    if not names:
        draw_sheet("swift", CONTENTS, ROOT / "docs/pictures/styles.jpg")


def draw_sheet(network: str, contents: Sequence[tuple[str, float]], path: Path) -> None:
    """Styles across the top, contents down the left, drawings between them."""
    painters = [vidstyle.load(network, style) for style in STYLES]
    rows = [[blank(), *(filled(read_style(style)) for style in STYLES)]]
    for name, seconds in contents:
        content = frame_of(ROOT / f"samples/clips/{name}.mp4", seconds)
        rows.append([filled(content), *(filled(painter(content)) for painter in painters)])
    sheet = np.vstack([edged(np.hstack([edged(cell) for cell in row])) for row in rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(sheet).save(path, quality=85)


def frame_of(path: Path, seconds: float) -> Pixels:
    """The frame of a clip at that time, 360 pixels high."""
    with open_source(str(path), Reading(start=Fraction(seconds))) as source:
        pixels = next(iter(source)).pixels
    return resize(pixels, 360, round(pixels.shape[1] * 360 / pixels.shape[0]))


def filled(pixels: Pixels) -> Pixels:
    """Cut to the shape of a cell around the middle, at a cell's size."""
    height, width = pixels.shape[:2]
    scale = max(CELL[0] / height, CELL[1] / width)
    scaled = resize(pixels, round(height * scale), round(width * scale))
    top, left = (scaled.shape[0] - CELL[0]) // 2, (scaled.shape[1] - CELL[1]) // 2
    return scaled[top : top + CELL[0], left : left + CELL[1]]


def blank() -> Pixels:
    """An empty cell."""
    return np.full((*CELL, 3), 255, np.uint8)


def edged(pixels: Pixels) -> Pixels:
    """With a white edge around."""
    return np.pad(pixels, ((GAP // 2,) * 2, (GAP // 2,) * 2, (0, 0)), constant_values=255)


if __name__ == "__main__":
    main()
