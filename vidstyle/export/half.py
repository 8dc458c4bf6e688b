"""A graph whose convolutions and matrix products are computed in half precision."""

from __future__ import annotations

import numpy as np
from onnx import ModelProto
from onnx_ir.passes.common import RemoveUnusedNodesPass
from onnxscript import ir

_PRODUCTS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
_FOLLOWING = {  # move, compare or interpolate numbers, by which halves lose little or nothing
    "DepthToSpace", "MaxPool", "Relu", "Reshape", "Resize", "Slice", "SpaceToDepth", "Transpose",
}  # fmt: skip


def in_half(model: ir.Model) -> None:
    """Compute products in float16, and everything else, statistics above all, in float32.

    Numbers go in and out of the graph as before. The precision lies in the graph, as runtimes want
    it that choose none themselves.
    """
    graph, halves = model.graph, _Halves(model.graph)
    for node in list(graph):
        if node.op_type in _PRODUCTS:
            for place, value in enumerate(node.inputs):
                node.replace_input_with(place, value and halves.of(value, node))
        elif node.op_type in _FOLLOWING and node.inputs[0] in halves.computed:
            node.replace_input_with(0, halves.computed[node.inputs[0]])
        else:
            continue
        halves.computed_by(node)
    RemoveUnusedNodesPass()(model)


def halved(model: ModelProto) -> ModelProto:
    """What `in_half` makes of a copy."""
    copy = ir.from_proto(model)
    in_half(copy)
    return ir.to_proto(copy)


class _Halves:
    """The float16 forms of a graph's float32 values, each made when it is first wanted."""

    def __init__(self, graph: ir.Graph) -> None:
        self.graph = graph
        self.computed: dict[ir.Value | None, ir.Value] = {}  # by nodes that compute in halves
        self.cast: dict[ir.Value, ir.Value] = {}

    def of(self, value: ir.Value, node: ir.Node) -> ir.Value:
        """The float16 form of `value`, there before `node`."""
        if value in self.computed:
            return self.computed[value]
        if value not in self.cast:
            self.cast[value] = self._constant(value) or self._cast(value, node)
        return self.cast[value]

    def computed_by(self, node: ir.Node) -> None:
        """What `node` gives is float16; those that want float32 take what is cast from it."""
        (half,) = node.outputs
        back = ir.node("Cast", [half], {"to": ir.DataType.FLOAT})
        ir.convenience.replace_all_uses_with(half, back.outputs[0])
        back.replace_input_with(0, half)
        self.graph.insert_after(node, back)
        half.type = ir.TensorType(ir.DataType.FLOAT16)
        self.computed[back.outputs[0]] = half

    def _constant(self, value: ir.Value) -> ir.Value | None:
        if value.const_value is None:
            return None
        numbers = value.const_value.numpy().astype(np.float16)
        half = ir.Value(name=f"{value.name}.half", const_value=ir.tensor(numbers))
        self.graph.register_initializer(half)
        return half

    def _cast(self, value: ir.Value, node: ir.Node) -> ir.Value:
        cast = ir.node("Cast", [value], {"to": ir.DataType.FLOAT16})
        self.graph.insert_before(node, cast)
        return cast.outputs[0]
