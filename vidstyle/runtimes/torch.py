"""PyTorch, as it is or compiled: on NVIDIA GPUs, and the reference everywhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, ClassVar, Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from vidstyle.contracts import Array, Engine, Graph, Precision, Profile
from vidstyle.errors import DeviceError
from vidstyle.runtimes.cudagraph import Replayed, record_on
from vidstyle.transfer import on_host

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Torch:
    """Runs a network's module as it is; on a GPU, at a fixed size, as a CUDA graph."""

    reads: Literal["module", "onnx"] = "module"
    at_once = 1
    _records: ClassVar[bool] = True  # what it draws at a fixed size on a GPU

    def best_precision(self, device: str) -> Precision:
        """fp16 on a GPU; on a CPU bf16 where it computes in it, else fp32.

        On a CPU without bf16 torch emulates it, twelve times slower than fp32.

        Raises:
            DeviceError: torch cannot use the device.
        """
        if find_device(device).type != "cpu":
            return "fp16"
        able = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        return "bf16" if able else "fp32"

    def compile(self, graph: Graph, profile: Profile) -> Engine:
        """Move the module to the device; pictures are converted there."""
        device = find_device(profile.device)
        module = cast(nn.Module, graph.function).to(device).to(memory_format=torch.channels_last)
        if device.type == "cuda" and profile.precision == "fp32":
            torch.backends.cudnn.allow_tf32 = False  # of 11 bits, as fp16 has
        dtype = _DTYPES[profile.precision]
        draw: Any = _Drawing(self._ready(module), graph, device, dtype, profile.bits)
        pictures = [port.is_picture for port in graph.inputs]
        if self._records and device.type == "cuda" and profile.size is not None:
            draw = Replayed(graph.name, draw, pictures, record_on(device))
        return DeviceEngine(draw, pictures)

    def _ready(self, module: nn.Module) -> Any:
        return module


class TorchCompile(Torch):
    """Runs a network's module through torch.compile; the first frame of a size takes long."""

    _records = False

    def _ready(self, module: nn.Module) -> Any:
        logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # no CUDA is no news
        return torch.compile(module)


def find_device(name: str) -> torch.device:
    """The device that people call `name`.

    Raises:
        DeviceError: torch cannot use it.
    """
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].split(". ")[0].rstrip(".")  # torch's first sentence
        raise DeviceError(f"The device {name!r} cannot be used by torch: {reason}.") from None
    return device


class _Drawing:
    """A module that takes arrays of either kind and gives tensors on its device."""

    def __init__(
        self, module: Any, graph: Graph, device: torch.device, dtype: torch.dtype, bits: int
    ) -> None:
        self._module, self._graph = module, graph
        self._device, self._dtype = device, dtype
        self._top = 255 if bits <= 8 else 65535

    def __call__(self, *arrays: Array) -> tuple[Tensor, ...]:
        tensors = [torch.as_tensor(array).to(self._device, non_blocking=True) for array in arrays]
        inputs = [
            self._image(tensor) if port.is_picture else tensor
            for port, tensor in zip(self._graph.inputs, tensors, strict=True)
        ]
        # Convolutions in `dtype`, sums and statistics in fp32: wholly in bf16, drawings of MicroAST
        # are off in color by up to 13 levels of 255 on average; this way by 0.3.
        # No cache of weights in `dtype`: a recording would read it after it is thrown away.
        half = self._dtype != torch.float32
        with torch.autocast(self._device.type, self._dtype, half, cache_enabled=False):
            outputs = self._module(*inputs)
        return tuple(
            self._pixels(tensor) if port.is_picture else tensor.float()
            for port, tensor in zip(self._graph.outputs, outputs, strict=True)
        )

    def _image(self, pixels: Tensor) -> Tensor:
        return pixels[None].permute(0, 3, 1, 2).float() / self._top  # channels last

    def _pixels(self, image: Tensor) -> Tensor:
        scaled = (image.float().clamp(0, 1) * self._top).round()
        number = torch.uint8 if self._top == 255 else torch.uint16
        return scaled[0].permute(1, 2, 0).to(number).contiguous()


class DeviceEngine:
    """A drawing whose outputs lie where its pictures come from: on the device, or on the host.

    Args:
        draw: takes arrays of either kind and gives tensors on its device.
        pictures: for each argument, whether it is Pixels.
    """

    def __init__(self, draw: Callable[..., tuple[Tensor, ...]], pictures: Sequence[bool]) -> None:
        self._draw, self._pictures = draw, pictures

    @torch.inference_mode()
    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        """What `draw` gives."""
        outputs = self._draw(*map(_writable, arrays))
        pictures = compress(arrays, self._pictures)
        if any(isinstance(picture, Tensor) for picture in pictures):
            return outputs
        return tuple(map(on_host, outputs))


def _writable(array: Array) -> Array:
    """In order and writable: torch knows nothing of numpy's that is read-only or mirrored."""
    return np.require(array, requirements=["C", "W"]) if isinstance(array, np.ndarray) else array
