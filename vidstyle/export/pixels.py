"""A stored graph with Pixels going in and out, so that a runtime need not touch pictures itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, load, numpy_helper

from vidstyle.contracts import Graph, Port, Profile

_TO_IMAGE, _TO_PIXELS = (0, 3, 1, 2), (0, 2, 3, 1)


def with_pixels(graph: Graph, profile: Profile, wide: int = TensorProto.UINT16) -> ModelProto:
    """The ONNX file of `graph` for the size and depth of `profile`.

    Each picture is [1, H, W, 3] of whole numbers; one that is given out is cut to 0..1 and rounded
    to the nearest, half to even. All else stays as it is.

    Args:
        graph: its function is the path of an ONNX file.
        profile: its precision and device do not matter here.
        wide: how pictures above 8 bits are stored, for runtimes that know no uint16.
    """
    assert isinstance(graph.function, Path)
    model = load(graph.function)
    number, top = (TensorProto.UINT8, 255.0) if profile.bits <= 8 else (wide, 65535.0)
    before, after = [], []
    for port, value in zip(graph.inputs, model.graph.input, strict=True):
        if port.is_picture:
            value.CopyFrom(_pixels(port, number, profile))
            before += _to_image(port, value.name)
    for port, value in zip(graph.outputs, model.graph.output, strict=True):
        if port.is_picture:
            value.CopyFrom(_pixels(port, number, profile))
            after += _to_pixels(port, value.name, number)
    nodes = [*before, *model.graph.node, *after]
    del model.graph.node[:], model.graph.value_info[:]  # what was said there holds for any size
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(
        numpy_helper.from_array(np.array(value, np.float32), name)
        for name, value in {"pixels.top": top, "pixels.black": 0.0, "pixels.white": 1.0}.items()
    )
    return model


def _pixels(port: Port, number: int, profile: Profile) -> object:
    height, width = profile.size or ("H", "W")
    return helper.make_tensor_value_info(f"{port.name}.pixels", number, [1, height, width, 3])


def _to_image(port: Port, pixels: str) -> list[NodeProto]:
    """Made float first: TensorRT does nothing else with uint8."""
    names = [pixels, f"{port.name}.floats", f"{port.name}.planes", port.name]
    return [
        helper.make_node("Cast", names[0:1], names[1:2], to=TensorProto.FLOAT),
        helper.make_node("Transpose", names[1:2], names[2:3], perm=_TO_IMAGE),
        helper.make_node("Div", [names[2], "pixels.top"], names[3:4]),
    ]


def _to_pixels(port: Port, pixels: str, number: int) -> list[NodeProto]:
    names = [port.name, *(f"{port.name}.{step}" for step in ("cut", "scaled", "whole", "packed"))]
    return [
        helper.make_node("Clip", [names[0], "pixels.black", "pixels.white"], names[1:2]),
        helper.make_node("Mul", [names[1], "pixels.top"], names[2:3]),
        helper.make_node("Round", names[2:3], names[3:4]),
        helper.make_node("Transpose", names[3:4], names[4:5], perm=_TO_PIXELS),
        helper.make_node("Cast", names[4:5], [pixels], to=number),
    ]
