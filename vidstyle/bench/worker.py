"""One measurement, in a process of its own so that its memory is its own.

It reads a task as a line of JSON on standard input, and writes what it found as lines of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from vidstyle.bench.cases import Case
from vidstyle.bench.clock import REPEATS, Pace
from vidstyle.errors import VidstyleError
from vidstyle.job import Job
from vidstyle.machine import peak_memory
from vidstyle.session import run
from vidstyle.styles import bundled_styles
from vidstyle.stylizer import Drawing, Stylizer, load_stylizer
from vidstyle.weights import find_model

STYLE = "starry-night"
_FEWEST = 6  # frames of a run
_MOST_ALONE, _MOST_RUN = 4.0, 1.5  # seconds: of all timed calls of a network, and of one run
_ALONE, _UNTIL = 0.2, 0.7  # of a row's time: the former, and when the last run shall have ended


@dataclass(frozen=True)
class Task:
    """What to measure."""

    kind: str  # a key of KINDS
    case: Case
    clip: str
    own_size: tuple[int, int]  # the clip's height and width
    rate: float  # its frames a second
    frames: int  # of it, at most
    sink: str  # the drawn clip, which is written again and again
    styles: int = 1  # that are mixed
    seconds: float = 0.0  # for all of it, as far as that can be held
    launched: float = 0.0  # when this process was begun, as time.time tells it


def main() -> None:
    """Measure; what goes wrong is told as well."""
    values = json.loads(sys.stdin.readline())
    task = Task(**values | {"case": Case(**values["case"])})
    try:
        found = KINDS[task.kind](task)
    except VidstyleError as error:
        found = {"error": str(error), "code": error.exit_code}
    print(json.dumps(found), flush=True)


def row(task: Task) -> dict[str, Any]:
    """Speed alone and from file to file, and memory."""
    from vidstyle.bench.whole import Run, once, whole

    pace = _alone(task, min(_MOST_ALONE, _ALONE * task.seconds))
    stylizer = _stylizer(task.case, clip=True)
    ends = task.launched + _UNTIL * task.seconds
    lasts = min(_MOST_RUN, max(0.0, ends - time.time()) / (REPEATS + 1))
    frames = min(task.frames, max(_FEWEST, round(lasts * pace.fps.median)))
    once(_job(task, _FEWEST), stylizer)  # not counted
    runs: list[Run] = []
    while len(runs) < REPEATS and (len(runs) < 2 or time.time() + lasts < ends):
        runs.append(once(_job(task, frames), stylizer))
    found = asdict(whole(runs, stylizer.at_once))
    if stylizer.device.startswith("cuda"):
        from vidstyle.bench.transfers import on_gpu

        found["stages"] = on_gpu(found["stages"], pace, task.clip, stylizer.device)
    device_memory = [one.use.gpu_memory for one in runs if one.use.gpu_memory is not None]
    return {
        "precision": stylizer.precision,
        "network": asdict(pace),
        "end_to_end": found,
        "host_memory": peak_memory(),
        "device_memory": max(device_memory, default=None),
    }


def network(task: Task) -> dict[str, Any]:
    """Speed alone."""
    return asdict(_alone(task, task.seconds))


def start(task: Task) -> dict[str, Any]:
    """How long it takes from the start of this process to the first drawn frame."""
    times: list[float] = []
    run(_job(task, 1), lambda meter, info: times.append(time.time()))
    return {"seconds": times[0] - task.launched}


def stream(task: Task) -> dict[str, Any]:
    """One clip, begun when a line says so; from when to when frames flowed, by time.time."""
    stylizer = _stylizer(task.case, clip=True)
    run(_job(task, _FEWEST), stylizer=stylizer)
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    summary = run(_job(task, task.frames), stylizer=stylizer)
    ended = time.time()
    flowing = summary.frames / summary.frames_per_second
    return {
        "began": ended - flowing, "ended": ended, "frames": summary.frames,
        "memory": peak_memory(),
    }  # fmt: skip


KINDS: dict[str, Callable[[Task], dict[str, Any]]] = {
    "row": row,
    "network": network,
    "start": start,
    "stream": stream,
}


def _alone(task: Task, seconds: float) -> Pace:
    """Speed of a network that has all cores to itself."""
    from vidstyle.bench.alone import alone

    stylizer = _stylizer(task.case)
    (style,) = _styles(task)
    return alone(stylizer, stylizer.look(style), task.clip, task.case, seconds)


def _stylizer(case: Case, clip: bool = False) -> Stylizer:
    return load_stylizer(
        Drawing(case.network, case.runtime, case.device, case.precision, clip=clip)
    )


def _styles(task: Task) -> tuple[str, ...]:
    """What every network draws in; of those that know their styles by heart, the first of these."""
    known = find_model(task.case.network).header.styles or dict.fromkeys([STYLE, *bundled_styles()])
    return tuple(known)[: task.styles]


def _job(task: Task, frames: int) -> Job:
    """The first frames of the clip, drawn at the size of the case."""
    case = task.case
    as_it_is = task.own_size == (case.height, case.width)
    return Job(
        task.clip, task.sink, _styles(task), case.network,
        runtime=case.runtime, device=case.device, precision=case.precision,
        size=None if as_it_is else case.size, end=f"{(frames - 0.5) / task.rate:.6f}",
        overwrite=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
