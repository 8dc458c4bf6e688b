"""A model -> ONNX files for use elsewhere, each kept only if it draws what torch draws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim

from vidstyle.contracts import Graph, HostArray, Precision
from vidstyle.errors import OutputExists, UsageError, VidstyleError
from vidstyle.export.agreement import FARTHEST, LEAST_PSNR, Exported, Run, gap, psnr, runnable
from vidstyle.export.half import in_half
from vidstyle.export.onnx import save, traced
from vidstyle.export.standalone import painting_graph, reading_graph
from vidstyle.image import resize
from vidstyle.networks.loading import load_network
from vidstyle.styles import READ_SIDE, read_style
from vidstyle.weights import Model

PRECISIONS = ("fp32", "fp16")
_SIZES = (208, 240), (262, 419)  # heights and widths of contents that free sides are tried with

Inputs: TypeAlias = tuple[Tensor, ...]


def export_onnx(
    model: Model,
    folder: Path,
    size: tuple[int, int] | None = None,
    precision: Precision = "fp32",
    pixels: bool = False,
    overwrite: bool = False,
) -> list[Exported]:
    """Write NAME.encode.onnx and NAME.stylize.onnx, which need nothing beside them.

    encode: `style`, float [1, 3, H, W] of 0..1, -> the tensors of its code. stylize: `content`,
    float [B, 3, H, W] of 0..1, the code and `strength`, float [B] of 0..1, -> `image`, as `content`
    is. Pictures may be of any size. A network that has learned its styles has `place`, int64 [1],
    for `style`.

    Args:
        model: what to export.
        folder: where to write; made if need be.
        size: the one height and width of contents, of which there is then one at a time.
        precision: what convolutions and matrix products of stylize are computed in.
        pixels: pictures go in and out as uint8 [B, H, W, 3] instead.
        overwrite: whether files may be replaced.

    Raises:
        UsageError: the network has no graphs, or draws wrong in that precision; or the folder
            is its own.
        OutputExists: a file is there.
        VidstyleError: a graph did not draw what torch draws.
    """
    check_export(model, folder, precision)
    paths = [folder / f"{model.name}.{function}.onnx" for function in ("encode", "stylize")]
    for path in paths:
        if path.exists() and not overwrite:
            raise OutputExists(f"{str(path)!r} is there already; --overwrite replaces it.")
    folder.mkdir(parents=True, exist_ok=True)
    network: Any = load_network(model)
    side = None if model.header.reads_whole else READ_SIDE
    reading = reading_graph(network, model, side, pixels)
    painting = painting_graph(network, model, pixels)
    styles = _styles(model, pixels)
    code = _evaluated(reading, styles[0])
    contents, flat = (
        [(content, *code, strength) for content, strength in pairs]
        for pairs in (_contents(size, pixels), _flat(size, pixels))
    )
    farthest = getattr(network, "farthest", FARTHEST)
    drafts = [path.with_suffix(".draft") for path in paths]
    try:
        run = _written(reading, drafts[0], {"H", "W"}, styles[0], "fp32")
        agreements = [_agreement(reading, run, styles, "fp32", farthest)]
        free = set() if size else {"B", "H", "W"}
        run = _written(painting, drafts[1], free, contents[0], precision)
        agreements.append(_agreement(painting, run, contents, precision, farthest))
        if not all(np.isfinite(run(inputs)).all() for inputs in flat):
            raise VidstyleError(
                f"{painting.name} in {precision} gives no numbers for flat pictures."
            )
        for draft, path in zip(drafts, paths, strict=True):
            draft.replace(path)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return [Exported(*row) for row in zip(paths, agreements, strict=True)]


def check_export(model: Model, folder: Path, precision: Precision) -> None:
    """Refuse what cannot be exported.

    Raises:
        UsageError: the network has no graphs, or draws wrong in that precision; or the folder
            is its own.
    """
    if model.header.optimizes:
        raise UsageError(f"{model.name} draws by optimization: it has no graph to export.")
    if precision not in PRECISIONS:
        raise UsageError(f"--precision is {' or '.join(PRECISIONS)}; got {precision!r}.")
    model.check_precision(precision)
    if folder.resolve() == model.path.parent.resolve():
        raise UsageError(
            f"In {str(folder)!r} are the graphs that vidstyle itself draws with: --out elsewhere."
        )


def _written(
    graph: Graph, path: Path, free: set[str], example: Inputs, precision: Precision
) -> Run:
    """Write `graph` to `path`; what comes back runs that file.

    Args:
        graph: what to write.
        path: where.
        free: the letters of sides that stay free.
        example: inputs to trace it with.
        precision: a row of PRECISIONS.
    """
    dims = {letter: Dim(letter) for letter in sorted(free)}
    shapes = tuple(
        {place: dims[side] for place, side in enumerate(port.shape) if side in dims}
        for port in graph.inputs
    )
    program = traced(graph, example, shapes)
    if precision == "fp16":
        in_half(program.model)
    save(program, path)
    return runnable(path)


def _agreement(
    graph: Graph, run: Run, tried: Sequence[Inputs], precision: Precision, farthest: float
) -> str:
    """How far the file that `run` runs is from torch, in words.

    Args:
        graph: of which it was made.
        run: runs it.
        tried: inputs to run it with.
        precision: a row of PRECISIONS.
        farthest: what `gap` may be in fp32.

    Raises:
        VidstyleError: too far.
    """
    pairs = [
        (_scaled(found), _scaled(expected.numpy()))
        for inputs in tried
        for found, expected in zip(run(inputs), _evaluated(graph, inputs), strict=True)
    ]
    if precision == "fp32":
        worst = max(gap(*pair) for pair in pairs)
        limit, near = f"at most {farthest:g} of it is", worst <= farthest
        said = f"{worst:.1e} of the deviation from torch"
    else:
        worst = min(psnr(*pair) for pair in pairs)
        limit, near = f"at least {LEAST_PSNR:g} dB are", worst >= LEAST_PSNR
        said = f"{worst:.1f} dB from torch"
    if not near:  # so too where it is no number
        raise VidstyleError(
            f"{graph.name} in {precision} draws {said}; {limit} asked, so it was not kept."
        )
    return said


def _evaluated(graph: Graph, inputs: Inputs) -> Inputs:
    """What torch gives."""
    with torch.no_grad():
        return tuple(cast(nn.Module, graph.function)(*inputs))


def _scaled(numbers: HostArray) -> HostArray:
    return numbers / 255 if numbers.dtype == np.uint8 else numbers


def _styles(model: Model, pixels: bool) -> list[Inputs]:
    """What encode is tried on: a painting and noise; or the first and the last learned style."""
    if model.header.styles:
        return [(torch.tensor([place]),) for place in (0, len(model.header.styles) - 1)]
    return [(_form(images, pixels),) for images in (_painting("starry-night"), _noise(90, 131))]


def _contents(size: tuple[int, int] | None, pixels: bool) -> list[Inputs]:
    """What stylize is tried on, each with its strength: paintings and noise."""
    height, width = size or _SIZES[0]
    painting, noise = _painting("shipwreck", height, width), _noise(height, width)
    if size:
        tried = [(painting, torch.ones(1)), (noise, torch.ones(1))]
    else:
        other = _painting("great-wave", *_SIZES[1])
        tried = [(torch.cat([painting, noise]), torch.tensor([0.6, 1.0])), (other, torch.ones(1))]
    return [(_form(images, pixels), strength) for images, strength in tried]


def _flat(size: tuple[int, int] | None, pixels: bool) -> list[Inputs]:
    """Black, grey and white, with their strengths.

    What does not vary has no statistics to speak of: rounding is all that normalizing finds there,
    so drawings of it differ from runtime to runtime.
    """
    images = [torch.full((1, 3, *(size or _SIZES[0])), level) for level in (0.0, 0.5, 1.0)]
    return [(_form(image, pixels), torch.ones(1)) for image in images]


def _painting(style: str, height: int | None = None, width: int | None = None) -> Tensor:
    """The picture of a style that comes along, as an Image of that size."""
    picture = read_style(style)
    picture = resize(picture, height or picture.shape[0], width or picture.shape[1])
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255


def _noise(height: int, width: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def _form(images: Tensor, pixels: bool) -> Tensor:
    """Images as the graph takes them."""
    return (255 * images).round().to(torch.uint8).permute(0, 2, 3, 1) if pixels else images
