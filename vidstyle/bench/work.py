"""What drawing one frame takes, counted from the network's graph, not measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import openvino as ov

from vidstyle.contracts import Precision

_CORE = ov.Core()  # never thrown away: see runtimes/openvino.py
_BYTES = {"fp32": 4, "bf16": 2, "fp16": 2}


@dataclass(frozen=True)
class Work:
    """Of one frame."""

    multiply_adds: int  # of convolutions and matrix products; the rest is a few percent
    bytes: int  # that those read and write; what lies between is taken to be done in passing


def work(graph: str, height: int, width: int, precision: Precision) -> Work:
    """What a graph that draws takes for one frame.

    Args:
        graph: a network's stylize graph, as the path of an ONNX file.
        height: of the frame, as the width in pixels.
        width: of the frame.
        precision: which numbers are read and written.
    """
    model = _CORE.read_model(graph)
    model.reshape({model.inputs[0].any_name: [1, 3, height, width]})
    count = numbers = 0
    for step in model.get_ops():
        if (products := _products(step)) is not None:
            ports = [*step.inputs(), *step.outputs()]
            count += products * prod(step.output(0).shape)
            numbers += sum(prod(port.get_shape()) for port in ports)
    return Work(count, numbers * _BYTES[precision])


def _products(step: Any) -> int | None:
    """Multiply-adds for each number that comes out; None of a step that has none."""
    kind: str = step.get_type_name()
    shapes: list[list[int]] = [list(port.get_shape()) for port in step.inputs()]
    if kind == "Convolution":  # weights [out, in, H, W]
        return prod(shapes[1][1:])
    if kind == "GroupConvolution":  # [groups, out, in, H, W]
        return prod(shapes[1][2:])
    if kind == "MatMul":
        return shapes[0][-2 if step.get_attributes()["transpose_a"] else -1]
    return None
