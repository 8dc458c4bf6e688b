"""What all stylizers have in common: how styles are read, mixed, and refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidstyle.codes import kept_code, mixed
from vidstyle.contracts import (
    HostArray,
    Look,
    Memory,
    OnStep,
    Pixels,
    Precision,
    StyleCode,
    VideoInfo,
)
from vidstyle.errors import UnknownName, UsageError
from vidstyle.image import pad_to, shrink_to
from vidstyle.styles import READ_SIDE, read_style, squared
from vidstyle.timeline import Mix, parse_mix
from vidstyle.weights import Model

_TILE = 1024  # pixels a side of a style that is read at once


@dataclass(frozen=True)
class Drawing:
    """What frames are drawn with; "auto" leaves the choice to the device."""

    network: str = "swift"
    runtime: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    # The rest is for networks that draw by optimization; None leaves the choice to them.
    vgg: str | None = None  # a whole normalized VGG-19, to compare by
    optimizer: str | None = None
    steps: int | None = None  # at each scale
    progress_picture: str | None = None  # where the drawing so far is kept
    clip: bool = False  # whether frames follow one another: several may then be drawn at once


class Stylizer(ABC):
    """Reads a style once, then draws frames of any size in that look.

    Args:
        model: the network.
        reader: the file that reads styles: codes are kept for as long as it stays as it is.
        runtime: what it draws with, by name.
        device: where, by name.
        precision: how exactly.
    """

    takes_tensors = False  # whether Pixels may be torch's, on `device`
    at_once = 1  # calls of `draw` that are done sooner side by side than one after the other

    def __init__(
        self, model: Model, reader: Path, runtime: str, device: str, precision: Precision
    ) -> None:
        self.network, self.runtime = model.name, runtime
        self.device, self.precision = device, precision
        self.styles, self._mixes = model.header.styles, model.header.mixes
        self._smallest, self._reads_whole = model.header.smallest, model.header.reads_whole
        self._reader = reader

    def look(self, style: str | Pixels | Mix, strength: float = 1.0) -> Look:
        """Read a style (a name, a path, pixels, or a mix); frames are then drawn in that look."""
        if not isinstance(style, Mapping):
            return Look(self.read(style), strength)
        self.check_mixes()
        shares = parse_mix([f"{name}:{share}" for name, share in style.items()])
        codes = [self.read(name) for name in shares]
        return Look(mixed(codes, list(shares.values())), strength)

    def read(self, style: str | Pixels, side: int | None = None, keep: bool = True) -> StyleCode:
        """Read a style once: a name, a path or pixels, at so many pixels a side.

        Without `side` it is a square of 384; or, for a network that reads a style whole, as it is,
        at most 1024 on its longer side. Unless `keep`, nothing of it is left on the disk.

        Raises:
            UnknownName: no such style, or the network knows others by heart.
            InputError: a path with no picture.
            UsageError: so large that it is read in parts, by a network whose codes cannot be mixed.
        """
        if self.styles:
            return self._learned(style)
        pixels = self.picture_of(style) if isinstance(style, str) else style
        if side is None and self._reads_whole:
            pixels = pad_to(shrink_to(pixels, _TILE), self._smallest)
        else:
            pixels = squared(pixels, side or READ_SIDE)
        tiles = _tiles(pixels)
        if len(tiles) > 1:
            self.check_mixes()
        reader = self.runtime, self._reader
        codes = [
            kept_code(reader, tile, self._encode) if keep else self._encode(tile) for tile in tiles
        ]
        return mixed(codes, [1 / len(codes)] * len(codes))

    def picture_of(self, style: str) -> Pixels:
        """The picture of a style by name or path.

        Raises:
            UsageError: the network reads no pictures.
        """
        if self.styles:
            raise UsageError(
                f"{self.network} knows its styles by heart, so their colors stay as they are: "
                "--keep-color luminance works."
            )
        return read_style(style)

    def check_mixes(self) -> None:
        """Refuse to mix styles where codes cannot be.

        Raises:
            UsageError: says so.
        """
        if not self._mixes:
            raise UsageError(
                f"{self.network} keeps each point of a style, so styles cannot be mixed, faded or "
                f"read above {_TILE} pixels; with --mask FILE=STYLE several can be seen."
            )

    def _learned(self, style: str | Pixels) -> StyleCode:
        """The code of a style that the network has learned, by its name."""
        name = style if isinstance(style, str) else "a picture"
        if name not in self.styles:
            raise UnknownName(f"style of {self.network}", name, self.styles)
        return self._encode(np.array([self.styles.index(name)]))

    def __call__(self, pixels: Pixels, look: Look) -> Pixels:
        """Draw `pixels` by themselves; what comes back has their size and depth."""
        drawn, _ = self.draw(pixels, look)
        return drawn

    @abstractmethod
    def prepare(self, info: VideoInfo) -> None:
        """Make ready for such frames now, beside `look` in another thread."""

    def is_prepared(self, info: VideoInfo) -> bool:
        """Whether such frames can be drawn at once, with nothing to be made first."""
        return True

    @abstractmethod
    def draw(
        self, pixels: Pixels, look: Look, memory: Memory = (), on_step: OnStep | None = None
    ) -> tuple[Pixels, Memory]:
        """Draw a frame after the one that gave `memory`.

        Args:
            pixels: what comes back has their size and depth, and lies where they do.
            look: in which.
            memory: empty for a picture, and for the first frame of a clip.
            on_step: told of each step, where a network draws step by step.

        Returns:
            The drawing, and the memory for the next frame.
        """

    @abstractmethod
    def _encode(self, style: HostArray) -> StyleCode:
        """The code of a picture, or of the place of a learned style, int64 [1]."""


def _tiles(pixels: Pixels) -> list[Pixels]:
    """A picture in parts of at most _TILE pixels a side: so large a style fits in memory."""
    rows, columns = (-(-side // _TILE) for side in pixels.shape[:2])
    return [
        np.ascontiguousarray(tile)
        for row in np.array_split(pixels, rows, 0)
        for tile in np.array_split(row, columns, 1)
    ]
