"""Pictures for a training: any size, read when first needed, the broken ones named and skipped.

Everything is drawn by a random generator that the caller makes for each step, so that a training
that was stopped goes on with the very pictures that it would have seen.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vidstyle.contracts import Pixels
from vidstyle.errors import InputError
from vidstyle.image import SUFFIXES, read_picture, resize, shrink_to
from vidstyle.styles import squared
from vidstyle.train.recipe import Data

log = logging.getLogger(__name__)

_LONG_SIDE = 640  # pixels of a picture that is kept in memory
VARIANTS = 28  # the whole of a style, and parts of it, most of them in other colors
_WHOLE = 0.2  # of the styles of a step are shown whole, as people give them
_PART = 0.35  # of the shorter side of a style, at least, is the side of a part
_KEPT = 2048  # pictures in memory, each of at most 1.2 MB
_SMALLEST = 32  # pixels a side
_REACH = 8  # pixels by which the second view is shifted, at most
_NOISE = 0.02  # of the second view, at most; that of a good webcam in the evening
_ZOOM = 1.6  # a crop shows up to this many times its side of a photograph


@dataclass(frozen=True)
class StyleVariant:
    """A style, or a part of it."""

    key: tuple[str, int]  # its file, and which variant
    image: Tensor  # Image [1, 3, 384, 384], as networks read it


def to_image(pixels: Pixels) -> Tensor:
    """Pixels [H, W, 3] -> Image [1, 3, H, W]."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float() / 255


def pictures(folder: Path, folders: Iterable[str], leave_out: Iterable[str] = ()) -> list[Path]:
    """All pictures in `folders`, sorted, but those whose names without suffix are left out.

    Raises:
        InputError: a folder that is not there, or no picture in any.
    """
    found, left_out = [], set(leave_out)
    for name in folders:
        place = folder / name
        if not place.is_dir():
            raise InputError(
                f"There is no folder {str(place)!r}: --data names the folder that the "
                "recipe's paths start from."
            )
        found += [
            path
            for path in sorted(place.rglob("*"))
            if path.suffix.lower() in SUFFIXES and path.stem not in left_out
        ]
    if not found:
        raise InputError(f"There is no picture in {', '.join(folders)} of {str(folder)!r}.")
    return found


class Contents:
    """Photographs, cut at random."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths

    def views(
        self, random: np.random.Generator, batch: int, crop: int
    ) -> tuple[Tensor, Tensor, tuple[int, int]]:
        """Two views of the same photographs: the second shifted and a little noisy.

        Returns:
            Images [batch, 3, crop, crop], twice, and the shift (down, right) in pixels: place
            (y + down, x + right) of the first is place (y, x) of the second.
        """
        cuts = [self._cut(random, crop + _REACH) for _ in range(batch)]
        whole = torch.cat([to_image(cut) for cut in cuts])
        down, right = (int(shift) for shift in random.integers(1, _REACH + 1, 2))
        first = whole[..., :crop, :crop]
        second = whole[..., down : down + crop, right : right + crop]
        noise = torch.from_numpy(random.standard_normal(second.shape, dtype=np.float32))
        second = (second + noise * (_NOISE * random.random())).clamp(0, 1)
        return first.contiguous(), second.contiguous(), (down, right)

    def _cut(self, random: np.random.Generator, side: int) -> Pixels:
        pixels = self._any(random)
        height, width = pixels.shape[:2]
        seen = int(min(height, width, side * random.uniform(1, _ZOOM)))
        top, left = (int(random.integers(0, free - seen + 1)) for free in (height, width))
        cut = resize(pixels[top : top + seen, left : left + seen], side, side)
        return cut[:, ::-1] if random.random() < 0.5 else cut

    def _any(self, random: np.random.Generator) -> Pixels:
        first = int(random.integers(len(self._paths)))
        for path in self._paths[first:] + self._paths[:first]:
            if (pixels := readable(path)) is not None:
                return pixels
        raise InputError("None of the photographs can be read.")


class Styles:
    """Paintings, whole and in parts."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def whole(self) -> list[StyleVariant]:
        """All of them that can be read, whole."""
        found = (variant_of(path, 0) for path in self._paths)
        styles = [style for style in found if style is not None]
        if not styles:
            raise InputError("None of the styles can be read.")
        return styles

    def choose(self, random: np.random.Generator, batch: int) -> list[StyleVariant]:
        """`batch` variants of different styles, many of them the whole picture."""
        chosen: list[StyleVariant] = []
        for place in random.permutation(len(self._paths)):
            whole = random.random() < _WHOLE
            variant = 0 if whole else int(random.integers(1, VARIANTS))
            if (made := variant_of(self._paths[place], variant)) is not None:
                chosen.append(made)
            if len(chosen) == batch:
                return chosen
        raise InputError(f"Only {len(chosen)} of the styles can be read; a step needs {batch}.")


def variant_of(path: Path, number: int) -> StyleVariant | None:
    """Variant 0 is the whole picture; others are cut, turned, and recolored by their number.

    Networks learn few styles by heart; in parts, enlarged and recolored, one becomes many.
    """
    if (pixels := readable(path)) is None:
        return None
    if number:
        random = np.random.default_rng([number, *path.stem.encode()])
        height, width = pixels.shape[:2]
        side = int(min(height, width) * random.uniform(_PART, 1))
        top = int(random.integers(0, height - side + 1))
        left = int(random.integers(0, width - side + 1))
        pixels = pixels[top : top + side, left : left + side]
        pixels = np.rot90(pixels, int(random.integers(4)))
        if number % 4:
            pixels = recolored(pixels, random)
    return StyleVariant((str(path), number), to_image(squared(np.ascontiguousarray(pixels))))


def recolored(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Hues turned, colors more or less vivid, contrast changed; the mean keeps its lightness."""
    turn = random.uniform(-np.pi, np.pi)
    vivid, contrast = random.uniform(0.6, 1.4), random.uniform(0.7, 1.2)
    gray = np.full((3, 3), 1 / 3)
    around = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    turned = np.cos(turn) * (np.eye(3) - gray) + np.sin(turn) * around  # about the axis of grays
    colors = pixels.astype(np.float64)
    mean = colors.mean((0, 1))
    changed = (mean + contrast * (colors - mean)) @ (gray + vivid * turned).T
    within: Pixels = np.clip(changed.round(), 0, 255).astype(np.uint8)
    return within


@lru_cache(_KEPT)
def readable(path: Path) -> Pixels | None:
    """The pixels of a picture, or None, said when it is met, where it cannot be read."""
    try:
        pixels = shrink_to(read_picture(path).pixels, _LONG_SIDE)
    except InputError as error:
        log.warning("Skipped: %s", error)
        return None
    if min(pixels.shape[:2]) < _SMALLEST:
        log.warning("Skipped: %r has a side of less than %d pixels.", str(path), _SMALLEST)
        return None
    return pixels


def contents_of(data: Data, folder: Path) -> Contents:
    """The photographs of a recipe."""
    return Contents(pictures(folder, data.contents, (*data.leave_out, *data.sheet_contents)))


def styles_of(data: Data, folder: Path) -> Styles:
    """The paintings of a recipe."""
    return Styles(pictures(folder, data.styles, (*data.leave_out, *data.sheet_styles)))
