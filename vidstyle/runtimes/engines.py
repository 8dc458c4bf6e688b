"""What TensorRT and TensorRT-RTX have in common: engines that are built once and kept.

torch, which takes seconds to load, is loaded only to run them: see `execution.py`.
"""

from __future__ import annotations

import hashlib
import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from onnx import ModelProto, TensorProto

from vidstyle.contracts import Engine, Graph, Precision, Profile
from vidstyle.errors import DeviceError
from vidstyle.export.builder import error_log
from vidstyle.export.cache import Key, engine_for
from vidstyle.export.pixels import with_pixels
from vidstyle.export.tensorrt import Order, build_engine, shapes_of, size_name
from vidstyle.folders import engines_folder
from vidstyle.runtimes.cuda import Gpu, driver

log = logging.getLogger(__name__)

_PRECISIONS = ("fp32", "fp16")
_FREE = (8, 384, 1024)  # pixels a side, of a style: larger ones are read in parts


@dataclass(frozen=True)
class Aim:
    """What an engine is built for."""

    device: str  # as the engine's name says it
    order: Order
    timings: Path | None = None  # where the library keeps what it measures


class EngineRuntime(ABC):
    """Builds an engine for a graph and a size, or takes the one that is kept; runs it by CUDA."""

    reads: Literal["module", "onnx"] = "onnx"
    at_once = 1
    name: ClassVar[str]  # of the runtime
    library: ClassVar[Any]

    def best_precision(self, device: str) -> Precision:
        """fp16.

        Raises:
            DeviceError: no NVIDIA GPU, or none of that number.
        """
        self._find(device)
        return "fp16"

    def compile(self, graph: Graph, profile: Profile) -> Engine:
        """Build or load; the engine may be called from several threads at once.

        It works on the current CUDA stream.
        """
        number, gpu = self._find(profile.device)
        if profile.precision not in _PRECISIONS:
            raise DeviceError(
                f"The runtime {self.name!r} does not compute in {profile.precision}. "
                f"Choose from: {', '.join(_PRECISIONS)}."
            )
        import torch

        from vidstyle.runtimes.cudagraph import Replayed, record_on
        from vidstyle.runtimes.execution import Execution
        from vidstyle.runtimes.torch import DeviceEngine, find_device

        device = find_device(f"cuda:{number}")
        with torch.cuda.device(device):
            engine = self._built(graph, profile, self._aim(number, gpu))
            managed = self.library.ExecutionContextAllocationStrategy.USER_MANAGED
            context = engine.create_execution_context(managed)
        if context is None:
            raise DeviceError(f"{self.name} cannot run {graph.name}: {self._reason()}.")
        draw: Any = Execution(engine, context, graph, device)
        pictures = [port.is_picture for port in graph.inputs]
        if draw.recordable:
            draw = Replayed(graph.name, draw, pictures, record_on(device))
        return DeviceEngine(draw, pictures)

    @abstractmethod
    def _aim(self, number: int, gpu: Gpu) -> Aim:
        """What to build for that GPU, "cuda:NUMBER"."""

    def _find(self, device: str) -> tuple[int, Gpu]:
        """The number of a GPU, and what it is."""
        kind, _, number = device.partition(":")
        there = driver()
        gpus = there.gpus if there is not None and kind == "cuda" else ()
        if not (number or "0").isdecimal() or int(number or 0) >= len(gpus):
            raise DeviceError(
                f"The runtime {self.name!r} draws on NVIDIA GPUs, and {device!r} is none that is "
                "here: --device cuda:0, or --runtime auto."
            )
        return int(number or 0), gpus[int(number or 0)]

    def _built(self, graph: Graph, profile: Profile, aim: Aim) -> Any:
        """The engine as the library has it."""
        key, onnx, order = planned(graph, profile, aim, self.library)

        def build() -> bytes:
            log.info("Building the engine %s; it is kept for the next time.", key.name)
            return build_engine(graph.name, onnx, order, timings=aim.timings)

        load = self.library.Runtime(_log(self.library)).deserialize_cuda_engine
        engine = engine_for(key, build, load, engines_folder())
        if engine is None:
            raise DeviceError(
                f"{self.name} refuses the engine that it built for {aim.device}: {self._reason()}."
            )
        return engine

    def _reason(self) -> str:
        errors = _log(self.library).errors
        return " ".join(errors[-1].split()).rstrip(".") if errors else "it does not say why"


def planned(graph: Graph, profile: Profile, aim: Aim, library: Any) -> tuple[Key, bytes, Order]:
    """What is built of `graph`: the key of the engine, its ONNX, and the order."""
    model = _converted(graph, profile)
    onnx = model.SerializeToString()
    sides = {"H": _FREE, "W": _FREE}
    shapes = shapes_of(model, sides)
    key = Key(
        graph.name, size_name(profile.size, sides), "uint8" if profile.bits <= 8 else "uint16",
        profile.precision, library.__name__, library.__version__, aim.device,
        hashlib.sha256(onnx).hexdigest(), shapes,
    )  # fmt: skip
    # Where sides are free, recordable engines of RTX have a bound to their memory, which attention
    # at the largest size goes beyond.
    return key, onnx, replace(aim.order, shapes=shapes, recordable=not shapes)


def compute_capability(gpu: Gpu) -> str:
    """As names say it: "sm89"."""
    return f"sm{gpu.compute_capability.replace('.', '')}"


@cache
def _log(library: Any) -> Any:
    """The one logger of the process: what is made later would not be listened to."""
    return error_log(library)


def _converted(graph: Graph, profile: Profile) -> ModelProto:
    """The graph with Pixels going in and out, in the precision that is asked for."""
    model = with_pixels(graph, profile, TensorProto.INT32)  # TensorRT has no uint16
    if profile.precision == "fp32":
        return model
    from vidstyle.export.half import halved  # with what it loads, it takes a second

    return halved(model)
