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
it had (*). Caches of vidstyle are warm, the peers have none. Then comes what two cores set for
vidstyle (decoding, network and encoding, each alone on one core, added up, two at a time), and what
it is held to. Run it with nothing else running.
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
from processes import finished, resident
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
COMPARED = ("vidstyle swift", "MicroAST in PyTorch")


class Effort(NamedTuple):
    """How long all is measured."""

    frames: dict[str, int]  # of the clip, by its size
    rounds: int
    seconds: float  # after which a peer is stopped
    long_clip: int  # frames, for memory over time, at 320x180


THOROUGH = Effort({"640x360": 240, "1280x720": 90}, rounds=3, seconds=4.0, long_clip=6000)
QUICK = Effort({"640x360": 50}, rounds=1, seconds=1.0, long_clip=750)


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
    rounds, stages = [], []
    for _ in range(effort.rounds):
        rounds.append({label: measured(line, folder, frames) for label, line in lines.items()})
        stages.append(one_core_seconds(clip))
    rows = {label: middle([each[label] for each in rounds]) for label in lines}
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
    """Draw by a peer, at most two frames or `longest` seconds, whichever is more."""
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


def growth(held: list[float], minutes: float) -> float:
    """MB a minute between the middles of the second and the last quarter of `minutes`."""
    quarter = len(held) // 4
    last, second = held[-quarter:], held[quarter : 2 * quarter]
    return (statistics.median(last) - statistics.median(second)) / (minutes / 2)


def targets(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What vidstyle is held to, and what it reaches."""
    small = report["sizes"]["640x360"]
    ours = small["peers"]["vidstyle swift"]
    shares = {
        f"share of the bound, once running, {size}": {
            "reached": row["share_of_bound"],
            "least": 0.9,
        }
        for size, row in report["sizes"].items()
    }
    return shares | {
        "seconds to the first frame, 640x360": {"reached": ours["first_seconds"], "most": 1.2},
        "MB of memory, 640x360": {"reached": ours["peak_mb"], "most": 350},
        "MB more a minute of the clip": {"reached": report["memory_mb_a_minute"], "most": 1.0},
    }


def print_table(size: str, found: dict[str, Any]) -> None:
    """The rows of one size, as Markdown."""
    print(f"{size}, {found['frames']} frames\n")
    print(f"| way | fps | first s | MB | {' | '.join(f'vs {name}' for name in COMPARED)} |")
    print(f"|{' --- |' * (4 + len(COMPARED))}")
    rows = found["peers"]
    for label, row in rows.items():
        cut = "*" if row["frames"] < found["frames"] else ""
        ratios = " | ".join(f"{row['fps'] / rows[other]['fps']:.2f}" for other in COMPARED)
        print(
            f"| {label} | {row['fps']:.1f}{cut} | {row['first_seconds']:.2f} | "
            f"{row['peak_mb']:.0f} | {ratios} |"
        )
    stages = ", ".join(
        f"{name} {1000 * seconds:.1f}" for name, seconds in found["one_core_seconds"].items()
    )
    print(
        f"\nOne core, milliseconds a frame: {stages}; {CORES} cores: at most "
        f"{found['bound_fps']:.1f} fps. vidstyle swift once running: "
        f"{rows['vidstyle swift']['steady_fps']:.1f} fps.\n"
    )


def print_targets(rows: dict[str, dict[str, Any]]) -> None:
    """A line for each target."""
    for name, row in rows.items():
        word, limit = ("least", row["least"]) if "least" in row else ("most", row["most"])
        if row["reached"] is None:
            print(f"{name}: not measured here")
            continue
        is_met = row["reached"] >= limit if word == "least" else row["reached"] <= limit
        print(f"{name}: {row['reached']:.2f} (at {word} {limit}){'' if is_met else ' MISSED'}")


if __name__ == "__main__":
    main()
