"""The ways to run a network by name, and which is taken when none is named."""

from __future__ import annotations

import importlib.util
from importlib.metadata import distributions

from vidstyle.registry import Table
from vidstyle.runtimes.cuda import has_gpu

RUNTIMES = Table(
    "runtime",
    {
        "openvino": "vidstyle.runtimes.openvino:OpenVINO",
        "onnx": "vidstyle.runtimes.onnx:ONNXRuntime [onnx]",
        "onnx-tensorrt": "vidstyle.runtimes.onnx:ONNXRuntimeTensorRT [onnx]",
        "tensorrt": "vidstyle.runtimes.tensorrt:TensorRT [tensorrt]",
        "tensorrt-rtx": "vidstyle.runtimes.tensorrt_rtx:TensorRTRTX [tensorrt-rtx]",
        "torch": "vidstyle.runtimes.torch:Torch",
        "torch-compile": "vidstyle.runtimes.torch:TorchCompile",
    },
)


def choose(runtime: str, device: str) -> tuple[str, str]:
    """Turn "auto" into names: torch on an NVIDIA GPU, OpenVINO on the CPU where it is installed.

    Nothing is measured and torch is not loaded. Returns (runtime, device).
    """
    if device == "auto":
        device = "cuda:0" if _knows_cuda(runtime) and has_gpu() else "cpu"
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
