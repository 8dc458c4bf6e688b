"""What the machine at hand can do: facts and measured ceilings that every report prints first."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, Any]:
    """What it is, and its measured ceilings."""
    import openvino as ov

    from vidstyle.bench.cpu_ceilings import convolution, copy
    from vidstyle.runtimes.openvino import OpenVINO

    precision = OpenVINO().best_precision("cpu")
    return {
        "cpu": ov.Core().get_property("CPU", "FULL_DEVICE_NAME"),
        "kind": kind(precision),
        "cores": CORES,
        "system": platform.platform(),
        "python": platform.python_version(),
        "openvino": ov.__version__,
        "precision": precision,
        "convolution_tflops": convolution(precision),
        "copy_gb_per_second": copy(),
    }


def kind(precision: str) -> str:
    """Which of the kinds of CPU that differ in what is fast on them."""
    flags = Path("/proc/cpuinfo")
    if flags.exists() and "amx_bf16" in flags.read_text():
        return "AMX"
    return "AVX-512 with bf16" if precision == "bf16" else "no bf16"


def peak_mb() -> float:
    """The most memory that this process has held."""
    from vidstyle.machine import peak_memory

    return (peak_memory() or 0) / 2**20


def gpu_machine(device: str = "cuda:0") -> dict[str, Any]:
    """What the GPU is, and its measured ceilings."""
    import torch

    from vidstyle.bench.gpu_ceilings import copy, product

    facts = torch.cuda.get_device_properties(device)
    return {
        "gpu": facts.name,
        "memory_gb": facts.total_memory / 1e9,
        "cores": CORES,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "matrix_tflops": product(device),
        "copy_gb_per_second": copy(device),
    }


def print_machine(facts: dict[str, Any]) -> None:
    """One line on the machine."""
    print(
        f"{facts['cpu']}, {facts['cores']} cores, {facts['kind']}: 3x3 convolution "
        f"{facts['convolution_tflops']:.2f} TFLOP/s, copy {facts['copy_gb_per_second']:.1f} GB/s\n"
    )
