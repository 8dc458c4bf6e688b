"""vidstyle export: networks as files for other programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from vidstyle.cli.signals import ended_by_signals


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

    NAME.encode.onnx reads a style, once; NAME.stylize.onnx draws a picture with what it read. They
    are kept only if they draw what torch draws. Engines are built from them, on any machine; their
    names say all that they depend on. See docs/runtimes.md.
    """
    from vidstyle.errors import UsageError
    from vidstyle.sinks.writing import writing
    from vidstyle.weights import find_model, model_at

    if quiet:
        logging.getLogger("vidstyle").setLevel(logging.ERROR)
    if target is not None and kind != "tensorrt":
        raise UsageError("--target is for --format tensorrt; ONNX files are for any machine.")
    by_path = network.endswith(".safetensors")
    model = model_at(Path(network)) if by_path else find_model(network)
    form = _size(size), precision, pixels, overwrite
    with ended_by_signals(), writing(out):
        if kind == "onnx":
            from vidstyle.networks.exporting import export_onnx

            exported = export_onnx(model, Path(out), *form)
        else:
            from vidstyle.networks.engines import export_engines

            with _shown(quiet) as on_step:
                exported = export_engines(model, Path(out), target, *form, on_step)
    if not quiet:
        for file in exported:
            megabytes = file.path.stat().st_size / 1e6
            print(f"{file.path}: {megabytes:.1f} MB, {file.agreement}")


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
