"""An engine of TensorRT at work, on the current CUDA stream and in PyTorch's memory."""

from __future__ import annotations

import threading
from typing import Any

import torch
from torch import Tensor

from vidstyle.contracts import Array, Graph, Port
from vidstyle.errors import DeviceError

_TYPES = {
    "FLOAT": torch.float32, "UINT8": torch.uint8, "INT32": torch.int32, "INT64": torch.int64,
}  # fmt: skip


class Execution:
    """Takes arrays of either kind, pictures as Pixels, and gives tensors on its device.

    Args:
        engine: as the library has it.
        context: that runs it, in memory that it is given.
        graph: what it was built from.
        device: where it runs.
    """

    def __init__(self, engine: Any, context: Any, graph: Graph, device: torch.device) -> None:
        self._engine, self._context, self._graph, self._device = engine, context, graph, device
        self._lock, self._done = threading.Lock(), torch.cuda.Event()  # type: ignore[no-untyped-call]

    @property
    def recordable(self) -> bool:
        """Whether all shapes are fixed, so that it can be a CUDA graph."""
        shapes = (self._engine.get_tensor_shape(_name(port)) for port in self._graph.inputs)
        return not any(-1 in tuple(shape) for shape in shapes)

    def __call__(self, *arrays: Array) -> tuple[Tensor, ...]:
        """What the graph gives; begun on the current stream."""
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
        """Begin a run; it waits for the one before, on whatever stream."""
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


def _name(port: Port) -> str:
    """What the engine calls it."""
    return f"{port.name}.pixels" if port.is_picture else port.name


def _output(port: Port, tensor: Tensor) -> Tensor:
    if not port.is_picture:
        return tensor
    return tensor[0].to(torch.uint16) if tensor.dtype == torch.int32 else tensor[0]
