"""The ways to run a network by name, and which is taken when none is named."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from importlib.metadata import distributions

from vidstyle.registry import Table

RUNTIMES = Table(
    "runtime",
    {
        "openvino": "vidstyle.runtimes.openvino:OpenVINO",
        "onnx": "vidstyle.runtimes.onnx:ONNXRuntime [onnx]",
        "onnx-tensorrt": "vidstyle.runtimes.onnx:ONNXRuntimeTensorRT [onnx]",
        "torch": "vidstyle.runtimes.torch:Torch",
        "torch-compile": "vidstyle.runtimes.torch:TorchCompile",
    },
)


def choose(runtime: str, device: str) -> tuple[str, str]:
    """Turn "auto" into names: torch on an NVIDIA GPU, OpenVINO on the CPU where it is installed.

    Nothing is measured and torch is not loaded. Returns (runtime, device).
    """
    if device == "auto":
        device = "cuda:0" if _knows_cuda(runtime) and _has_cuda() else "cpu"
    if device == "cuda":
        device = "cuda:0"
    if runtime == "auto":
        fits = device == "cpu" and importlib.util.find_spec("openvino") is not None
        runtime = "openvino" if fits else "torch"
    return runtime, device


def _knows_cuda(runtime: str) -> bool:
    """Whether the package behind `runtime` can be for NVIDIA GPUs, as far as its name tells."""
    if runtime == "onnx":
        return any(True for _ in distributions(name="onnxruntime-gpu"))
    return runtime != "openvino"


def _has_cuda() -> bool:
    """Whether the NVIDIA driver counts at least one GPU."""
    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return False
    count = ctypes.c_int(0)
    return (
        driver.cuInit(0) == 0
        and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
        and count.value > 0
    )
