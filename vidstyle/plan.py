"""What a job would do, without doing it."""

from __future__ import annotations

from pathlib import Path

from vidstyle.batch import photos_in
from vidstyle.contracts import VideoInfo
from vidstyle.direction import Direction
from vidstyle.job import Job
from vidstyle.session import check_job, drawing_of, encoding_of, reading_of
from vidstyle.sinks import open_sink
from vidstyle.sources import Reading, open_source
from vidstyle.stylizer import load_stylizer


def plan(job: Job) -> dict[str, str]:
    """What would be read, drawn and written, and with what. Raises what the run would raise."""
    stylizer = load_stylizer(drawing_of(job))
    reading = Reading(job.start_seconds, job.end_seconds)
    with Direction(job, stylizer, reading) as direction:
        pass  # what cannot be read is said
    drawn = (
        f"{stylizer.network} by {stylizer.runtime} on {stylizer.device} in {stylizer.precision}, "
        f"{_styles(job)}, strength {job.strength:g}, stabilizer {direction.stabilizer}"
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


def _styles(job: Job) -> str:
    """Which styles are seen when and where."""
    parts = []
    if job.timeline is not None:
        for seconds, mix in job.timeline.keys:
            styles = " and ".join(
                f"{style} ({share:.0%})" if share < 1 else style for style, share in mix.items()
            )
            parts.append(f"from {seconds:g} s on {styles}" if seconds else f"style {styles}")
    parts += [f"{region.style or 'drawn'} where {region.file} is white" for region in job.regions]
    return ", ".join(parts)


def _described(info: VideoInfo) -> str:
    rate = f", {float(info.rate):.5g} frames a second" if info.rate else ""
    count = f", {info.count} frames" if info.count else ""
    return f"{info.width}x{info.height}{rate}{count}, {info.bits} bit {info.layout}"
