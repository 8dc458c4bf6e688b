"""Lines over time or frequency, as SVG that stands inside a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 760, 260  # of the drawing, in its own units
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 34, 42  # around the field that lines are drawn in
_MOST_POINTS = 700  # of a line: no screen shows more; of many, the highest stays


@dataclass(frozen=True)
class Line:
    """Values over x. Where y is None the line has a gap."""

    name: str
    kind: str  # "a", "b" or "c": the class that the page gives color and dashes
    points: Sequence[tuple[float, float | None]]


@dataclass(frozen=True)
class Mark:
    """A place on the x axis that is pointed at."""

    x: float
    name: str
    link: str = ""  # where it leads to; "" for a line from top to bottom


def plot(title: str, x_name: str, y_name: str, lines: Sequence[Line], marks: Sequence[Mark]) -> str:
    """An SVG; `title` is what a screen reader says of it."""
    most_x = max((x for line in lines for x, _ in line.points), default=0.0) or 1.0
    most_y = max((y for line in lines for _, y in line.points if y is not None), default=0.0)
    x_ticks, y_ticks = _ticks(most_x), _ticks(most_y or 0.01)
    field = _Field(most_x, y_ticks[-1])
    parts = [
        *_grid(field, x_ticks, y_ticks),
        *(_mark(field, mark) for mark in marks if not mark.link),
        *(_path(field, line) for line in lines),
        *(_mark(field, mark) for mark in marks if mark.link),
        *_legend(lines),
        f'<text class="axis" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">'
        f"{escape(x_name)}</text>",
        f'<text class="axis" x="{_LEFT}" y="14">{escape(y_name)}</text>',
    ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="group" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


@dataclass(frozen=True)
class _Field:
    """From values to places in the drawing."""

    most_x: float
    most_y: float

    def x(self, value: float) -> float:
        return round(_LEFT + value / self.most_x * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        return round(_HEIGHT - _BOTTOM - value / self.most_y * (_HEIGHT - _TOP - _BOTTOM), 1)


def _grid(field: _Field, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> Iterator[str]:
    for tick in y_ticks:
        y = field.y(tick)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{tick:g}</text>'
    for tick in x_ticks:
        if tick <= field.most_x:
            x, y = field.x(tick), _HEIGHT - _BOTTOM + 16
            yield f'<text class="tick" x="{x}" y="{y}" text-anchor="middle">{tick:g}</text>'


def _path(field: _Field, line: Line) -> str:
    steps, draws = [], False
    for x, y in _thinned(line.points):
        if y is not None:
            steps.append(f"{'L' if draws else 'M'}{field.x(x)} {field.y(y)}")
        draws = y is not None
    return f'<path class="line {line.kind}" d="{"".join(steps)}"/>'


def _mark(field: _Field, mark: Mark) -> str:
    x, low, name = field.x(mark.x), _HEIGHT - _BOTTOM, escape(mark.name)
    if not mark.link:
        title = f"<title>{name}</title>"
        return f'<line class="mark" x1="{x}" x2="{x}" y1="{_TOP}" y2="{low}">{title}</line>'
    triangle = f"M{x} {low - 1}l-6 -11h12z"
    return (
        f'<a href="{escape(mark.link)}" aria-label="{name}"><path class="moment" d="{triangle}">'
        f"<title>{name}</title></path></a>"
    )


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    right = _WIDTH - _RIGHT
    for line in reversed(lines):
        yield f'<text class="tick" x="{right}" y="14" text-anchor="end">{escape(line.name)}</text>'
        left = right - 7 * len(line.name) - 30
        yield f'<path class="line {line.kind}" d="M{left} 10h24"/>'
        right = left - 14


def _ticks(most: float) -> list[float]:
    """From 0 to at least `most`, four to eight steps of 1, 2 or 5 times a power of ten."""
    rough = most / 4
    power = 10 ** math.floor(math.log10(rough))
    step = power * max(factor for factor in (1, 2, 5) if factor * power <= rough * 1.0001)
    return [step * count for count in range(math.ceil(most / step - 1e-6) + 1)]


def _thinned(points: Sequence[tuple[float, float | None]]) -> Iterator[tuple[float, float | None]]:
    """Of each few neighbors the highest; a gap stays one."""
    few = -(-len(points) // _MOST_POINTS)
    for start in range(0, len(points), max(1, few)):
        near = points[start : start + few]
        yield max(near, key=lambda point: math.inf if point[1] is None else point[1])
