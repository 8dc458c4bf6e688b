"""Styles by name: the pictures that come with vidstyle, or any picture's path."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from vidstyle.contracts import Pixels
from vidstyle.errors import InputError, UnknownName
from vidstyle.folders import packaged
from vidstyle.image import SUFFIXES, read_picture

READ_SIDE = 384  # pixels of the square that a network reads a style from


@dataclass(frozen=True)
class Style:
    """A style that comes with vidstyle."""

    name: str
    path: Path
    title: str
    painter: str
    year: str
    license: str


@lru_cache
def bundled_styles() -> dict[str, Style]:
    """All styles that come with vidstyle, by name."""
    folder = packaged("styles")
    rows = tomllib.loads((folder / "styles.toml").read_text("utf-8"))
    paths = {path.stem: path for path in folder.iterdir() if path.suffix in SUFFIXES}
    return {
        name: Style(
            name, paths[name], row["title"], row["painter"], str(row["year"]), row["license"]
        )
        for name, row in rows.items()
    }


def find_style(name: str) -> Path:
    """The picture of the style that people call `name`, or the picture at that path.

    Raises:
        InputError: a path with no picture there.
        UnknownName: neither a path nor the name of a style.
    """
    if name in bundled_styles():
        return bundled_styles()[name].path
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if path.suffix.lower() in SUFFIXES or len(path.parts) > 1:
        raise InputError(f"There is no style picture {name!r}.")
    raise UnknownName("style", name, bundled_styles(), "Or give the path of a picture.")


def read_style(name: str) -> Pixels:
    """The style's picture."""
    return read_picture(find_style(name)).pixels


def squared(pixels: Pixels, side: int = READ_SIDE) -> Pixels:
    """A style as a network reads it: brought to a square, as in the training of all such networks.

    A larger square shows smaller strokes.

    A style is statistics, so its shape does not matter; its scale and sharpness do. Averaging by
    area would blur the brush, and drawings would be far less like the style.
    """
    square = Pillow.fromarray(pixels).resize((side, side), Pillow.Resampling.LANCZOS)
    return np.array(square)  # of its own, that can be written to
