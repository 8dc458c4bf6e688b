"""What `vidstyle check` found, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Callable

from vidstyle.cli.table import table
from vidstyle.comparison import Consistency
from vidstyle.temporal.stillness import StillFigures
from vidstyle.temporal.warping_error import WarpingError

_SHOWN = 5  # cuts and worst moments; all are in the page and the JSON


def lines(found: Consistency) -> list[str]:
    """All that was found, in the order of its weight."""
    said = [
        *table(("RMSE, of colors in 0..1", "1 frame apart", "10 frames apart"), figures(found)),
        "",
        *still_lines(found.still),
        f"{found.frames} frames in {found.seconds:.1f} s, compared at {found.width}x{found.height} "
        f"along the flow of {found.flow}.",
    ]
    if found.worst:
        worst = [f"{moment.time:.2f} s ({moment.above:.3f})" for moment in found.worst[:_SHOWN]]
        said.append(f"Worst moments: {', '.join(worst)}{_more(len(found.worst))}.")
    if found.cuts:
        cuts = [f"{time:.2f} s" for time in found.cuts[:_SHOWN]]
        said.append(f"New scenes: {', '.join(cuts)}{_more(len(found.cuts))}.")
    said += [f"Not compared: {row}." for row in skipped(found)]
    return [*said, *found.notes]


def skipped(found: Consistency) -> list[str]:
    """Which frames were not compared, and why."""
    return [
        f"{count} {'frame' if count == 1 else 'frames'}, since {why}"
        for why, count in found.skipped.items()
    ]


def figures(found: Consistency) -> list[list[str]]:
    """The warping errors, a row for each figure and a column for each interval."""
    rows: dict[str, Callable[[WarpingError], str]] = {
        "above the content's own": lambda error: f"{error.above:.4f}",
        "of the drawing": lambda error: f"{error.rmse:.4f}",
        "of the content": lambda error: f"{error.content:.4f}",
        "warping error of Lai et al., a mean square": lambda error: f"{error.mse:.2g}",
        "pixels compared": lambda error: f"{error.trusted:.0%}",
    }
    return [
        [name, *("-" if error is None else said(error) for error in (found.short, found.long))]
        for name, said in rows.items()
    ]


def still_lines(still: StillFigures) -> list[str]:
    """What the drawing does where nothing moves, in sentences."""
    said = []
    if still.drawn is not None and still.content is not None:
        said.append(
            f"varies by {still.drawn.deviation:.2f} levels of 255 (the content by "
            f"{still.content.deviation:.2f}), {still.drawn.fast_share:.0%} of its energy above "
            f"{still.drawn.fast_from:g} Hz"
        )
    if still.brightening is not None and still.content_brightening is not None:
        said.append(
            f"{_drift(still.brightening)} levels a second (the content "
            f"{_drift(still.content_brightening)})"
        )
    if still.swimming is not None:
        said.append(f"swims by {still.swimming:.2f} pixels a second")
    where = f"Where nothing moves ({still.share:.0%} of the pixels), the drawing"
    return [f"{where} {'; '.join(said)}."] if said else []


def _drift(brightening: float) -> str:
    return f"{'brightens' if brightening > 0 else 'darkens'} by {abs(brightening):.2f}"


def _more(count: int) -> str:
    return " …" if count > _SHOWN else ""
