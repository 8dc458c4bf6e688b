"""How far an exported graph is from the module that it was made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
from torch import Tensor

from vidstyle.contracts import HostArray
from vidstyle.errors import MissingPackage

FARTHEST = 1e-3  # what `gap` may be in float32
LEAST_PSNR = 38.0  # dB: what `psnr` may be in half precision

Run: TypeAlias = Callable[[Sequence[Tensor]], list[HostArray]]


@dataclass(frozen=True)
class Exported:
    """A file that was written."""

    path: Path
    agreement: str  # how far it is from torch, in words


def runnable(path: Path) -> Run:
    """The graph at `path`, checked, as ONNX Runtime runs it or, without that, OpenVINO.

    Raises:
        MissingPackage: neither is installed.
    """
    onnx.checker.check_model(str(path), full_check=True)
    for load in (_by_onnxruntime, _by_openvino):
        try:
            return load(path)
        except ImportError:
            continue
    raise MissingPackage(
        "A graph is kept only when it has been run, and nothing here runs it: "
        "pip install 'vidstyle[onnx]'."
    )


def gap(found: HostArray, expected: HostArray) -> float:
    """Root mean square of the difference over the deviation of what is expected.

    A single number has no deviation: there it is the difference over the number.
    """
    scale = expected.std() if expected.size > 1 else np.abs(expected).max()
    return float(_rms(found, expected) / max(scale, 1e-12))


def psnr(found: HostArray, expected: HostArray) -> float:
    """Of two pictures in 0..1, in dB; infinite where they are the same, NaN where one is."""
    with np.errstate(divide="ignore"):
        return float(-20 * np.log10(_rms(found, expected)))


def _rms(found: HostArray, expected: HostArray) -> Any:
    return np.sqrt(np.square(found.astype(np.float64) - expected).mean())


def _by_onnxruntime(path: Path) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [port.name for port in session.get_inputs()]

    def run(inputs: Sequence[Tensor]) -> list[HostArray]:
        feed = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
        return list(session.run(None, feed))

    return run


def _by_openvino(path: Path) -> Run:
    import openvino

    options = {"INFERENCE_PRECISION_HINT": openvino.Type.f32}
    compiled = openvino.Core().compile_model(str(path), "CPU", options)

    def run(inputs: Sequence[Tensor]) -> list[HostArray]:
        found = compiled([tensor.numpy() for tensor in inputs])
        return [found[port].copy() for port in compiled.outputs]

    return run
