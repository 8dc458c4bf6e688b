"""Pictures of a training while it runs: the curves of its terms, and a sheet of samples."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from vidstyle.contact_sheet import contact_sheet
from vidstyle.contracts import Pixels
from vidstyle.errors import MissingPackage
from vidstyle.image import save_picture, shrink_to
from vidstyle.styles import squared
from vidstyle.train.data import Styles, pictures, readable, styles_of, to_image
from vidstyle.train.recipe import Data

try:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
except ModuleNotFoundError as missing:
    raise MissingPackage(
        f"A training draws its curves with the package {missing.name!r}: "
        "pip install 'vidstyle[train]'."
    ) from missing

_SHEET_SIDE = 480  # pixels, of a content's longer side
_LEARNED = 3  # styles that are drawn where a network draws no others


def draw_curves(terms: Path, out: Path) -> None:
    """Each term over all steps, stage after stage, one small chart each."""
    rows = list(_rows(terms))
    names = sorted({name for row in rows for name in row} - {"stage", "step"})
    if not names:
        return
    columns = min(3, len(names))
    figure = Figure((4.5 * columns, 3 * math.ceil(len(names) / columns)), layout="constrained")
    FigureCanvasAgg(figure)
    for place, name in enumerate(names, 1):
        axes = figure.add_subplot(math.ceil(len(names) / columns), columns, place)
        axes.set_title(name)
        axes.set_yscale("log")
        axes.grid(alpha=0.3)
        for stage, points in _by_stage(rows, name).items():
            axes.plot([x for x, _ in points], [y for _, y in points], ".-", label=stage)
            axes.legend(fontsize="small")
    figure.savefig(out, dpi=80)


def _rows(terms: Path) -> Iterator[dict[str, Any]]:
    """The rows of terms.jsonl, but one that a full disk cut off."""
    for line in terms.read_text("utf-8").splitlines() if terms.exists() else []:
        with suppress(ValueError):
            yield json.loads(line)


def _by_stage(rows: list[dict[str, Any]], name: str) -> dict[str, list[tuple[int, float]]]:
    """For each stage its points (step from the very beginning, value) of a term."""
    found: dict[str, list[tuple[int, float]]] = {}
    begin, last, stage = 0, 0, ""
    for row in rows:
        if row["stage"] != stage:
            begin, stage = begin + last, row["stage"]
        last = row["step"]
        if name in row and row[name] > 0:
            found.setdefault(stage, []).append((begin + last, row[name]))
    return found


@torch.no_grad()
def draw_sheet(network: Any, data: Data, folder: Path, out: Path) -> None:
    """Contents that training never sees, each in styles that it never sees, and the styles.

    A network that draws but those that it has learned draws the first of them.
    """
    contents = _named(pictures(folder, data.contents, data.leave_out), data.sheet_contents)
    if hasattr(network, "style_names"):
        styles = _first(styles_of(data, folder))
        codes = [network.encode(torch.tensor([place])) for place in range(len(styles))]
    else:
        styles = _named(pictures(folder, data.styles, data.leave_out), data.sheet_styles)
        codes = [network.encode(to_image(squared(style))) for style in styles.values()]
    if not contents or not styles:
        return
    cells = [("", next(iter(contents.values()))), *styles.items()]
    for name, pixels in contents.items():
        content = shrink_to(pixels, _SHEET_SIDE)
        cells.append((name, content))
        for code in codes:
            drawn, _ = network.stylize(to_image(content), code, torch.ones(1))
            image = (drawn[0].clamp(0, 1) * 255).round().to(torch.uint8)
            cells.append(("", image.permute(1, 2, 0).numpy()))
    save_picture(out, contact_sheet(cells, columns=1 + len(styles)))


def _first(styles: Styles) -> dict[str, Pixels]:
    """The first of some styles, by name."""
    paths = [Path(style.key[0]) for style in styles.whole()[:_LEARNED]]
    return _named(paths, tuple(path.stem for path in paths))


def _named(paths: list[Path], names: tuple[str, ...]) -> dict[str, Pixels]:
    """The pictures of some names."""
    found = {path.stem: readable(path) for path in paths if path.stem in names}
    return {name: pixels for name, pixels in found.items() if pixels is not None}
