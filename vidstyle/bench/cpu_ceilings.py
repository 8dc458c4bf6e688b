"""What this CPU can do at most, on all its cores, as OpenVINO computes."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from vidstyle.bench.clock import spans, warmed_up
from vidstyle.contracts import Precision
from vidstyle.machine import cores

_CORE = ov.Core()  # never thrown away: see runtimes/openvino.py
_TYPES = {"bf16": ov.Type.bf16, "fp32": ov.Type.f32}
_SIDE = 1536  # of the square matrices
_COPIED = 2**27  # bytes: more than caches hold
_SECONDS = 0.5  # of each measurement


def product(precision: Precision) -> float:
    """TFLOP/s of a product of square matrices."""
    one = op.parameter([_SIDE, _SIDE], np.float32)
    other = np.random.default_rng(0).standard_normal((_SIDE, _SIDE)).astype(np.float32)
    values = np.ones((_SIDE, _SIDE), np.float32)
    model = ov.Model([op.matmul(one, other, False, False)], [one])
    return 2 * _SIDE**3 / _seconds(model, values, precision) / 1e12


def convolution(precision: Precision) -> float:
    """TFLOP/s of eight 3x3 convolutions of 64 channels at 160x90, one after the other."""
    picture = op.parameter([1, 64, 90, 160], np.float32)
    layer: Any = picture
    weights = np.random.default_rng(0).standard_normal((64, 64, 3, 3)).astype(np.float32) / 24
    for _ in range(8):
        layer = op.convolution(layer, weights, [1, 1], [1, 1], [1, 1], [1, 1])
    values = np.ones((1, 64, 90, 160), np.float32)
    seconds = _seconds(ov.Model([layer], [picture]), values, precision)
    return 8 * 2 * 64 * 64 * 9 * 90 * 160 / seconds / 1e12


def copy() -> float:
    """GB/s that all cores together read and write when they copy memory."""
    count = cores()
    parts = [np.array_split(np.ones(_COPIED, np.uint8), count) for _ in range(2)]
    with ThreadPoolExecutor(count) as threads:
        copied = lambda _: list(threads.map(np.copyto, *parts))  # noqa: E731
        return 2 * _COPIED / min(spans(copied, 6, "cpu")) / 1e9


def _seconds(model: ov.Model, values: np.ndarray[Any, Any], precision: Precision) -> float:
    """Median of a call."""
    options = {"INFERENCE_PRECISION_HINT": _TYPES[precision], "PERFORMANCE_HINT": "LATENCY"}
    compiled: Callable[[Any], Any] = _CORE.compile_model(model, "CPU", options)
    one = statistics.median(warmed_up(lambda _: compiled(values), "cpu")[-3:])
    return statistics.median(
        spans(lambda _: compiled(values), max(5, round(_SECONDS / one)), "cpu")
    )
