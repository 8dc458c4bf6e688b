"""Draws docs/pictures/stabilize.jpg: frames of a clip, drawn and steadied, and where they change.

    python bench/temporal_picture.py CLIP STYLE [--from 30] [--at X,Y]

For each stabilizer, three frames in a row of a part of the picture, and how far the third is from
the second moved along with its content, five times as bright.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

import vidstyle
from vidstyle.contact_sheet import contact_sheet
from vidstyle.contracts import Pixels
from vidstyle.sources import Reading, open_source
from vidstyle.temporal import STABILIZERS
from vidstyle.temporal.dis import Dis
from vidstyle.temporal.warp import warp

SHEET = Path(__file__).parents[1] / "docs/pictures/stabilize.jpg"
FRAMES, PART, LOUDER = 3, (160, 240), 5


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("clip", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--from", dest="first", type=int, default=30)
    parser.add_argument("--at", default="200,60")
    arguments = parser.parse_args()
    left, top = (int(number) for number in arguments.at.split(","))
    part = slice(top, top + PART[0]), slice(left, left + PART[1])
    with open_source(str(arguments.clip), Reading()) as source:
        contents = [frame.pixels for frame in islice(source, arguments.first + FRAMES)]
    draw = vidstyle.load("swift", style=str(arguments.style))
    drawings = [draw(content) for content in contents]
    rows = {"off": drawings} | {how: steadied(how, contents, drawings) for how in STABILIZERS}
    pictures = [(f"frame {n}", contents[n][part]) for n in range(arguments.first, len(contents))]
    pictures.append(("its change", change(contents, contents)[part]))
    for how, row in rows.items():
        shown = row[arguments.first :]
        pictures += [(how, pixels[part]) for pixels in shown]
        pictures.append(("its change", change(contents, row)[part]))
    Pillow.fromarray(contact_sheet(pictures, FRAMES + 1, PART)).save(SHEET, quality=85)


def steadied(how: str, contents: list[Pixels], drawings: list[Pixels]) -> list[Pixels]:
    """The drawings, steadied."""
    stabilizer, memory, found = STABILIZERS[how](), (), []
    for content, drawn in zip(contents, drawings, strict=True):
        steady, memory = stabilizer(content, drawn, memory)
        found.append(steady)
    return found


def change(contents: list[Pixels], drawings: list[Pixels]) -> Pixels:
    """How far the last drawing is from the one before, moved along with the content."""
    flow = Dis("medium").flow(contents[-2], contents[-1])
    moved = warp(drawings[-2], flow)
    difference = cv2.absdiff(moved, drawings[-1]).max(-1)
    return np.repeat(cv2.convertScaleAbs(difference, alpha=LOUDER)[..., None], 3, 2)


if __name__ == "__main__":
    main()
