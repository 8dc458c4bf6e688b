"""Runs a clip, photograph or folder, and shows how far it is."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from vidstyle.cli.progress import Moment, make_progress
from vidstyle.cli.report import report
from vidstyle.cli.signals import Check

if TYPE_CHECKING:
    from vidstyle.contracts import Step, VideoInfo
    from vidstyle.job import Job
    from vidstyle.pipeline import Meter
    from vidstyle.temporal.checker import Flicker


def stylize_clip(job: Job, quiet: bool, as_json: bool, check: Check) -> None:
    """Draw a clip or photograph."""
    from vidstyle.session import run
    from vidstyle.sources import is_photo

    progress = make_progress(quiet)
    moment = Moment(0, None, "frames", None, "")

    def on_frame(meter: Meter, info: VideoInfo) -> None:
        nonlocal moment
        check()
        moment = _moment(meter, info.count)
        progress.update(moment)

    def on_step(step: Step) -> None:
        check.within_a_frame()
        loss = f"loss {sum(step.losses.values()):.4g}"
        if is_photo(job.source):
            progress.update(Moment(step.number, step.count, "steps", None, loss))
        else:
            details = f"step {step.number} of {step.count}, {loss}"
            progress.update(replace(moment, details=details))

    try:
        summary = run(job, on_frame, on_step=on_step)
    finally:
        progress.close()
    stages = ", ".join(f"{stage} {value:.1f} ms" for stage, value in summary.milliseconds.items())
    text = (
        f"{summary.output}: {summary.frames} frames in {summary.seconds:.1f} s, "
        f"{summary.frames_per_second:.1f} fps ({stages}), stabilizer {summary.stabilizer}"
    )
    lines = [text, *summary.tracks, *_flicker_lines(summary.flicker)]
    report(asdict(summary), as_json, lines, quiet, sys.stderr if job.sink == "-" else sys.stdout)


def stylize_folder(job: Job, quiet: bool, as_json: bool, check: Check) -> None:
    """Draw each photograph of a folder."""
    from vidstyle.batch import run_folder

    def on_photo(done: int, total: int) -> None:
        check()
        if not quiet:
            print(f"{done} of {total} photographs", file=sys.stderr)

    summary = run_folder(job, on_photo, lambda step: check.within_a_frame())
    lines = [f"{summary.output}: {summary.photographs} photographs"]
    report(asdict(summary), as_json, lines, quiet)


def _flicker_lines(flicker: Flicker | None) -> list[str]:
    if flicker is None:
        return []
    if flicker.short is None:
        return ["flicker: too few frames could be compared"]
    long = "" if flicker.long is None else f", {flicker.long.above:.4f} 10 frames apart"
    return [
        f"flicker, as RMSE above the content's own: {flicker.short.above:.4f} 1 frame apart{long} "
        f"(of each {flicker.every}th frame)"
    ]


def _moment(meter: Meter, total: int | None) -> Moment:
    done, rate = meter.frames("write"), meter.frames_per_second
    left = max(0.0, total - done) / rate if total and rate else None
    stages = ", ".join(f"{stage} {value:.1f}" for stage, value in meter.milliseconds().items())
    return Moment(done, total, "frames", left, f"{stages} ms", f"{rate:.1f} fps")
