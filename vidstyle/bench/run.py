"""The whole benchmark: row by row within its time, then what is swept."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vidstyle.bench.bottleneck import bottleneck
from vidstyle.bench.cases import Case
from vidstyle.bench.ceilings import Ceilings, ceilings
from vidstyle.bench.children import Failed, measured
from vidstyle.bench.clock import Pace
from vidstyle.bench.facts import machine_facts
from vidstyle.bench.fit import Sweep
from vidstyle.bench.results import SCHEMA, Benchmark, Row, Stage, Whole
from vidstyle.bench.roofline import roofline
from vidstyle.bench.sample import Clip, made
from vidstyle.bench.spread import Repeats, Times
from vidstyle.bench.sweeps import SWEEPS, Ground

_STARTS = 3  # programs that are started for one row
_LEAST_SHARE = 1.0  # seconds

OnRow = Callable[[str, int, int], None]  # what is measured now, how many are done, and of how many


@dataclass(frozen=True)
class Plan:
    """What to measure."""

    cases: Sequence[Case]
    clip: Clip | None = None  # None: one is made for each size
    seconds: float = 100.0  # after which nothing more is begun
    sweeps: Sequence[str] = ()  # keys of SWEEPS, of the first case
    streams: int = 1  # clips at once, at most


def benchmark(plan: Plan, on_row: OnRow) -> Benchmark:
    """Measure all that `plan` says, as far as its time suffices; the first row in any case.

    Raises:
        Failed: no row could be measured.
    """
    with tempfile.TemporaryDirectory(prefix="vidstyle-bench-") as folder:
        return _Bench(plan, on_row, Path(folder)).found()


class _Bench:
    """One run of it."""

    def __init__(self, plan: Plan, on_row: OnRow, folder: Path) -> None:
        self._plan, self._on_row, self._folder = plan, on_row, folder
        self._began, self._time = time.monotonic(), datetime.now(UTC)
        self._ceilings: dict[tuple[str, str], Ceilings | None] = {}
        self._failed: dict[str, Failed] = {}
        self._done = 0

    def found(self) -> Benchmark:
        """All of it."""
        rows, left_out = self._rows()
        if not rows:
            raise next(iter(self._failed.values()))
        sweeps = self._sweeps()
        failed = {name: str(error) for name, error in self._failed.items()}
        clip = self._plan.clip
        return Benchmark(
            SCHEMA, self._time.isoformat(timespec="seconds"), self._seconds,
            "made by vidstyle bench" if clip is None else Path(clip.path).name,
            machine_facts(), tuple(each for each in self._ceilings.values() if each is not None),
            tuple(rows), failed, tuple(left_out), tuple(sweeps),
        )  # fmt: skip

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _rows(self) -> tuple[list[Row], list[str]]:
        """Those that could be measured, and the names of those for which no time was left."""
        rows: list[Row] = []
        left_out: list[str] = []
        longest = 0.0
        for case in self._plan.cases:
            if rows and self._seconds + longest / 2 > self._plan.seconds:
                left_out.append(case.name)
                continue
            began = self._seconds
            self._say(case.name)
            try:
                rows.append(self._row(case))
            except Failed as error:
                self._failed[case.name] = error
            self._done += 1
            longest = max(longest, self._seconds - began)
        return rows, left_out

    def _row(self, case: Case) -> Row:
        clip = self._plan.clip or made(self._folder, case)
        ends = self._seconds + (share := self._share)
        values = measured(clip.task("row", case, self._folder, seconds=share))
        case = replace(case, precision=values["precision"])
        pace, whole = _pace(values["network"]), _whole(values["end_to_end"])
        starts: list[float] = []
        while not starts or (len(starts) < _STARTS and self._seconds + starts[-1] < ends):
            starts.append(measured(clip.task("start", case, self._folder))["seconds"])
        return Row(
            case, pace, whole, Repeats.of(starts), values["host_memory"],
            values["device_memory"], bottleneck(case, whole),
            roofline(case, pace.fps.median, self._most(case)),
        )  # fmt: skip

    @property
    def _share(self) -> float:
        """Seconds for the next row, so that there are as many for each that is left."""
        left = self._plan.seconds - self._seconds
        return max(_LEAST_SHARE, left / (len(self._plan.cases) - self._done))

    def _most(self, case: Case) -> Ceilings | None:
        """What the case's device can do in its precision, measured once."""
        key = case.device, case.precision
        if key not in self._ceilings:
            self._say(f"what {case.device} can do in {case.precision}")
            self._ceilings[key] = ceilings(case.device, case.precision)  # type: ignore[arg-type]
        return self._ceilings[key]

    def _sweeps(self) -> list[Sweep]:
        plan, found = self._plan, []
        ground = Ground(plan.cases[0], plan.clip, self._folder, plan.streams, self._say)
        for name in plan.sweeps:
            try:
                found.append(SWEEPS[name](ground))
            except Failed as error:
                self._failed[f"over {name}"] = error
            self._done += 1
        return found

    def _say(self, what: str) -> None:
        self._on_row(what, self._done, len(self._plan.cases) + len(self._plan.sweeps))


def _pace(values: dict[str, Any]) -> Pace:
    return Pace(
        Repeats(**values["fps"]), Times(**values["ms"]), values["warm_up"], values["steady"]
    )


def _whole(values: dict[str, Any]) -> Whole:
    stages = {name: Stage(**stage) for name, stage in values["stages"].items()}
    return Whole(**values | {"fps": Repeats(**values["fps"]), "stages": stages})
