"""Pictures in rows on one sheet, each with its name below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from vidstyle.contracts import Pixels
from vidstyle.image import resize

_PAPER, _INK = (250, 250, 248), (40, 40, 40)
_GAP, _LABEL = 12, 30  # pixels between cells, and below each for its name


def contact_sheet(
    pictures: Sequence[tuple[str, Pixels]], columns: int = 4, cell: tuple[int, int] = (240, 320)
) -> Pixels:
    """Pictures by name in rows, each fitted into a cell of (height, width) pixels."""
    rows = -(-len(pictures) // columns)
    height = rows * (cell[0] + _LABEL + _GAP) + _GAP
    width = columns * (cell[1] + _GAP) + _GAP
    paper = Pillow.new("RGB", (width, height), _PAPER)
    pen, font = ImageDraw.Draw(paper), ImageFont.load_default(16)
    for place, (name, pixels) in enumerate(pictures):
        top = _GAP + place // columns * (cell[0] + _LABEL + _GAP)
        left = _GAP + place % columns * (cell[1] + _GAP)
        scale = min(cell[0] / pixels.shape[0], cell[1] / pixels.shape[1])
        fitted = resize(pixels, *(max(1, round(side * scale)) for side in pixels.shape[:2]))
        offset = left + (cell[1] - fitted.shape[1]) // 2, top + (cell[0] - fitted.shape[0]) // 2
        paper.paste(Pillow.fromarray(fitted), offset)
        pen.text((left + cell[1] / 2, top + cell[0] + 5), name, fill=_INK, font=font, anchor="ma")
    return np.asarray(paper)
