"""RAFT as an ONNX file for other programs, kept only if it finds the flow that torch finds."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from vidstyle.contracts import Graph, Port
from vidstyle.errors import OutputExists, UsageError, VidstyleError
from vidstyle.export.agreement import FARTHEST, Exported, gap, runnable
from vidstyle.export.onnx import save, traced
from vidstyle.image import resize
from vidstyle.styles import read_style
from vidstyle.temporal.raft import load_network

_MOVED = 3  # pixels, right and down: what the file is tried on


def export_raft(
    name: str, folder: Path, size: tuple[int, int] | None, overwrite: bool = False
) -> Exported:
    """Write NAME.flow.onnx: `previous` and `current`, float [1, 3, H, W] of 0..1, -> `flow`.

    `flow` is float [1, H, W, 2], backward, in pixels.

    Args:
        name: "raft-small" or "raft-large".
        folder: where to write; made if need be.
        size: height and width of the pictures.
        overwrite: whether a file may be replaced.

    Raises:
        UsageError: no size.
        OutputExists: the file is there.
        VidstyleError: the weights are not here, or the file did not find what torch finds.
    """
    if size is None:
        raise UsageError(f"{name} is exported for one size: give --size, such as 640x360.")
    path = folder / f"{name}.flow.onnx"
    if path.exists() and not overwrite:
        raise OutputExists(f"{str(path)!r} is there already; --overwrite replaces it.")
    network = load_network(name)
    folder.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    pictures = _pictures(*size)
    try:
        save(traced(_graph(name, network, size), pictures, ({}, {})), draft)
        found, expected = runnable(draft)(pictures)[0], network(*pictures).numpy()
        far = gap(found, expected)
        if not far <= FARTHEST:  # so too where it is no number
            raise VidstyleError(
                f"{path.name} is {far:.1e} of the deviation from torch, more than {FARTHEST:g}: "
                "it was not kept."
            )
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return Exported(path, f"{far:.1e} of the deviation from torch")


def _graph(name: str, network: torch.nn.Module, size: tuple[int, int]) -> Graph:
    ports = tuple(Port(port, (1, 3, *size)) for port in ("previous", "current"))
    return Graph(f"{name}.flow", network, ports, (Port("flow", (1, *size, 2)),), "")


def _pictures(height: int, width: int) -> tuple[Tensor, Tensor]:
    """A painting, and the same seen from elsewhere."""
    painting = resize(read_style("starry-night"), height + _MOVED, width + _MOVED)
    image = torch.from_numpy(painting).permute(2, 0, 1)[None].float() / 255
    before, now = image[..., :-_MOVED, :-_MOVED], image[..., _MOVED:, _MOVED:]
    return before.contiguous(), now.contiguous()
