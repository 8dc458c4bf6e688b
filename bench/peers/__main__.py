"""vidstyle beside the ways that a person would otherwise take, side by side in one run.

    python bench/peers [--quick] [--json bench/results/peers.json]

The same clip goes through each peer, from file to file, in a process of its own, in turns, several
times. The files beside this one are the peers: our own re-statements of what people run, each with
the same clip, the same style as vidstyle reads it, a square of 384 pixels, and, where there are
any, weights. The columns, medians of all rounds:

fps      frames of the clip over the time from start to end, start-up and encoding included
first    seconds from the start until the first frame is written, at most
MB       the most memory held
vs …     fps over that of the other

A peer that takes more than some seconds is stopped, and fps is that of the whole clip at the pace
it had (*); slow ones take part in fewer rounds. vidstyle's caches are warm, the peers have none.
Then comes the bound that the cores set for vidstyle (their number over the seconds that decoding,
network and encoding take, each alone on one core), and what it is held to. Run it with nothing else
running; on two cores it takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))  # of the modules beside this folder

from clips import RATE, make_clip
from machine import CORES, machine, print_machine
from peers.table import print_table, print_targets, targets
from processes import finished, growth, resident
from stages import bound, one_core_seconds

from vidstyle.styles import read_style, squared

RESULTS = Path(__file__).parents[1] / "results"
STYLE = "starry-night"
OURS = {"vidstyle swift": "swift", "vidstyle swift-lite": "swift-lite"}
THEIRS = {
    "FFmpeg alone, no drawing": "ffmpeg_alone",
    "ONNX Runtime loop, swift": "onnx_loop",
    "OpenCV dnn, fast neural style": "opencv_dnn",
    "MicroAST in PyTorch": "microast_torch",
    "AdaIN in PyTorch": "adain_torch",
}


class Effort(NamedTuple):
    """How long all is measured."""

    frames: dict[str, int]  # of the clip, by its size
    rounds: int
    seconds: float  # after its first frame, when a peer is stopped
    patience: float  # seconds in all, after which a peer is left out of further rounds
    long_clip: int  # frames, for memory over time, at 320x180


THOROUGH = Effort({"640x360": 240, "1280x720": 75}, 3, 4.0, 15.0, long_clip=6000)
QUICK = Effort({"640x360": 50}, 1, 1.0, 15.0, long_clip=1500)


def main() -> None:
    """Measure, print and store; or, in a child process, be one peer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a minute; nothing is stored")
    parser.add_argument("--json", type=Path, default=RESULTS / "peers.json")
    parser.add_argument("--peer", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        name, clip, style, out, seconds = arguments.peer
        print(json.dumps(drawn(name, clip, style, out, float(seconds))))
        return
    effort = QUICK if arguments.quick else THOROUGH
    report: dict[str, Any] = {"machine": machine(), "sizes": {}}
    print_machine(report["machine"])
    with tempfile.TemporaryDirectory() as folder:
        for size in effort.frames:
            report["sizes"][size] = side_by_side(Path(folder), size, effort)
            print_table(size, report["sizes"][size])
        report["memory_mb_a_minute"] = memory_slope(Path(folder), effort.long_clip)
    report["targets"] = targets(report)
    print_targets(report["targets"])
    if not arguments.quick:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


def side_by_side(folder: Path, size: str, effort: Effort) -> dict[str, Any]:
    """All rows of one size, and the bound; rounds go through all peers in turn."""
    from peers.fast_neural_style import export

    width, height = map(int, size.split("x"))
    frames = effort.frames[size]
    clip = make_clip(folder / f"{size}.mp4", width, height, frames)
    style = str(folder / "style.png")
    Image.fromarray(squared(read_style(STYLE))).save(style)
    styles = {"opencv_dnn": export(folder / f"{size}.onnx", width, height)}
    lines = {label: our_line(clip, folder, network) for label, network in OURS.items()} | {
        label: their_line(name, clip, styles.get(name, style), folder, effort.seconds)
        for label, name in THEIRS.items()
    }
    for label in OURS:  # what is kept for the next start is now there
        measured(lines[label], folder, frames)
    rounds: dict[str, list[dict[str, float]]] = {label: [] for label in lines}
    stages = []
    for _ in range(effort.rounds):
        for label, line in lines.items():
            if sum(row["seconds"] for row in rounds[label]) < effort.patience:
                rounds[label].append(measured(line, folder, frames))
        stages.append(one_core_seconds(clip))
    rows = {label: middle(found) for label, found in rounds.items()}
    seconds = middle(stages)
    most = bound(seconds, CORES)
    return {
        "frames": frames, "peers": rows, "one_core_seconds": seconds, "bound_fps": most,
        "share_of_bound": rows["vidstyle swift"]["steady_fps"] / most,
    }  # fmt: skip


def our_line(clip: str, folder: Path, network: str) -> list[str]:
    """The command that people type."""
    return [
        sys.executable, "-m", "vidstyle", "stylize", clip, str(folder / "out.mp4"), "--style",
        STYLE, "--network", network, "--stabilize", "off", "--overwrite", "--quiet", "--json",
    ]  # fmt: skip


def their_line(name: str, clip: str, style: str, folder: Path, seconds: float) -> list[str]:
    """This program as one peer."""
    out = str(folder / "out.mp4")
    return [sys.executable, __file__, "--peer", name, clip, style, out, str(seconds)]


def drawn(name: str, clip: str, style: str, out: str, longest: float) -> dict[str, float]:
    """Draw by a peer: all frames, or at least two and `longest` seconds after the first."""
    began, times = time.perf_counter(), []
    frames: Iterator[None] = import_module(f"peers.{name}").stylize(clip, style, out)
    for _ in frames:
        times.append(time.perf_counter())
        if len(times) > 1 and times[-1] - times[0] > longest:
            break
    del frames  # what is written is closed
    return {
        "frames": len(times),
        "seconds": time.perf_counter() - began,
        "first_frame_seconds": times[0] - began,
    }


def measured(line: list[str], folder: Path, frames: int) -> dict[str, float]:
    """The figures of a process that prints what `drawn` gives, for a clip of `frames`."""
    done = finished(line, VIDSTYLE_CACHE=str(folder / "cache"))
    return figures(json.loads(done.printed), done.seconds, frames) | {"peak_mb": done.peak_mb}


def figures(summary: dict[str, Any], seconds: float, frames: int) -> dict[str, float]:
    """Frames a second and seconds to the first frame, of a process that took `seconds` in all.

    What is left of the clip's `frames` would have gone on at the pace of those after the first.
    """
    since_first = summary["seconds"] - summary["first_frame_seconds"]
    pace = since_first / (summary["frames"] - 1)
    return {
        "fps": frames / (seconds + (frames - summary["frames"]) * pace),
        "steady_fps": summary.get("frames_per_second", 1 / pace),
        "first_seconds": seconds - since_first,  # the process' end counts as its start
        "frames": summary["frames"],
        "seconds": seconds,
    }


def middle(rows: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def memory_slope(folder: Path, frames: int) -> float | None:
    """MB by which a run grows in a minute of its clip."""
    if sys.platform != "linux":
        return None
    clip = make_clip(folder / "long.mp4", 320, 180, frames)
    held = resident(our_line(clip, folder, "swift"), VIDSTYLE_CACHE=str(folder / "cache"))
    return growth(held, frames / RATE / 60)


if __name__ == "__main__":
    main()
