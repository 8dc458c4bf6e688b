"""What TensorRT and TensorRT-RTX have in common: engines that are built, kept and run on a GPU."""

from __future__ import annotations

import hashlib
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import compress
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from onnx import ModelProto, TensorProto
from torch import Tensor

from vidstyle.contracts import Array, Engine, Graph, Port, Precision, Profile
from vidstyle.errors import DeviceError
from vidstyle.export.builder import error_log
from vidstyle.export.cache import Key, engine_for
from vidstyle.export.half import halved
from vidstyle.export.pixels import with_pixels
from vidstyle.export.tensorrt import Order, build_engine, shapes_of, size_name
from vidstyle.folders import engines_folder
from vidstyle.runtimes.cudagraph import Replayed, record_on
from vidstyle.runtimes.torch import find_device

log = logging.getLogger(__name__)

_PRECISIONS = ("fp32", "fp16")
_FREE = (8, 384, 1024)  # pixels a side, of a style: larger ones are read in parts
_TYPES = {
    "FLOAT": torch.float32, "UINT8": torch.uint8, "INT32": torch.int32, "INT64": torch.int64,
}  # fmt: skip


@dataclass(frozen=True)
class Aim:
    """What an engine is built for."""

    device: str  # as the engine's name says it
    order: Order
    timings: Path | None = None  # where the library keeps what it measures


class EngineRuntime(ABC):
    """Builds an engine for a graph and a size, or takes the one that is kept; runs it by CUDA."""

    reads: Literal["module", "onnx"] = "onnx"
    name: ClassVar[str]  # of the runtime
    library: ClassVar[Any]

    def best_precision(self, device: str) -> Precision:
        """fp16.

        Raises:
            DeviceError: no NVIDIA GPU.
        """
        self._find(device)
        return "fp16"

    def compile(self, graph: Graph, profile: Profile) -> Engine:
        """Build or load; the engine may be called from several threads at once.

        It works on the current CUDA stream.
        """
        device = self._find(profile.device)
        if profile.precision not in _PRECISIONS:
            raise DeviceError(
                f"The runtime {self.name!r} does not compute in {profile.precision}. "
                f"Choose from: {', '.join(_PRECISIONS)}."
            )
        with torch.cuda.device(device):
            engine = self._built(graph, profile, self._aim(device))
            managed = self.library.ExecutionContextAllocationStrategy.USER_MANAGED
            context = engine.create_execution_context(managed)
            if context is None:
                raise DeviceError(f"{self.name} cannot run {graph.name}: {self._reason()}.")
        return _Engine(engine, context, graph, device, fixed=profile.size is not None)

    @abstractmethod
    def _aim(self, device: torch.device) -> Aim:
        """What to build for that device."""

    def _find(self, name: str) -> torch.device:
        if name.split(":")[0] != "cuda":
            raise DeviceError(
                f"The runtime {self.name!r} draws on NVIDIA GPUs, not on {name!r}: "
                "--device cuda:0, or --runtime auto."
            )
        return find_device(name)

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
    return key, onnx, replace(aim.order, shapes=shapes)


def compute_capability(device: torch.device) -> str:
    """Of a GPU, as "sm89"."""
    return "sm{}{}".format(*torch.cuda.get_device_capability(device))


class _Engine:
    """Takes and gives arrays, pictures as Pixels: numpy's, or torch's on `device`.

    Args:
        engine: as the library has it.
        context: that runs it, in memory that it is given.
        graph: what it was built from.
        device: where it runs.
        fixed: pictures are always of one size.
    """

    def __init__(
        self, engine: Any, context: Any, graph: Graph, device: torch.device, fixed: bool
    ) -> None:
        self._engine, self._context, self._graph, self._device = engine, context, graph, device
        self._lock, self._done = threading.Lock(), torch.cuda.Event()  # type: ignore[no-untyped-call]
        self._pictures = [port.is_picture for port in graph.inputs]
        self._run: Callable[..., tuple[Tensor, ...]] = self._on_device
        free = any(-1 in engine.get_tensor_shape(_name(port)) for port in graph.inputs)
        if fixed and not free:
            self._run = Replayed(graph.name, self._run, self._pictures, record_on(device))

    @torch.inference_mode()
    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        outputs = self._run(*map(_writable, arrays))
        if any(isinstance(picture, Tensor) for picture in compress(arrays, self._pictures)):
            return outputs
        return tuple(output.cpu().numpy() for output in outputs)

    def _on_device(self, *arrays: Any) -> tuple[Tensor, ...]:
        with torch.cuda.device(self._device):
            inputs = [
                self._input(port, array)
                for port, array in zip(self._graph.inputs, arrays, strict=True)
            ]
            outputs = self._enqueued(inputs)
            return tuple(
                _output(port, tensor)
                for port, tensor in zip(self._graph.outputs, outputs, strict=True)
            )

    def _enqueued(self, inputs: list[Tensor]) -> list[Tensor]:
        """Begin a run on the current stream; it waits for the one before, on whatever stream."""
        stream, recording = torch.cuda.current_stream(), torch.cuda.is_current_stream_capturing()
        with self._lock:
            if not recording:  # what is being recorded comes after nothing, and is replayed in turn
                stream.wait_event(self._done)
            for port, tensor in zip(self._graph.inputs, inputs, strict=True):
                self._bind(port, tensor)
            outputs = [self._empty(port) for port in self._graph.outputs]
            # Torch's memory, which later work on this stream may take over, and no other.
            scratch = torch.empty(self._scratch_bytes(), dtype=torch.uint8, device=self._device)
            self._context.set_device_memory(scratch.data_ptr(), scratch.numel())
            if not self._context.execute_async_v3(stream.cuda_stream):
                kind = RuntimeError if recording else DeviceError
                raise kind(f"The engine of {self._graph.name} could not be run.")
            if not recording:
                self._done.record(stream)
        return outputs

    def _input(self, port: Port, array: Any) -> Tensor:
        there = torch.as_tensor(array).to(self._device, non_blocking=True)
        numbers = there.to(_TYPES[self._engine.get_tensor_dtype(_name(port)).name])
        return (numbers[None] if port.is_picture else numbers).contiguous()

    def _bind(self, port: Port, tensor: Tensor) -> None:
        if not self._context.set_input_shape(_name(port), tuple(tensor.shape)):
            raise DeviceError(
                f"The engine of {self._graph.name} takes no {port.name} of {list(tensor.shape)}."
            )
        self._context.set_tensor_address(_name(port), tensor.data_ptr())

    def _empty(self, port: Port) -> Tensor:
        """Memory for an output."""
        shape = tuple(self._context.get_tensor_shape(_name(port)))
        dtype = _TYPES[self._engine.get_tensor_dtype(_name(port)).name]
        tensor = torch.empty(shape, dtype=dtype, device=self._device)
        self._context.set_tensor_address(_name(port), tensor.data_ptr())
        return tensor

    def _scratch_bytes(self) -> int:
        """Of the layers, for the shapes of this run; at least one, so that there is an address."""
        needed: int = self._context.update_device_memory_size_for_shapes()
        return max(1, needed or self._engine.device_memory_size_v2)


@cache
def _log(library: Any) -> Any:
    """The one logger of the process: what is made later would not be listened to."""
    return error_log(library)


def _converted(graph: Graph, profile: Profile) -> ModelProto:
    """The graph with Pixels going in and out, in the precision that is asked for."""
    model = with_pixels(graph, profile, TensorProto.INT32)  # TensorRT has no uint16
    return halved(model) if profile.precision == "fp16" else model


def _name(port: Port) -> str:
    """What the engine calls it."""
    return f"{port.name}.pixels" if port.is_picture else port.name


def _output(port: Port, tensor: Tensor) -> Tensor:
    if not port.is_picture:
        return tensor
    return tensor[0].to(torch.uint16) if tensor.dtype == torch.int32 else tensor[0]


def _writable(array: Array) -> Array:
    """In order and writable: torch knows nothing of numpy's that is read-only or mirrored."""
    return np.require(array, requirements=["C", "W"]) if isinstance(array, np.ndarray) else array
