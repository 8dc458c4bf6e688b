"""What a GPU can do at most, as PyTorch computes."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import torch

from vidstyle.bench.clock import spans, warmed_up
from vidstyle.contracts import Precision

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_SIDE = 8192  # of the square matrices
_COPIED = 2**29  # bytes: more than caches hold
_SECONDS = 1.0  # of each measurement
_MOST_CALLS = 200


def product(device: str, precision: Precision = "fp16", side: int = _SIDE) -> float:
    """TFLOP/s of a product of square matrices."""
    matrix = torch.randn(side, side, dtype=_TYPES[precision], device=device)
    return 2 * side**3 / _seconds(lambda _: matrix @ matrix, device) / 1e12


def convolution(
    device: str, precision: Precision = "fp16", height: int = 720, width: int = 1280
) -> float:
    """TFLOP/s of a 3x3 convolution of 64 channels to 64."""
    layer = torch.nn.Conv2d(64, 64, 3, padding=1, device=device, dtype=_TYPES[precision])
    picture = torch.ones(1, 64, height, width, device=device, dtype=_TYPES[precision])
    layer = layer.to(memory_format=torch.channels_last)
    content = picture.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        seconds = _seconds(lambda _: layer(content), device)
    return 2 * 64 * 64 * 9 * height * width / seconds / 1e12


def copy(device: str, count: int = _COPIED) -> float:
    """GB/s that a copy within the device's memory reads and writes."""
    source = torch.ones(count, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * count / _seconds(lambda _: target.copy_(source), device) / 1e9


def _seconds(work: Callable[[int], Any], device: str) -> float:
    """Median of a call."""
    one = statistics.median(warmed_up(work, device)[-3:])
    count = max(5, min(_MOST_CALLS, round(_SECONDS / max(one, 1e-9))))
    return statistics.median(spans(work, count, device))
