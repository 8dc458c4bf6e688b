"""vidstyle export: networks as files for other programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from vidstyle.cli.signals import ended_by_signals

if TYPE_CHECKING:
    from vidstyle.export.agreement import Exported
    from vidstyle.weights import Model

_Form: TypeAlias = tuple[tuple[int, int] | None, Any, bool, bool]
# size, precision, whether as pixels, whether files may be replaced


def _complete_models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from vidstyle.weights import models

    return [model.name for model in models() if model.name.startswith(incomplete)]


@click.command()
@click.argument("network", metavar="NETWORK", shell_complete=_complete_models)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["onnx", "tensorrt"]),
    default="onnx",
    help="What to write: onnx, or tensorrt, engines of TensorRT-RTX. [onnx]",
)
@click.option(
    "--target",
    metavar="GPU",
    help="tensorrt: what to build for, such as sm89; several with commas. [this machine's GPU]",
)
@click.option("--out", metavar="DIR", default=".", help="Where to write. [here]")
@click.option(
    "--size",
    metavar="SIZE",
    default="dynamic",
    help="Of contents: 1280x720 for that alone, or dynamic for any. [dynamic]",
)
@click.option(
    "--precision",
    metavar="NAME",
    default="fp32",
    help="What convolutions and matrix products are computed in: fp32 or fp16. [fp32]",
)
@click.option(
    "--pixels", is_flag=True, help="Pictures go in and out as uint8 [B, H, W, 3], not as floats."
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something fails.")
def export(
    network: str,
    kind: str,
    target: str | None,
    out: str,
    size: str,
    precision: Any,
    pixels: bool,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Write NETWORK as graphs that other programs run; NETWORK is a name, or a .safetensors file.

    \b
    vidstyle export swift --format onnx --out graphs
    vidstyle export adaattn --size 1280x720 --precision fp16 --pixels
    vidstyle export swift --format tensorrt --target sm89 --size 1280x720 --out engines
    vidstyle export runs/mine/mine.safetensors
    vidstyle export raft-small --size 640x360

    NAME.encode.onnx reads a style, once; NAME.stylize.onnx draws a picture with what it read. They
    are kept only if they draw what torch draws. Engines are built from them, on any machine; their
    names say all that they depend on. See docs/runtimes.md. raft-small and raft-large, which find
    optical flow, become NAME.flow.onnx.
    """
    from vidstyle.errors import UsageError
    from vidstyle.sinks.writing import writing
    from vidstyle.weights import find_model, model_at, published_flows

    if quiet:
        logging.getLogger("vidstyle").setLevel(logging.ERROR)
    if target is not None and kind != "tensorrt":
        raise UsageError("--target is for --format tensorrt; ONNX files are for any machine.")
    form = _size(size), precision, pixels, overwrite
    with ended_by_signals(), writing(out):
        if network in published_flows():
            exported = _export_flow(network, kind, Path(out), form)
        else:
            by_path = network.endswith(".safetensors")
            model = model_at(Path(network)) if by_path else find_model(network)
            exported = _export_model(model, kind, Path(out), target, form, quiet)
    if not quiet:
        for file in exported:
            megabytes = file.path.stat().st_size / 1e6
            print(f"{file.path}: {megabytes:.1f} MB, {file.agreement}")


def _export_model(
    model: Model, kind: str, folder: Path, target: str | None, form: _Form, quiet: bool
) -> list[Exported]:
    if kind == "onnx":
        from vidstyle.networks.exporting import export_onnx

        return export_onnx(model, folder, *form)
    from vidstyle.networks.engines import export_engines

    with _shown(quiet) as on_step:
        return export_engines(model, folder, target, *form, on_step)


def _export_flow(name: str, kind: str, folder: Path, form: _Form) -> list[Exported]:
    from vidstyle.errors import UsageError
    from vidstyle.temporal.raft_export import export_raft

    size, precision, pixels, overwrite = form
    if kind != "onnx" or precision != "fp32" or pixels:
        raise UsageError(f"{name} is exported with --format onnx, in fp32, without --pixels.")
    return [export_raft(name, folder, size, overwrite)]


@contextmanager
def _shown(quiet: bool) -> Iterator[Callable[[str, str, int, int], None]]:
    """Yields what shows how far the building of engines is."""
    from vidstyle.cli.progress import Moment, make_progress

    progress = make_progress(quiet)
    try:
        yield lambda graph, phase, done, total: progress.update(
            Moment(done, total, "steps", None, f"{graph}: {phase}")
        )
    finally:
        progress.close()


def _size(text: str) -> tuple[int, int] | None:
    """Height and width; None for any."""
    from vidstyle.errors import UsageError
    from vidstyle.job import parse_size

    if text == "dynamic":
        return None
    height, width = parse_size(text)
    if width is None:
        raise UsageError(f"--size is WIDTHxHEIGHT such as 1280x720, or dynamic; got {text!r}.")
    return height, width
