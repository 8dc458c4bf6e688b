"""What a benchmark found, as it is kept in a JSON file; docs/benchmark.md explains each figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vidstyle.bench.cases import Case
from vidstyle.bench.ceilings import Ceilings
from vidstyle.bench.clock import Pace
from vidstyle.bench.fit import Sweep
from vidstyle.bench.spread import Repeats, Times
from vidstyle.errors import InputError
from vidstyle.sinks.draft import write_text

SCHEMA = "vidstyle-bench-1"


@dataclass(frozen=True)
class Stage(Times):
    """One stage of a run from file to file."""

    busy: float  # share of the run's time


@dataclass(frozen=True)
class Whole:
    """A run from file to file, as `vidstyle stylize` does it; all figures once it is running."""

    fps: Repeats  # frames a second, until the file is closed
    frames: int  # of a repeat
    stages: Mapping[str, Stage]
    queues: Mapping[str, float]  # how full the reader finds each, 0..1
    decoder: str
    stabilizer: str
    cpu: float  # share of all cores
    others: float | None  # cores that other programs took meanwhile
    gpu: float | None  # share of the time; None, here as above: this machine does not tell
    cpu_joules: float | None  # for each frame
    gpu_joules: float | None


@dataclass(frozen=True)
class Roofline:
    """How near a network comes to what the machine can do."""

    multiply_adds: int  # for each frame, counted from its graph
    bytes: int
    tflops: float  # reached
    gb_per_second: float
    bound: str  # "computation" or "memory": what the machine lets it wait for
    share: float  # of the frames a second that this bound lets through


@dataclass(frozen=True)
class Row:
    """All figures of one case; those that are None could not be had."""

    case: Case
    network: Pace
    end_to_end: Whole
    first_frame_seconds: Repeats  # from the start of the program, with all files in the cache
    host_memory: int | None  # bytes at most
    device_memory: int | None
    bottleneck: str  # in words
    roofline: Roofline | None


@dataclass(frozen=True)
class Benchmark:
    """A whole run of `vidstyle bench`."""

    schema: str
    time: str  # when it began, ISO 8601
    seconds: float  # that it took
    clip: str
    machine: Mapping[str, Any]
    ceilings: tuple[Ceilings, ...]
    rows: tuple[Row, ...]
    failed: Mapping[str, str]  # cases that could not be measured, and why
    left_out: tuple[str, ...]  # cases for which no time was left
    sweeps: tuple[Sweep, ...]


def save(found: Benchmark, path: Path) -> None:
    """Write it; what was there before is replaced only when all is written.

    Raises:
        VidstyleError: it cannot be written.
    """
    write_text(path, json.dumps(asdict(found), indent=1) + "\n")


def load(path: Path) -> dict[str, Any]:
    """What `save` wrote, as plain values.

    Raises:
        InputError: no such file, or something else in it.
    """
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"The benchmark {str(path)!r} cannot be read: {error}.") from None
    if not isinstance(values, dict) or values.get("schema") != SCHEMA:
        raise InputError(
            f"{str(path)!r} is no benchmark of this version of vidstyle: its schema is not "
            f"{SCHEMA!r}. Make one: vidstyle bench --json FILE"
        )
    return values
