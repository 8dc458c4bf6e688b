"""Bars, each with its range, as SVG that stands inside a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _ROW, _LEFT, _RIGHT, _TOP = 760, 22, 230, 70, 26  # of the drawing, in its own units


@dataclass(frozen=True)
class Bar:
    """One value, and the range around it."""

    name: str
    kind: str  # "a" or "b": the class that the page gives a color
    value: float
    low: float
    high: float


def bars(title: str, rows: Sequence[Bar]) -> str:
    """An SVG; `title` stands above, and is what a screen reader says of it."""
    most = max((row.high for row in rows), default=0.0) or 1.0
    parts = [f'<text class="axis" x="0" y="14">{escape(title)}</text>']
    for place, row in enumerate(rows):
        y = _TOP + _ROW * place
        left, value, low, high = (_x(each, most) for each in (0.0, row.value, row.low, row.high))
        parts += [
            f'<text class="tick" x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">'
            f"{escape(row.name)}</text>",
            f'<rect class="bar {row.kind}" x="{left}" y="{y + 3}" width="{value - left:.1f}" '
            f'height="{_ROW - 8}"/>',
            f'<path class="range" d="M{low} {y + 10}H{high}"/>',
            f'<text class="tick" x="{max(value, high) + 6}" y="{y + 14}">{row.value:.3g}</text>',
        ]
    height = _TOP + _ROW * len(rows) + 4
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="group" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>\n"
    )


def _x(value: float, most: float) -> float:
    return round(_LEFT + value / most * (_WIDTH - _LEFT - _RIGHT), 1)
