"""A graph as a TensorRT engine, built in a process of its own, since the library may abort."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from onnx import ModelProto

from vidstyle.errors import DeviceError, Interrupted, MissingPackage, UsageError
from vidstyle.export.timings import read_timings, write_timings

log = logging.getLogger(__name__)

Range: TypeAlias = tuple[int, int, int]  # of a side: the least, the best served, the largest
OnStep: TypeAlias = Callable[[str, int, int], None]  # a phase, steps that are done, steps in all

EXTRAS = {"tensorrt": "tensorrt", "tensorrt_rtx": "tensorrt-rtx"}  # of each library
_POINTS = (1, 48**2, 128**2)  # of codes that keep each: those of styles of 384 and 1024 pixels
# The child imports what this process would, whatever lies in the folder that it runs in.
_CHILD = (
    "import json, pathlib, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from vidstyle.export.builder import main; main(pathlib.Path(sys.argv[2]))"
)


@dataclass(frozen=True)
class Order:
    """What is to be built of a graph."""

    library: str  # "tensorrt", or "tensorrt_rtx", which has the same interface
    shapes: Mapping[str, Sequence[Sequence[int]]] = field(default_factory=dict)  # see `shapes_of`
    targets: tuple[str, ...] = ()  # RTX: GPUs, as "sm89"; none: those of the last generations
    recordable: bool = False  # RTX: as a CUDA graph, in memory that whoever runs it gives
    gpu: int | None = None  # TensorRT: the number of the one that it builds for, by trying


def build_engine(
    name: str, onnx: bytes, order: Order, on_step: OnStep | None = None, timings: Path | None = None
) -> bytes:
    """The engine of a graph.

    Args:
        name: of the graph, for errors.
        onnx: the graph.
        order: what is to be built.
        on_step: told of each step.
        timings: a file that keeps what TensorRT measures; the next build is sooner.

    Raises:
        DeviceError: the library refuses the graph, or broke off.
        Interrupted: Ctrl-C.
    """
    known = read_timings(timings) if timings else None
    try:
        engine, measured = _built(name, onnx, order, on_step, known)
    except _BrokeOff as error:
        if not known:
            raise
        log.warning("%s It is tried again without what earlier builds measured.", error)
        engine, measured = _built(name, onnx, order, on_step, b"")
    if timings and measured:
        write_timings(timings, measured)
    return engine


def shapes_of(model: ModelProto, sides: Mapping[str, Range]) -> dict[str, list[list[int]]]:
    """The least, best and largest shape of each input that has free sides.

    `sides` are ranges by the letters of sides; any other is one of a code that keeps points.
    """
    shapes = {}
    for value in model.graph.input:
        dims = value.type.tensor_type.shape.dim
        if any(dim.dim_param for dim in dims):
            ranges = [
                sides.get(dim.dim_param, _POINTS) if dim.dim_param else (dim.dim_value,) * 3
                for dim in dims
            ]
            shapes[value.name] = [list(shape) for shape in zip(*ranges, strict=True)]
    return shapes


def size_name(size: tuple[int, int] | None, sides: Mapping[str, Range]) -> str:
    """The size of pictures as a name says it: "768x512", or "64x64-1920x1920" where it is free."""
    if size is not None:
        return f"{size[1]}x{size[0]}"
    (low, _, high), (narrow, _, wide) = sides["H"], sides["W"]
    return f"{narrow}x{low}-{wide}x{high}"


def load_library(name: str) -> Any:
    """The module `name`, a row of EXTRAS.

    Raises:
        MissingPackage: it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        raise MissingPackage(
            f"Engines of TensorRT need the package {missing.name!r}: "
            f"pip install 'vidstyle[{EXTRAS[name]}]'."
        ) from missing


def targets_of(library: Any) -> list[str]:
    """The GPUs that TensorRT-RTX builds for, on any machine, as "sm89"."""
    return [name.lower() for name in library.ComputeCapability.__members__ if name[:2] == "SM"]


def parse_targets(text: str, library: Any) -> tuple[str, ...]:
    """Turn "sm86,sm89" into names.

    Raises:
        UsageError: there is no such target.
    """
    known, targets = targets_of(library), tuple(text.lower().replace(" ", "").split(","))
    for target in targets:
        if target not in known:
            raise UsageError(
                f"TensorRT-RTX does not build for {target!r}. Choose from: {', '.join(known)}; "
                "several with commas."
            )
    return targets


class _BrokeOff(DeviceError):
    """The process that built ended without a word of its own."""


def _built(
    name: str, onnx: bytes, order: Order, on_step: OnStep | None, timings: bytes | None
) -> tuple[bytes, bytes]:
    """The engine and what was measured; without `timings` nothing is."""
    with TemporaryDirectory(prefix="vidstyle-") as place:
        folder = Path(place)
        (folder / "graph.onnx").write_bytes(onnx)
        (folder / "order.json").write_text(json.dumps(asdict(order)), "utf-8")
        if timings is not None:
            (folder / "timings").write_bytes(timings)
        with _child(folder, order.gpu) as child:
            error = _followed(child, on_step)
        if error:
            raise DeviceError(f"{order.library} cannot build {name}: {_one_line(error)}.")
        if child.returncode == -signal.SIGINT:
            raise Interrupted("Interrupted; nothing was kept.")
        if child.returncode:
            said = (folder / "errors").read_text("utf-8", "replace")
            raise _BrokeOff(f"{order.library} broke off building {name}: {_how(child, said)}.")
        measured = b"" if timings is None else (folder / "timings").read_bytes()
        return (folder / "engine").read_bytes(), measured


@contextmanager
def _child(folder: Path, gpu: int | None) -> Iterator[subprocess.Popen[str]]:
    """The process that builds; it has ended when this has."""
    path = json.dumps([str(entry) for entry in sys.path])
    with (
        (folder / "errors").open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-P", "-c", _CHILD, path, str(folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
            env=os.environ | _seen_alone(gpu),
        ) as child,
    ):  # fmt: skip
        try:
            yield child
        except BaseException:
            child.kill()
            raise


def _seen_alone(gpu: int | None) -> dict[str, str]:
    """Have a process see one GPU, by the number that it has in this one."""
    if gpu is None:
        return {}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return {"CUDA_VISIBLE_DEVICES": visible.split(",")[gpu] if visible else str(gpu)}


def _followed(child: subprocess.Popen[str], on_step: OnStep | None) -> str:
    """Hand on each step until the process ends; an error that it told comes back."""
    assert child.stdout is not None
    for line in child.stdout:
        if not line.startswith("{"):  # a word of the library's own
            continue
        said = json.loads(line)
        if "error" in said:
            return str(said["error"])
        if on_step is not None:
            on_step(said["phase"], said["done"], said["total"])
    return ""


def _how(child: subprocess.Popen[str], said: str) -> str:
    """How a process ended, and its last words."""
    number = child.returncode
    how = f"exit code {number}" if number > 0 else signal.Signals(-number).name
    lines = said.strip().splitlines()
    return f"{how}, {_one_line(lines[-1])}" if lines else how


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")[:300]
