"""From a job to a finished video. The whole program is on this page."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from vidstyle.avfile import is_live
from vidstyle.contracts import Frame, OnStep, Source, VideoInfo
from vidstyle.direction import Direction, Sketch, of_photographs, stabilizer_of
from vidstyle.errors import PartialResult, UsageError
from vidstyle.image import resize
from vidstyle.job import Job
from vidstyle.pipeline import Meter, ahead, each_after
from vidstyle.pipeline.heap import give_back_holes
from vidstyle.runtimes import choose
from vidstyle.sinks import check_output, check_picture, open_sink
from vidstyle.sinks.codecs import Encoding
from vidstyle.sources import Reading, open_source
from vidstyle.stylizer import Drawing, Stylizer, load_stylizer
from vidstyle.temporal.checker import Checker, Flicker
from vidstyle.temporal.dis import Dis
from vidstyle.weights import check_live, find_model

log = logging.getLogger(__name__)

DEPTH = 3  # frames that wait at each thread boundary
FRAMES_BETWEEN_TRIMS = 200
FRAMES_BETWEEN_CHECKS = 16  # a check takes as long as drawing a few

OnFrame = Callable[[Meter, VideoInfo], None]  # called after each frame; may raise Interrupted


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    output: str
    frames: int  # as many were read as were written
    lost: int  # frames that were promised or damaged
    seconds: float
    first_frame_seconds: float  # from the start to the first written frame
    frames_per_second: float  # once running; start-up is not in it
    milliseconds: dict[str, float]  # each stage, for one frame
    network: str
    runtime: str
    device: str
    precision: str
    decoder: str  # "nvdec" or "software"
    tracks: tuple[str, ...]  # what was done with sound and subtitles
    stabilizer: str  # "off", "light" or "full"
    flicker: Flicker | None  # where `job.check` asks for it


def run(
    job: Job,
    on_frame: OnFrame | None = None,
    stylizer: Stylizer | None = None,
    on_step: OnStep | None = None,
) -> Summary:
    """Read, draw and write every frame of `job`.

    Raises:
        VidstyleError: something failed; what was at the output before is still there.
        PartialResult: more frames were lost than `job.max_errors` allows; the rest is kept.
        Interrupted: raised by `on_frame` or `on_step`; what was drawn is kept.
    """
    meter = Meter()
    check_job(job)
    gpu = gpu_for(job, stylizer)
    checker = Checker(Dis(), every=FRAMES_BETWEEN_CHECKS) if job.check else None
    with open_source(job.source, reading_of(job, gpu)) as source:
        info = job.output_info(source.info)
        stylizer = stylizer or load_stylizer(drawing_of(job))
        with (
            directed(job, stylizer, job.drawn_info(source.info), on_step, meter) as direction,
            open_sink(job.sink, info, encoding_of(job), job.overwrite) as sink,
            closing(
                drawings(source, job, direction, meter, gpu, not sink.takes_tensors, checker)
            ) as frames,
        ):
            for frame in frames:
                with meter.time("write"):
                    sink.write(frame)
                if meter.frames("write") % FRAMES_BETWEEN_TRIMS == 0:
                    give_back_holes()
                if on_frame is not None:
                    on_frame(meter, info)
            account(source, meter, job.max_errors)
    return Summary(
        sink.destination, meter.frames("write"), source.lost, meter.seconds,
        meter.first_frame_seconds or 0.0, meter.frames_per_second, meter.milliseconds(),
        stylizer.network, stylizer.runtime, stylizer.device, stylizer.precision,
        source.decoder, tuple(sink.notes), direction.stabilizer,
        None if checker is None else checker.flicker,
    )  # fmt: skip


@contextmanager
def directed(
    job: Job,
    stylizer: Stylizer,
    info: VideoInfo,
    on_step: OnStep | None = None,
    meter: Meter | None = None,
) -> Iterator[Direction]:
    """Read the job's styles; on another core, make ready to draw frames such as `info` says."""
    height, width = job.working_size(info.height, info.width)
    reading = Reading(job.start_seconds, job.end_seconds)
    with ThreadPoolExecutor(1) as beside:
        ready = beside.submit(stylizer.prepare, replace(info, height=height, width=width))
        with Direction(job, stylizer, reading, on_step, meter) as direction:
            ready.result()
            yield direction


def gpu_for(job: Job, stylizer: Stylizer | None = None) -> str | None:
    """The GPU where frames stay from their decoding on; None: they are the host's.

    What lies around the network is computed on the host: masks, other colors, other sizes, checks,
    and what steadies drawings.
    """
    device = choose(job.runtime, job.device)[1] if stylizer is None else stylizer.device
    if not device.startswith("cuda") or find_model(job.network).header.optimizes:
        return None
    others = job.regions, job.keep_color, job.size, job.max_size, job.side_by_side, job.check
    return None if any(others) or stabilizer_of(job) != "off" else device


def drawings(
    source: Source,
    job: Job,
    direction: Direction,
    meter: Meter,
    gpu: str | None = None,
    to_host: bool = True,
    checker: Checker | None = None,
) -> Generator[Frame]:
    """The frames of `source`, drawn; it is read on one thread, and drawn on another.

    Args:
        source: opened.
        job: at which size they are drawn, and whether side by side.
        direction: draws them.
        meter: is told what each stage takes.
        gpu: where they stay meanwhile; None: on the host.
        to_host: whether they come back from there.
        checker: is shown each frame beside its drawing, on the host.
    """
    info = job.drawn_info(source.info)
    contents = meter.watch("read", source)
    to_draw, to_write = (partial(meter.found_waiting, name) for name in ("to draw", "to write"))
    if gpu is None:
        contents = ahead(contents, DEPTH, to_draw)
        drawn = draw(contents, info, direction, job.side_by_side, meter, checker)
        return ahead(drawn, DEPTH, to_write)
    from vidstyle.transfer import downloaded, uploaded  # only here, since they load torch

    contents = ahead(uploaded(contents, gpu), DEPTH, to_draw)
    drawn = draw(contents, info, direction, job.side_by_side, meter)
    waiting = partial(meter.time, "wait for the GPU")
    finished = downloaded(drawn, waiting) if to_host else uploaded(drawn, gpu, waiting)
    return ahead(finished, DEPTH, to_write)


def draw(
    frames: Generator[Frame],
    info: VideoInfo,
    direction: Direction,
    side_by_side: bool,
    meter: Meter,
    checker: Checker | None = None,
) -> Generator[Frame]:
    """Draw each frame at the size of `info`; side by side, the content stays at its left.

    `frames` are closed at the end, however it comes.
    """
    pasts = direction.first_pasts
    for frame, sketch in each_after(direction.at_once, sketches(frames, info, direction)):
        with meter.time("draw"):
            pixels, pasts = direction.finished(sketch, pasts)
        if checker is not None:
            with meter.time("check"):
                checker.see(sketch.content, pixels, frame.index)
        alpha = frame.alpha
        if alpha is not None:
            alpha = resize(alpha, info.height, info.width)
        if side_by_side:
            pixels = np.hstack([sketch.content, pixels])
            alpha = None if alpha is None else np.hstack([alpha, alpha])
        yield replace(frame, pixels=pixels, alpha=alpha)


def sketches(
    frames: Generator[Frame], info: VideoInfo, direction: Direction
) -> Generator[tuple[Frame, Sketch]]:
    """Each frame, and its drawing at the size of `info` under way."""
    scene = direction.first_scene
    with closing(frames):
        for frame in frames:
            content = resize(frame.pixels, info.height, info.width)
            sketch, scene = direction.begun(content, frame.time, scene)
            yield frame, sketch


def account(source: Source, meter: Meter, max_errors: float) -> None:
    """Success is said only when every frame that was promised is in the output, or nearly so."""
    written, lost = meter.frames("write"), source.lost
    assert meter.frames("read") == written, "a frame was lost between reading and writing"
    if not lost:
        return
    share = lost / (written + lost)
    said = f"{lost} of {written + lost} frames were damaged or missing ({share:.1%})"
    if share > max_errors:
        raise PartialResult(f"{said}, more than the {max_errors:.1%} of --max-errors.")
    log.warning("%s.", said)


def check_job(job: Job) -> None:
    """Refuse what cannot end well before anything is read.

    Raises:
        UsageError: an output of unknown kind, without a folder, there already, or the input itself;
            a live source, and a network that is far too slow for it.
    """
    if is_live(job.source):
        check_live(job.network)
    if job.progress_picture is not None:
        _check_progress_picture(job, job.progress_picture)
    if job.sink == "-":
        return
    if job.source != "-" and _is_same(job.source, job.sink):
        raise UsageError(f"{job.sink!r} is the input itself; write to another file.")
    check_output(job.sink, job.overwrite)


def _check_progress_picture(job: Job, picture: str) -> None:
    for other, what in ((job.source, "input"), (job.sink, "output")):
        if _is_same(picture, other):
            raise UsageError(f"{picture!r} is the {what} itself; show the progress elsewhere.")
    check_picture(picture, job.overwrite)


def _is_same(source: str, sink: str) -> bool:
    """Whether two addresses are one file, by links as well, or one set of numbered pictures."""
    if os.path.exists(source) and os.path.exists(sink):
        return os.path.samefile(source, sink)
    return os.path.realpath(source) == os.path.realpath(sink)


def reading_of(job: Job, device: str | None = None) -> Reading:
    """How the source is read; `device` is where its pictures are wanted."""
    return Reading(
        job.start_seconds, job.end_seconds, job.raw_size, job.rate, job.max_pixels, device
    )


def drawing_of(job: Job) -> Drawing:
    """What frames are drawn with."""
    return Drawing(
        job.network, job.runtime, job.device, job.precision,
        job.vgg, job.optimizer, job.steps, job.progress_picture, not of_photographs(job),
    )  # fmt: skip


def encoding_of(job: Job) -> Encoding:
    """How the output is encoded."""
    return Encoding(job.codec, job.crf, job.preset, job.bits_per_second, job.pix_fmt, job.audio)
