"""A network made fast: its two functions as engines of a runtime."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vidstyle.contracts import (
    Engine,
    Graph,
    HostArray,
    Look,
    Memory,
    OnStep,
    Pixels,
    Precision,
    Profile,
    Runtime,
    StyleCode,
    VideoInfo,
)
from vidstyle.errors import UsageError
from vidstyle.image import faded, pad_to
from vidstyle.runtimes import RUNTIMES, choose
from vidstyle.stylizer.reading import Drawing, Stylizer
from vidstyle.weights import Model

log = logging.getLogger(__name__)

_ENGINES_KEPT = 4  # sizes; each holds the memory of its layers
_LARGE = 1920 * 1088  # pixels; of larger frames one is drawn at once, since each takes gigabytes
_OPTIMIZING_ONLY = ("vgg", "optimizer", "steps", "progress_picture")


class Compiled(Stylizer):
    """Draws by engines, which are made when a size is first seen."""

    def __init__(
        self,
        model: Model,
        runtime_name: str,
        device: str,
        precision: Precision,
        runtime: Runtime,
        at_once: int,
    ) -> None:
        self._runtime, self.at_once = runtime, at_once
        self._least_strength = model.header.least_strength
        self._graph = _graphs(model, runtime)
        reader = Path(str(model.graph("encode").function))
        super().__init__(model, reader, runtime_name, device, precision)
        self.takes_tensors = device.startswith("cuda")
        self._engines: OrderedDict[tuple[int, int, int], Engine] = OrderedDict()
        self._lock = threading.Lock()

    def prepare(self, info: VideoInfo) -> None:
        """Make the engine for such frames now, beside `look` in another thread."""
        # A module takes no time to make ready, and both functions share it.
        if self._runtime.reads == "onnx":
            self._engine(*self._key(info))

    def is_prepared(self, info: VideoInfo) -> bool:
        """Whether the engine for such frames is there."""
        return self._runtime.reads != "onnx" or self._key(info) in self._engines

    def _key(self, info: VideoInfo) -> tuple[int, int, int]:
        height, width = max(info.height, self._smallest), max(info.width, self._smallest)
        return height, width, 8 if info.bits <= 8 else 16

    def draw(
        self, pixels: Pixels, look: Look, memory: Memory = (), on_step: OnStep | None = None
    ) -> tuple[Pixels, Memory]:
        """Draw a frame; no network that is compiled has a memory, or steps."""
        if look.strength == 0:
            return pixels, ()
        content = pad_to(pixels, self._smallest)
        height, width = content.shape[:2]
        engine = self._engine(height, width, 8 * content.dtype.itemsize)
        own = []
        if self._least_strength < 1:
            own.append(np.array([max(look.strength, self._least_strength)], np.float32))
        (drawn,) = engine(content, *look.code, *own)
        drawn = drawn[: pixels.shape[0], : pixels.shape[1]]
        share = look.strength / self._least_strength  # below 1, the drawing fades into the content
        if share < 1:
            drawn = faded(drawn, pixels, share)
        return drawn, ()

    def _encode(self, style: HostArray) -> StyleCode:
        # Exactly, since it is done once; by an engine for any size, thrown away at the end, since
        # it holds 50 MB that the drawing does not need.
        encode = self._runtime.compile(self._graph("encode"), Profile(None, "fp32", self.device))
        return tuple(encode(style))

    def _engine(self, height: int, width: int, bits: int) -> Engine:
        key = height, width, bits
        with self._lock:
            if key in self._engines:
                self._engines.move_to_end(key)
                return self._engines[key]
        log.info(
            "Preparing %s for %dx%d (%s, %s, %s).",
            self.network, width, height, self.runtime, self.device, self.precision,
        )  # fmt: skip
        at_once = self.at_once if height * width <= _LARGE else 1
        profile = Profile((height, width), self.precision, self.device, bits, at_once)
        engine = self._runtime.compile(self._graph("stylize"), profile)
        with self._lock:  # another thread may draw meanwhile, at another size
            self._engines[key] = engine
            if len(self._engines) > _ENGINES_KEPT:
                self._engines.popitem(last=False)
        return engine


def load_compiled(model: Model, drawing: Drawing) -> Compiled:
    """The stylizer for a network that has graphs, on the runtime and device that suit.

    Raises:
        UnknownName: of a runtime.
        UsageError: an option that is for networks that optimize.
        VidstyleError: a device or precision that cannot be had.
    """
    for name in _OPTIMIZING_ONLY:
        if getattr(drawing, name) is not None:
            raise UsageError(
                f"--{name.replace('_', '-')} is for networks that draw by optimization, such as "
                f"gatys; {model.name} does not."
            )
    runtime_name, device = choose(drawing.runtime, drawing.device)
    runtime: Runtime = RUNTIMES[runtime_name]()
    best = runtime.best_precision(device)  # refuses a device that cannot be had
    fitting = best if best in model.header.precisions else "fp32"
    precision: Any = fitting if drawing.precision == "auto" else drawing.precision
    model.check_precision(precision)
    log.info("Drawing with %s: %s on %s in %s.", model.name, runtime_name, device, precision)
    at_once = runtime.at_once if drawing.clip else 1
    return Compiled(model, runtime_name, device, precision, runtime, at_once)


def _graphs(model: Model, runtime: Runtime) -> Callable[[str], Graph]:
    """The model's graphs by name, in the form that `runtime` reads."""
    if runtime.reads == "onnx":
        return model.graph
    # Only here is torch loaded: a run on OpenVINO does without.
    from vidstyle.export.graphs import graph_of
    from vidstyle.networks.loading import load_network

    network = load_network(model)
    return lambda function: graph_of(network, model, function)
