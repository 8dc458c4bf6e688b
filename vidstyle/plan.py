"""What a job would do, without doing it."""

from __future__ import annotations

from pathlib import Path

from vidstyle.batch import photos_in
from vidstyle.contracts import VideoInfo
from vidstyle.job import Job
from vidstyle.session import check_job, drawing_of, encoding_of, reading_of
from vidstyle.sinks import open_sink
from vidstyle.sources import open_source
from vidstyle.styles import find_style
from vidstyle.stylizer import load_stylizer


def plan(job: Job) -> dict[str, str]:
    """What would be read, drawn and written, and with what. Raises what the run would raise."""
    stylizer = load_stylizer(drawing_of(job))
    stylizer.look(job.style)
    drawn = (
        f"{stylizer.network} by {stylizer.runtime} on {stylizer.device} in {stylizer.precision}, "
        f"style {find_style(job.style)}, strength {job.strength:g}"
    )
    if job.source != "-" and Path(job.source).is_dir():
        count = len(photos_in(Path(job.source)))
        return {
            "read": f"{count} photographs in {job.source}",
            "draw": drawn,
            "write": f"the folder {job.sink}",
        }
    check_job(job)
    with open_source(job.source, reading_of(job)) as source:
        info = source.info
    sink = open_sink(job.sink, job.output_info(info), encoding_of(job), job.overwrite)
    out = job.output_info(info)
    return {
        "read": f"{job.source}: {_described(info)}",
        "draw": drawn,
        "write": f"{job.sink}: {out.width}x{out.height}, {sink.how}",
    }


def _described(info: VideoInfo) -> str:
    rate = f", {float(info.rate):.5g} frames a second" if info.rate else ""
    count = f", {info.count} frames" if info.count else ""
    return f"{info.width}x{info.height}{rate}{count}, {info.bits} bit {info.layout}"
