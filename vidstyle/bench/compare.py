"""A benchmark against an earlier one: how much faster, and whether that is more than noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from vidstyle.bench.results import load
from vidstyle.bench.spread import chance
from vidstyle.errors import InputError

SURE = 0.05  # of such a chance, a difference is taken for none of chance
_SAME = ("processor", "cores", "instruction_sets", "system", "nvidia", "packages", "vidstyle")


@dataclass(frozen=True)
class Ratio:
    """One figure now, and then."""

    case: str
    what: str
    old: float  # frames a second
    new: float
    ratio: float  # above 1: faster now
    chance: float  # that repeats of one thing differ so much

    @property
    def verdict(self) -> str:
        """In words."""
        if self.chance > SURE:
            return "no difference that repeats could tell"
        return "faster" if self.ratio > 1 else "slower"


@dataclass(frozen=True)
class Comparison:
    """Two benchmarks, row by row."""

    ratios: tuple[Ratio, ...]
    differences: tuple[str, ...]  # of the machines, or of what is installed
    missing: tuple[str, ...]  # rows that only one of them has


def earlier(path: Path) -> dict[str, Any]:
    """A benchmark to compare with.

    Raises:
        InputError: no such file, or something else in it.
    """
    values = load(path)
    try:
        compare(values, values)
    except (KeyError, TypeError, AttributeError, ValueError, ZeroDivisionError):
        raise InputError(
            f"The benchmark {str(path)!r} is damaged: it lacks some of its figures."
        ) from None
    return values


def compare(new: Mapping[str, Any], old: Mapping[str, Any]) -> Comparison:
    """Two benchmarks as `results.load` gives them."""
    then = {_key(row): row for row in old["rows"]}
    now = {_key(row): row for row in new["rows"]}
    ratios = [each for key in now if key in then for each in _ratios(now[key], then[key])]
    missing = [f"{_name(now[key])} is new" for key in now if key not in then]
    missing += [f"{_name(then[key])} was not measured now" for key in then if key not in now]
    return Comparison(tuple(ratios), tuple(_differences(new, old)), tuple(missing))


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row["case"].values())


def _name(row: Mapping[str, Any]) -> str:
    case = row["case"]
    where = f"{case['runtime']} on {case['device']} in {case['precision']}"
    return f"{case['network']} {case['width']}x{case['height']}, {where}"


def _ratios(now: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[Ratio]:
    for what, key in (("network alone", "network"), ("file to file", "end_to_end")):
        new, old = now[key]["fps"]["each"], then[key]["fps"]["each"]
        ratio = median(new) / median(old)
        yield Ratio(_name(now), what, median(old), median(new), ratio, chance(new, old))


def _differences(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[str]:
    for name in _SAME:
        here, there = new["machine"].get(name), old["machine"].get(name)
        if here != there:
            yield f"{name.replace('_', ' ')}: {_changed(there, here)}"
    if new["clip"] != old["clip"]:
        yield f"clip: {_changed(old['clip'], new['clip'])}"
    then = {(each["device"], each["precision"]): each for each in old["ceilings"]}
    for each in new["ceilings"]:
        before = then.get((each["device"], each["precision"]))
        if before is not None:
            ratio = each["convolution_tflops"] / before["convolution_tflops"]
            if abs(ratio - 1) > 0.1:
                yield (
                    f"what {each['device']} can do: {ratio:.2f} times the convolutions, in "
                    "whatever program"
                )


def _changed(before: Any, after: Any) -> str:
    """Then and now; of two tables, only what differs."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = [name for name in before | after if before.get(name) != after.get(name)]
        return ", ".join(f"{name} {before.get(name)} -> {after.get(name)}" for name in names)
    return f"{before} -> {after}"
