"""Measured points, and the law that they are expected to follow, fitted to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sweep:
    """One thing is changed, another measured."""

    over: str  # "size", "batch", "threads", "streams" or "length"
    case: str  # what is measured, in words
    x_name: str
    y_name: str
    points: tuple[tuple[float, float], ...]
    law: str  # in words and symbols, with what was fitted
    slope: float  # of a line, or the exponent of a power
    fitted: tuple[tuple[float, float], ...]  # the law at the same x
    r_squared: float | None  # None of fewer than three points, which any line meets


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Offset and slope of the least squares."""
    x, y = np.array(points, float).T
    slope, offset = np.polyfit(x, y, 1)
    return float(offset), float(slope)


def power(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Factor and exponent: a line through the logarithms."""
    x, y = np.log(np.array(points, float)).T
    exponent, factor = np.polyfit(x, y, 1)
    return float(np.exp(factor)), float(exponent)


def r_squared(points: Sequence[tuple[float, float]], fitted: Sequence[float]) -> float | None:
    """Share of the variance that a fit explains; None where there are too few points to tell."""
    y = np.array([value for _, value in points])
    if len(y) < 3:
        return None
    spread = float(((y - y.mean()) ** 2).sum())
    return 1 - float(((y - np.array(fitted)) ** 2).sum()) / spread if spread else 1.0
