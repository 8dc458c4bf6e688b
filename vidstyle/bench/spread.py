"""Many measurements as a few figures, and whether two sets of them differ."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Times:
    """How long single calls took, in milliseconds: half of them at most `p50`, and so on."""

    p50: float
    p95: float
    p99: float
    count: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self:
        """Of at least one call."""
        p50, p95, p99 = (1000 * float(np.percentile(seconds, share)) for share in (50, 95, 99))
        return cls(p50, p95, p99, len(seconds))


@dataclass(frozen=True)
class Repeats:
    """One figure, measured several times: the middle, the range, and each."""

    median: float
    low: float
    high: float
    each: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Of at least one value."""
        return cls(statistics.median(values), min(values), max(values), tuple(values))


def chance(one: Sequence[float], other: Sequence[float]) -> float:
    """How likely sets whose means are so far apart are, if both were measured on the same thing.

    The exact permutation test: of all ways to deal the values into two sets of these sizes, the
    share whose means are at least as far apart. It takes for granted no law that they follow. Of 5
    and 5 values it is 2 in 252 at least, of 4 and 4 2 in 70, of 3 and 3 1 in 10.
    """
    values = np.array([*one, *other])
    whole, count = values.sum(), len(one)
    sums = np.array(
        [values[list(chosen)].sum() for chosen in combinations(range(len(values)), count)]
    )
    apart = np.abs(sums / count - (whole - sums) / (len(values) - count))
    found = abs(float(np.mean(one)) - float(np.mean(other)))
    return float(np.mean(apart >= found * (1 - 1e-9)))
