"""A network made fast: a style is read once, then any frame is drawn in it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vidstyle.codes import kept_code, mixed
from vidstyle.contracts import (
    Engine,
    Graph,
    HostArray,
    Look,
    Pixels,
    Precision,
    Profile,
    Runtime,
    StyleCode,
    VideoInfo,
)
from vidstyle.errors import UnknownName, UsageError
from vidstyle.image import pad_to
from vidstyle.runtimes import RUNTIMES, choose
from vidstyle.styles import READ_SIDE, read_style, squared
from vidstyle.timeline import Mix, parse_mix
from vidstyle.weights import Model, find_model

log = logging.getLogger(__name__)

_TILE = 1024  # pixels a side of a style that is read at once
_ENGINES_KEPT = 4  # sizes; each holds the memory of its layers


@dataclass(frozen=True)
class Drawing:
    """What frames are drawn with; "auto" leaves the choice to the device."""

    network: str = "swift"
    runtime: str = "auto"
    device: str = "auto"
    precision: str = "auto"


class Stylizer:
    """Draws frames of any size. Engines are made when a size is first seen."""

    def __init__(
        self, model: Model, runtime_name: str, device: str, precision: Precision, runtime: Runtime
    ) -> None:
        self.network, self.runtime = model.name, runtime_name
        self.device, self.precision = device, precision
        self._runtime = runtime
        self._smallest = model.header.smallest
        self._least_strength = model.header.least_strength
        self.styles, self._mixes = model.header.styles, model.header.mixes
        self._graph = _graphs(model, runtime)
        self._reading = Path(str(model.graph("encode").function))
        self._engines: OrderedDict[tuple[int, int, int], Engine] = OrderedDict()

    def look(self, style: str | Pixels | Mix, strength: float = 1.0) -> Look:
        """Read a style (a name, a path, pixels, or a mix); frames are then drawn in that look."""
        if not isinstance(style, Mapping):
            return Look(self.read(style), strength)
        self.check_mixes()
        shares = parse_mix([f"{name}:{share}" for name, share in style.items()])
        codes = [self.read(name) for name in shares]
        return Look(mixed(codes, list(shares.values())), strength)

    def read(self, style: str | Pixels, side: int = READ_SIDE) -> StyleCode:
        """Read a style once: a name, a path or pixels, at so many pixels a side.

        Raises:
            UnknownName: no such style, or the network knows others by heart.
            InputError: a path with no picture.
            UsageError: so large that it is read in parts, by a network whose codes cannot be mixed.
        """
        if self.styles:
            return self._learned(style)
        pixels = squared(self.picture_of(style) if isinstance(style, str) else style, side)
        tiles = _tiles(pixels)
        if len(tiles) > 1:
            self.check_mixes()
        codes = [kept_code((self.runtime, self._reading), tile, self._encode) for tile in tiles]
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

    def prepare(self, info: VideoInfo) -> None:
        """Make the engine for such frames now, beside `look` in another thread."""
        # A module takes no time to make ready, and both functions share it.
        if self._runtime.reads == "onnx":
            height, width = max(info.height, self._smallest), max(info.width, self._smallest)
            self._engine(height, width, 8 if info.bits <= 8 else 16)

    def _learned(self, style: str | Pixels) -> StyleCode:
        """The code of a style that the network has learned, by its name."""
        name = style if isinstance(style, str) else "a picture"
        if name not in self.styles:
            raise UnknownName(f"style of {self.network}", name, self.styles)
        return self._encode(np.array([self.styles.index(name)]))

    def _encode(self, style: HostArray) -> StyleCode:
        # Exactly, since it is done once; by an engine for any size, thrown away at the end, since
        # it holds 50 MB that the drawing does not need.
        encode = self._runtime.compile(self._graph("encode"), Profile(None, "fp32", self.device))
        return tuple(encode(style))

    def __call__(self, pixels: Pixels, look: Look) -> Pixels:
        """Draw `pixels`; what comes back has their size and depth."""
        if look.strength == 0:
            return pixels
        content = pad_to(pixels, self._smallest)
        height, width = content.shape[:2]
        engine = self._engine(height, width, 8 * content.dtype.itemsize)
        own = []
        if self._least_strength < 1:
            own.append(np.array([max(look.strength, self._least_strength)], np.float32))
        (drawn,) = engine(content, *look.code, *own)
        drawn = drawn[: pixels.shape[0], : pixels.shape[1]]
        share = look.strength / self._least_strength  # below 1, the drawing fades into the content
        return drawn if share >= 1 else cv2.addWeighted(drawn, share, pixels, 1 - share, 0)

    def _engine(self, height: int, width: int, bits: int) -> Engine:
        key = height, width, bits
        if key not in self._engines:
            log.info(
                "Preparing %s for %dx%d (%s, %s, %s).",
                self.network, width, height, self.runtime, self.device, self.precision,
            )  # fmt: skip
            profile = Profile((height, width), self.precision, self.device, bits)
            self._engines[key] = self._runtime.compile(self._graph("stylize"), profile)
            if len(self._engines) > _ENGINES_KEPT:
                self._engines.popitem(last=False)
        self._engines.move_to_end(key)
        return self._engines[key]


def _tiles(pixels: Pixels) -> list[Pixels]:
    """A square in parts of at most _TILE pixels a side: so large a style fits in memory."""
    count = -(-pixels.shape[0] // _TILE)
    return [
        np.ascontiguousarray(tile)
        for row in np.array_split(pixels, count, 0)
        for tile in np.array_split(row, count, 1)
    ]


def load_stylizer(drawing: Drawing) -> Stylizer:
    """The stylizer for a network by name, on the runtime and device that suit.

    Raises:
        UnknownName: of a network or runtime.
        VidstyleError: weights that are not here, a device or precision that cannot be had.
    """
    model = find_model(drawing.network)
    runtime_name, device = choose(drawing.runtime, drawing.device)
    runtime: Runtime = RUNTIMES[runtime_name]()
    best = runtime.best_precision(device)  # refuses a device that cannot be had
    if model.header.exact:
        best = "fp32"
        if drawing.precision not in ("auto", best):
            raise UsageError(
                f"{model.name} draws in fp32 alone: small variances are lost in half precision."
            )
    precision: Any = best if drawing.precision == "auto" else drawing.precision
    log.info("Drawing with %s: %s on %s in %s.", model.name, runtime_name, device, precision)
    return Stylizer(model, runtime_name, device, precision, runtime)


def _graphs(model: Model, runtime: Runtime) -> Callable[[str], Graph]:
    """The model's graphs by name, in the form that `runtime` reads."""
    if runtime.reads == "onnx":
        return model.graph
    # Only here is torch loaded: a run on OpenVINO does without.
    from vidstyle.export.graphs import graph_of
    from vidstyle.networks.loading import load_network

    network = load_network(model)
    return lambda function: graph_of(network, model, function)
