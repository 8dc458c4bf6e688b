"""What the machine at hand can do: facts and measured ceilings that every report prints first."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, Any]:
    """What it is, and its measured ceilings."""
    import numpy as np
    import openvino as ov

    from vidstyle.runtimes.openvino import OpenVINO

    precision = OpenVINO().best_precision("cpu")
    source, target = np.ones(2**25, np.float32), np.empty(2**25, np.float32)
    copies = [timed(lambda: np.copyto(target, source)) for _ in range(5)]
    return {
        "cpu": ov.Core().get_property("CPU", "FULL_DEVICE_NAME"),
        "kind": kind(precision),
        "cores": CORES,
        "system": platform.platform(),
        "python": platform.python_version(),
        "openvino": ov.__version__,
        "precision": precision,
        "convolution_tflops": convolution(precision),
        "copy_gb_per_second": 2 * source.nbytes / min(copies) / 1e9,
    }


def kind(precision: str) -> str:
    """Which of the kinds of CPU that differ in what is fast on them."""
    flags = Path("/proc/cpuinfo")
    if flags.exists() and "amx_bf16" in flags.read_text():
        return "AMX"
    return "AVX-512 with bf16" if precision == "bf16" else "no bf16"


def convolution(precision: str) -> float:
    """TFLOP/s of a 3x3 convolution of 64 channels at 160x90 in OpenVINO, on all cores."""
    import numpy as np
    import openvino as ov
    from openvino import opset13 as op

    picture = op.parameter([1, 64, 90, 160], np.float32)
    layer: Any = picture
    weights = np.random.default_rng(0).standard_normal((64, 64, 3, 3)).astype(np.float32) / 24
    for _ in range(8):
        layer = op.convolution(layer, weights, [1, 1], [1, 1], [1, 1], [1, 1])
    kind = {"bf16": ov.Type.bf16, "fp32": ov.Type.f32}[precision]
    model = ov.compile_model(
        ov.Model([layer], [picture]), "CPU", {"INFERENCE_PRECISION_HINT": kind}
    )
    values = np.ones((1, 64, 90, 160), np.float32)
    times = [timed(lambda: model(values)) for _ in range(30)]
    return 8 * 2 * 64 * 64 * 9 * 90 * 160 / statistics.median(times[5:]) / 1e12


def timed(work: Callable[[], Any]) -> float:
    """Seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak_mb() -> float:
    """The most memory that this process has held. (getrusage counts that of its parent, too.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def gpu_machine(device: str = "cuda:0") -> dict[str, Any]:
    """What the GPU is, and its measured ceilings."""
    import torch

    facts = torch.cuda.get_device_properties(device)
    return {
        "gpu": facts.name,
        "memory_gb": facts.total_memory / 1e9,
        "cores": CORES,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "matrix_tflops": matrix_product(device),
        "copy_gb_per_second": device_copy(device),
    }


def matrix_product(device: str, side: int = 8192) -> float:
    """TFLOP/s of a product of square matrices in fp16."""
    import torch

    matrix = torch.randn(side, side, dtype=torch.float16, device=device)
    return 2 * side**3 / statistics.median(periods(lambda _: matrix @ matrix, device)) / 1e12


def device_copy(device: str, count: int = 2**29) -> float:
    """GB/s that a copy within the device's memory reads and writes."""
    import torch

    source = torch.ones(count, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * count / statistics.median(periods(lambda _: target.copy_(source), device)) / 1e9


def periods(
    work: Callable[[int], Any], device: str, seconds: float = 1.0, most: int = 200
) -> list[float]:
    """Seconds from the end of one call's work on `device` to that of the next.

    Calls follow each other without a wait, `seconds` long or `most` of them, after some to warm up.
    What a call gives is kept until the next.
    """
    import torch

    on_gpu = torch.device(device).type == "cuda"

    def mark() -> Any:
        if not on_gpu:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def measured(count: int) -> list[float]:
        marks = [mark()]
        for number in range(count):
            kept = work(number)  # noqa: F841
            marks.append(mark())
        if not on_gpu:
            return [after - before for before, after in pairwise(marks)]
        torch.cuda.synchronize(device)
        return [before.elapsed_time(after) / 1000 for before, after in pairwise(marks)]

    measured(2)
    one = statistics.median(measured(3))
    return measured(max(5, min(most, round(seconds / max(one, 1e-9)))))


def print_machine(facts: dict[str, Any]) -> None:
    """One line on the machine."""
    print(
        f"{facts['cpu']}, {facts['cores']} cores, {facts['kind']}: 3x3 convolution "
        f"{facts['convolution_tflops']:.2f} TFLOP/s, copy {facts['copy_gb_per_second']:.1f} GB/s\n"
    )
