"""A graph of a torch module -> an ONNX file, with free height and width."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnxscript import ir
from onnxscript.optimizer import fold_constants
from torch.export import Dim

from vidstyle.contracts import Graph, Port

_TRACED = (104, 120)  # height and width that the graph is traced with
_SMALL = 256  # numbers of a tensor that is not worth a step of its own
_FOLDED = 2**20  # numbers of a tensor, at most, that is computed here rather than at every start


def to_onnx(
    graph: Graph, path: Path, codes: Sequence[tuple[torch.Tensor, ...]], smallest: int
) -> None:
    """Write `graph`, whose function is a module, to `path`: float32, nothing stored outside.

    Args:
        graph: what to write.
        path: the file; replaced only when the export has succeeded.
        codes: those of two styles of different size; where their shapes differ, any will do.
        smallest: the least height and width in pixels.
    """
    free = {2: Dim("H", min=smallest), 3: Dim("W", min=smallest)}
    parts = zip(*codes, strict=True)
    ports = [_example(port, free, parts) for port in graph.inputs]
    inputs, shapes = tuple(example for example, _ in ports), tuple(shape for _, shape in ports)
    draft = path.with_suffix(".draft")
    save(traced(graph, inputs, shapes), draft)
    draft.replace(path)


def traced(
    graph: Graph, inputs: tuple[torch.Tensor, ...], shapes: tuple[dict[int, Any], ...]
) -> torch.onnx.ONNXProgram:
    """`graph`, whose function is a module, as ONNX; what never changes is computed here.

    Args:
        graph: what to trace.
        inputs: what it is traced with.
        shapes: which sides of each input are free.
    """
    assert isinstance(graph.function, torch.nn.Module)
    dynamic: Any = (shapes,) if graph.name.endswith("stylize") else shapes  # its inputs are *inputs
    with (
        torch.no_grad(),
        warnings.catch_warnings(),
        _quiet("torch.onnx", "torch.export", "onnxscript", "onnx_ir"),
    ):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph.function,
            inputs,
            dynamo=True,
            verbose=False,
            input_names=[port.name for port in graph.inputs],
            output_names=[port.name for port in graph.outputs],
            dynamic_shapes=dynamic,
        )
        assert program is not None
        fold_constants(program.model, input_size_limit=_FOLDED, output_size_limit=_FOLDED)
    return program


def save(program: torch.onnx.ONNXProgram, path: Path) -> None:
    """Write a graph to `path`, nothing stored outside."""
    _halve(program.model.graph)
    program.save(path)


def _example(
    port: Port, free: dict[int, Any], parts: Iterator[tuple[torch.Tensor, ...]]
) -> tuple[torch.Tensor, dict[int, Any]]:
    """What a graph is traced with at one of its inputs, and which of its sides are free."""
    if port.is_picture:
        return torch.rand(1, 3, *_TRACED), free
    if port.name == "strength":
        return torch.rand(1), {}
    if port.name == "place":
        return torch.zeros(1, dtype=torch.int64), {}
    part, other = next(parts)
    sides = enumerate(zip(part.shape, other.shape, strict=True))
    return torch.rand(part.shape), {place: Dim.AUTO for place, (a, b) in sides if a != b}


def _halve(graph: ir.Graph) -> None:
    """Store tensors in half precision where nothing is lost: those of models stored so.

    A runtime makes them float32 again when it compiles the graph.
    """
    for name, value in list(graph.initializers.items()):
        tensor = value.const_value
        if tensor is None or tensor.dtype != ir.DataType.FLOAT or tensor.size < _SMALL:
            continue
        numbers = tensor.numpy()
        with np.errstate(over="ignore"):
            half = numbers.astype(np.float16)
        if np.array_equal(half.astype(np.float32), numbers):
            stored = ir.Value(name=f"{name}.half", const_value=ir.tensor(half))
            cast = ir.node("Cast", [stored], {"to": ir.DataType.FLOAT})
            graph.register_initializer(stored)
            graph.insert_before(graph[0], cast)
            ir.convenience.replace_all_uses_with(value, cast.outputs[0])
            del graph.initializers[name]


class _quiet:
    """The exporter's chatter is not for our users; its errors still are raised."""

    def __init__(self, *names: str) -> None:
        self._loggers = [logging.getLogger(name) for name in names]

    def __enter__(self) -> None:
        self._levels = [logger.level for logger in self._loggers]
        for logger in self._loggers:
            logger.setLevel(logging.ERROR)

    def __exit__(self, *error: object) -> None:
        for logger, level in zip(self._loggers, self._levels, strict=True):
            logger.setLevel(level)
