"""A model -> TensorRT-RTX engines for use elsewhere, built on any machine for GPUs by name."""

from __future__ import annotations

import glob
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import onnx
import torch

from vidstyle.contracts import Precision
from vidstyle.errors import OutputExists, UsageError
from vidstyle.export.agreement import Exported
from vidstyle.export.cache import Key, engine_files, kept_engine, write_engine
from vidstyle.export.tensorrt import (
    Order,
    Range,
    build_engine,
    load_library,
    parse_targets,
    shapes_of,
    size_name,
    targets_of,
)
from vidstyle.networks.exporting import check_export, export_onnx
from vidstyle.weights import Model

LIBRARY = "tensorrt_rtx"
# Ranges of sides that are free: pictures one at a time, contents upright or not.
_SIDES: Mapping[str, Mapping[str, Range]] = {
    "encode": {"H": (16, 512, 2048), "W": (16, 512, 2048)},
    "stylize": {"B": (1, 1, 1), "H": (64, 720, 1920), "W": (64, 1280, 1920)},
}

OnStep = Callable[[str, str, int, int], None]  # a graph, a phase, steps that are done, steps in all


@dataclass(frozen=True)
class _Built:
    """An engine that is still to be written."""

    key: Key
    engine: bytes
    seconds: float | None  # that it took; None for one that lies there already
    agreement: str  # of the ONNX file that it was made of

    def __str__(self) -> str:
        how = "there already" if self.seconds is None else f"built in {self.seconds:.1f} s"
        return f"{how}, from ONNX that is {self.agreement}"


def export_engines(
    model: Model,
    folder: Path,
    target: str | None = None,
    size: tuple[int, int] | None = None,
    precision: Precision = "fp32",
    pixels: bool = False,
    overwrite: bool = False,
    on_step: OnStep | None = None,
) -> list[Exported]:
    """Write the engines of encode and stylize, each with a manifest: see `export/cache.py`.

    They are built from the graphs that `export_onnx` gives, and take and give the same.

    Args:
        model: what to export.
        folder: where to write; made if need be.
        target: GPUs, as "sm86,sm89"; None for the one of this machine.
        size: the one height and width of contents; None for 64 to 1920 pixels a side.
        precision: what convolutions and matrix products of stylize are computed in.
        pixels: pictures go in and out as uint8 [B, H, W, 3], not as floats.
        overwrite: whether engines may be replaced. That of encode, which is the same for all sizes
            of contents, is otherwise taken as it is there.
        on_step: told of each step of the library's.

    Raises:
        UsageError: the network cannot be exported so, or there is no such target.
        MissingPackage: TensorRT-RTX is not installed.
        OutputExists: a file is there.
        DeviceError: TensorRT-RTX does not build a graph.
        OSError: the folder cannot be written.
    """
    library = load_library(LIBRARY)
    targets = parse_targets(target or _gpu_here(library), library)
    check_export(model, folder, precision)
    common = Key(
        "", "", "uint8" if pixels else "float32", "fp32", LIBRARY, library.__version__,
        "+".join(targets), "",
    )  # fmt: skip
    encode = _named(common, model, "encode", None)
    stylize = _named(replace(common, precision=precision), model, "stylize", size)
    before = sorted(folder.glob(f"{glob.escape(stylize.name)}*"))  # of whatever graph
    if before and not overwrite:
        raise OutputExists(f"{str(before[0])!r} is there already; --overwrite replaces it.")
    folder.mkdir(parents=True, exist_ok=True)
    TemporaryFile(dir=folder).close()  # said now, not after minutes, where it cannot be written
    with TemporaryDirectory(prefix="vidstyle-") as place:
        graphs = export_onnx(model, Path(place), size, precision, pixels)
        there = None if overwrite else folder
        built = [
            _built(graph, key, targets, there, on_step)
            for graph, key in zip(graphs, (encode, stylize), strict=True)
        ]
    _write([each for each in built if each.seconds is not None], before, folder)
    return [Exported(engine_files(each.key, folder)[0], str(each)) for each in built]


def _gpu_here(library: Any) -> str:
    if not torch.cuda.is_available():
        raise UsageError(
            "There is no NVIDIA GPU here, so name the one to build for, such as --target sm89. "
            f"Choose from: {', '.join(targets_of(library))}."
        )
    return "sm{}{}".format(*torch.cuda.get_device_capability())


def _named(common: Key, model: Model, function: str, size: tuple[int, int] | None) -> Key:
    """A key as far as it is known before there is a graph."""
    name = f"{model.name}.{function}"
    return replace(common, graph=name, size=size_name(size, _SIDES[function]))


def _built(
    graph: Exported,
    key: Key,
    targets: tuple[str, ...],
    folder: Path | None,
    on_step: OnStep | None,
) -> _Built:
    """The engine of an ONNX file, from `folder` if it lies there."""
    content = graph.path.read_bytes()
    sides = _SIDES[key.graph.rpartition(".")[2]]
    shapes = shapes_of(onnx.load_from_string(content), sides)
    key = replace(key, onnx_sha256=hashlib.sha256(content).hexdigest(), shapes=shapes)
    if folder is not None and (engine := kept_engine(key, folder)) is not None:
        return _Built(key, engine, None, graph.agreement)
    start = time.monotonic()
    tell = on_step and partial(on_step, key.graph)
    engine = build_engine(key.graph, content, Order(LIBRARY, shapes, targets), tell)
    return _Built(key, engine, time.monotonic() - start, graph.agreement)


def _write(built: Sequence[_Built], before: Sequence[Path], folder: Path) -> None:
    """Write all of them or none, for those that were there before."""
    written: list[Path] = []
    try:
        for each in built:
            written += write_engine(each.key, each.engine, each.seconds or 0, folder)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    for path in set(before) - set(written):
        path.unlink(missing_ok=True)
