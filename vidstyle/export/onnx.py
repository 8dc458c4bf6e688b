"""A graph of a torch module -> an ONNX file, with free height and width."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import torch
from onnxscript.optimizer import fold_constants
from torch.export import Dim

from vidstyle.contracts import Graph, Port

_TRACED = (104, 120)  # height and width that the graph is traced with
_FOLDED = 2**20  # numbers of a tensor, at most, that is computed here rather than at every start


def to_onnx(graph: Graph, path: Path, code_shapes: list[tuple[int, ...]], smallest: int) -> None:
    """Write `graph`, whose function is a module, to `path`: float32, nothing stored outside.

    Args:
        graph: what to write.
        path: the file; replaced only when the export has succeeded.
        code_shapes: the shapes of a style code's tensors.
        smallest: the least height and width in pixels.
    """
    free = {2: Dim("H", min=smallest), 3: Dim("W", min=smallest)}
    codes = iter(code_shapes)
    inputs = tuple(torch.rand(_shape(port, codes)) for port in graph.inputs)
    shapes = tuple(free if port.is_picture else {} for port in graph.inputs)
    variadic: Any = (shapes,) if graph.name.endswith("stylize") else shapes
    assert isinstance(graph.function, torch.nn.Module)
    draft = path.with_suffix(".draft")
    with (
        torch.no_grad(),
        warnings.catch_warnings(),
        _quiet("torch.onnx", "torch.export", "onnxscript"),
    ):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph.function,
            inputs,
            dynamo=True,
            verbose=False,
            input_names=[port.name for port in graph.inputs],
            output_names=[port.name for port in graph.outputs],
            dynamic_shapes=variadic,
        )
        assert program is not None
        fold_constants(program.model, input_size_limit=_FOLDED, output_size_limit=_FOLDED)
        program.save(draft)
    draft.replace(path)


def _shape(port: Port, codes: Any) -> tuple[int, ...]:
    if port.is_picture:
        return 1, 3, *_TRACED
    return (1,) if port.name == "strength" else next(codes)


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
