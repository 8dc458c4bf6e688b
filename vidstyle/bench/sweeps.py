"""How speed or memory changes with one thing: size, batch, threads, streams, length, styles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from vidstyle.bench.cases import Case
from vidstyle.bench.children import measured, measured_together
from vidstyle.bench.fit import Sweep, line, power, r_squared
from vidstyle.bench.sample import Clip, made
from vidstyle.errors import UsageError
from vidstyle.machine import cores, peak_memory

_SIZES = (320, 180), (480, 270), (640, 360), (960, 540), (1280, 720)  # width and height
_BATCHES = 1, 2, 4, 8
_LENGTHS = 100, 200, 400, 800  # frames
_STYLES = 1, 2, 4, 8  # mixed
_STREAM_FRAMES, _FEW_FRAMES = 150, 30
_SECONDS = 1.5  # of calls that are timed for a point

Points: TypeAlias = list[tuple[float, float]]
OnPoint: TypeAlias = Callable[[str], None]


@dataclass(frozen=True)
class Ground:
    """What a sweep is made on."""

    case: Case
    clip: Clip | None  # None: one is made
    folder: Path
    streams: int  # at most
    on_point: OnPoint  # is told what is measured now

    def clip_for(self, case: Case, frames: int | None = None) -> Clip:
        """The clip for a case; of one that was given, the first `frames` are meant."""
        if self.clip is None:
            return made(self.folder, case, frames)
        return replace(self.clip, frames=min(frames or self.clip.frames, self.clip.frames))

    def fps(self, case: Case, threads: int | None = None) -> float:
        """Frames a second of the network alone."""
        task = self.clip_for(case).task("network", case, self.folder, seconds=_SECONDS)
        return float(measured(task, threads)["fps"]["median"])


def size(ground: Ground) -> Sweep:
    """Milliseconds a frame, over its pixels."""
    points: Points = []
    for width, height in _SIZES:
        case = replace(ground.case, width=width, height=height)
        ground.on_point(f"size {case.size}")
        points.append((width * height / 1e6, 1000 / ground.fps(case)))
    offset, slope = line(points)
    exponent = power(points)[1]
    law = (
        f"{offset:.2f} ms and {slope:.1f} ms for each million pixels; as a power of the pixels, "
        f"their exponent is {exponent:.2f} (1: linear)"
    )
    names = ("million pixels", "ms a frame")
    return _sweep("size", ground, names, points, law, slope, lambda x: offset + slope * x)


def batch(ground: Ground) -> Sweep:
    """Frames a second, over how many are drawn at once."""
    points: Points = []
    for count in _BATCHES:
        ground.on_point(f"batch {count}")
        points.append((count, ground.fps(replace(ground.case, batch=count))))
    return _power("batch", ground, ("frames at once", "frames a second"), points)


def threads(ground: Ground) -> Sweep:
    """Frames a second, over how many cores may be used."""
    points: Points = []
    for count in _doubled(cores()):
        ground.on_point(f"with {count} of the cores")
        points.append((count, ground.fps(ground.case, count)))
    return _power("threads", ground, ("cores", "frames a second"), points)


def streams(ground: Ground) -> Sweep:
    """Frames a second of all clips together, over how many are drawn at once, each by itself."""
    points: Points = []
    clip = ground.clip_for(ground.case, _STREAM_FRAMES)
    for count in _doubled(ground.streams):
        ground.on_point(f"{count} clips at once")
        found = measured_together([_task(ground, clip, place) for place in range(count)])
        seconds = max(one["ended"] for one in found) - min(one["began"] for one in found)
        points.append((count, sum(one["frames"] for one in found) / seconds))
    return _power("streams", ground, ("clips at once", "frames a second in all"), points)


def length(ground: Ground) -> Sweep:
    """Peak memory, over how many frames a clip has."""
    points: Points = []
    clip = ground.clip_for(ground.case, _LENGTHS[-1])
    for frames in sorted({min(frames, clip.frames) for frames in _LENGTHS}):
        ground.on_point(f"{frames} frames")
        (found,) = measured_together([_task(ground, replace(clip, frames=frames), 0)])
        points.append((frames, found["memory"] / 1e6))
    offset, slope = line(points) if len(points) > 1 else (points[0][1], 0.0)
    law = f"{offset:.0f} MB and {1000 * slope:.1f} MB for each 1000 frames (0: flat)"
    names = ("frames of a clip", "MB at most")
    return _sweep("length", ground, names, points, law, slope, lambda x: offset + slope * x)


def memory(ground: Ground) -> Sweep:
    """Peak memory, over the pixels of a frame."""
    points: Points = []
    for width, height in _SIZES:
        case = replace(ground.case, width=width, height=height)
        ground.on_point(f"memory at {case.size}")
        clip = ground.clip_for(case, _FEW_FRAMES)
        (found,) = measured_together([_task(replace(ground, case=case), clip, 0)])
        points.append((width * height / 1e6, found["memory"] / 1e6))
    offset, slope = line(points)
    law = f"{offset:.0f} MB and {slope:.0f} MB for each million pixels"
    names = ("million pixels", "MB at most")
    return _sweep("memory", ground, names, points, law, slope, lambda x: offset + slope * x)


def styles(ground: Ground) -> Sweep:
    """Frames a second, over how many styles are mixed."""
    points: Points = []
    clip = ground.clip_for(ground.case, _STREAM_FRAMES)
    for count in _STYLES:
        ground.on_point(f"{count} styles")
        (found,) = measured_together([_task(ground, clip, 0, styles=count)])
        points.append((count, found["frames"] / (found["ended"] - found["began"])))
    return _power("styles", ground, ("styles", "frames a second"), points)


SWEEPS: dict[str, Callable[[Ground], Sweep]] = {
    "size": size,
    "batch": batch,
    "threads": threads,
    "length": length,
    "memory": memory,
    "styles": styles,
    "streams": streams,
}


def check_sweeps(names: Sequence[str]) -> None:
    """Refuse at once what cannot be swept here.

    Raises:
        UsageError: says why.
    """
    if "threads" in names and sys.platform != "linux":
        raise UsageError("--sweep threads gives a program fewer cores, which needs Linux.")
    if "threads" in names and cores() < 2:
        raise UsageError("--sweep threads needs more than one core; there is one here.")
    if {"length", "memory"} & set(names) and peak_memory() is None:
        raise UsageError("--sweep length and memory need a system that tells a program's memory.")


def _task(ground: Ground, clip: Clip, place: int, **more: int) -> Any:
    folder = ground.folder / f"stream-{place}"
    folder.mkdir(exist_ok=True)
    return clip.task("stream", ground.case, folder, **more)


def _doubled(most: int) -> Iterator[int]:
    """1, 2, 4 … and `most`."""
    count = 1
    while count < most:
        yield count
        count *= 2
    yield most


def _power(over: str, ground: Ground, names: tuple[str, str], points: Points) -> Sweep:
    factor, exponent = power(points) if len(points) > 1 else (points[0][1], 0.0)
    law = f"{factor:.1f} fps times {names[0]} to the power of {exponent:.2f} (1: in proportion)"
    return _sweep(over, ground, names, points, law, exponent, lambda x: factor * x**exponent)


def _sweep(
    over: str,
    ground: Ground,
    names: tuple[str, str],
    points: Points,
    law: str,
    slope: float,
    fitted: Callable[[float], float],
) -> Sweep:
    values: Sequence[float] = [fitted(x) for x, _ in points]
    drawn = tuple((x, y) for (x, _), y in zip(points, values, strict=True))
    return Sweep(
        over, ground.case.name, *names, tuple(points), law, slope, drawn, r_squared(points, values)
    )
