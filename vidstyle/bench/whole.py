"""How fast a clip becomes a drawn clip: decoding, drawing and encoding at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from vidstyle.bench.gauges import Use, used
from vidstyle.bench.results import Stage, Whole
from vidstyle.bench.spread import Repeats, Times
from vidstyle.contracts import VideoInfo
from vidstyle.job import Job
from vidstyle.pipeline import Meter
from vidstyle.session import DEPTH, Summary, run
from vidstyle.stylizer import Stylizer

_UNEVEN = 3  # frames at the beginning of a repeat, which wait for what is made ready
_NAMES = {"read": "decode", "write": "encode"}  # from a meter's words
_WITH_PARTS = "draw"  # the stage whose parts are told instead


@dataclass(frozen=True)
class Run:
    """One repeat."""

    summary: Summary
    meter: Meter
    use: Use


def once(job: Job, stylizer: Stylizer) -> Run:
    """Stylize a clip, and be told what was used meanwhile."""
    meters: list[Meter] = []

    def on_frame(meter: Meter, info: VideoInfo) -> None:
        if not meters:
            meters.append(meter)

    with used(stylizer.device) as use:
        summary = run(job, on_frame, stylizer)
    return Run(summary, meters[0], use)


def whole(runs: Sequence[Run], at_once: int) -> Whole:
    """The figures of several runs that were alike; so many frames were drawn side by side."""
    last = runs[-1].summary
    frames = sum(one.summary.frames for one in runs)
    seconds = sum(one.use.seconds for one in runs)
    return Whole(
        Repeats.of([one.summary.frames_per_second for one in runs]),
        last.frames,
        stages(runs, at_once),
        {
            queue: sum(one.meter.waiting()[queue] for one in runs) / len(runs) / DEPTH
            for queue in runs[0].meter.waiting()
        },
        last.decoder,
        last.stabilizer,
        sum(one.use.cpu * one.use.seconds for one in runs) / seconds,
        _mean([one.use.others for one in runs]),
        _mean([one.use.gpu for one in runs]),
        _for_each_frame([one.use.cpu_joules for one in runs], frames),
        _for_each_frame([one.use.gpu_joules for one in runs], frames),
    )


def stages(runs: Sequence[Run], at_once: int) -> dict[str, Stage]:
    """What each stage takes for a frame, in the order of their work."""
    found: dict[str, Stage] = {}
    for name in runs[0].meter.recent():
        if name == _WITH_PARTS:
            continue
        seconds = [time for one in runs for time in one.meter.recent()[name]]
        even = [time for one in runs for time in one.meter.recent()[name][_UNEVEN:]]
        flowing = sum(one.summary.frames / one.summary.frames_per_second for one in runs)
        hands = {"network": at_once, "flow": at_once + 1}.get(name, 1)
        busy = sum(seconds) / flowing / hands
        found[_NAMES.get(name, name)] = Stage(**asdict(Times.of(even or seconds)), busy=busy)
    return dict(sorted(found.items(), key=lambda item: _place(item[0])))


def _place(stage: str) -> int:
    known = ("decode", "network", "flow", "stabilizer", "wait for the GPU", "encode")
    return known.index(stage) if stage in known else len(known)


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def _for_each_frame(joules: Sequence[float | None], frames: int) -> float | None:
    there = [value for value in joules if value is not None]
    return sum(there) / frames if len(there) == len(joules) else None
