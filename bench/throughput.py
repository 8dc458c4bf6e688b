"""How fast `vidstyle stylize` is on this CPU, against the bound that its own stages set.

    python bench/throughput.py [--sizes 640x360,1280x720] [--json bench/results/NAME.json]

For each size: decode, network and encode, each alone on one core; the bound they set (cores over
the sum of the three times); the whole command on all cores, start-up included, as a share of that
bound; start-up alone; and the networks alone on all cores against MicroAST in the same runtime and
in eager PyTorch, frame by frame, fp32, as published. First it prints what the machine itself can
do: a 3x3 convolution and a memory copy. Run it with nothing else running.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from clips import make_clip
from machine import CORES, machine, print_machine
from processes import finished
from stages import STYLE, alone, bound, one_core_seconds

FRAMES = {640 * 360: 1440, 1280 * 720: 396, 1920 * 1080: 180}  # start-up is part of the command
NETWORKS = ("swift", "swift-lite", "microast")
PEER = "microast"
ROUNDS = 3  # of all networks; the fastest of each counts


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", default="640x360,1280x720,1920x1080")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    report: dict[str, Any] = {"machine": machine(), "sizes": {}}
    print_machine(report["machine"])
    with tempfile.TemporaryDirectory() as folder:
        for size in arguments.sizes.split(","):
            width, height = map(int, size.split("x"))
            frames = FRAMES.get(width * height, 120)
            clip = make_clip(Path(folder) / f"{size}.mp4", width, height, frames)
            report["sizes"][size] = row = measure(clip, Path(folder))
            print_row(size, row)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


def measure(clip: str, folder: Path) -> dict[str, Any]:
    """All figures of one clip: seconds for one frame, frames a second, shares and ratios."""
    stages = one_core_seconds(clip, NETWORKS[0])
    most = bound(stages, CORES)
    whole = command(clip, folder / "out.mp4")
    # In turns, so that a machine that slows down for a while slows all of them.
    rounds = [
        {name: alone(f"network-{name}", clip, one_core=False) for name in NETWORKS}
        for _ in range(ROUNDS)
    ]
    return {
        "seconds": stages,
        "bound_fps": most,
        **whole,
        "share_of_bound": whole["fps"] / most,
        "one_frame_seconds": {
            name: start_up(clip, folder / "out.mp4", name) for name in (NETWORKS[0], PEER)
        },
        "network_seconds": {name: min(each[name] for each in rounds) for name in NETWORKS},
        "eager_seconds": alone(f"eager-{PEER}", clip, one_core=False),
    }


def command(clip: str, out: Path) -> dict[str, float]:
    """The whole command, twice: the second run counts, when all files are in memory."""
    line = [sys.executable, "-m", "vidstyle", "stylize", clip, str(out), "--style", STYLE]
    line += ["--overwrite", "--quiet"]
    for _ in range(2):
        seconds, printed, peak = finished([*line, "--json"])
    summary = json.loads(printed)
    return {
        "fps": summary["frames"] / seconds,
        "steady_fps": summary["frames_per_second"],
        "peak_mb": peak,
    }


def start_up(clip: str, out: Path, network: str) -> dict[str, float]:
    """Seconds from start to end for a clip of one frame, in a new style and in one met before."""
    line = [sys.executable, "-m", "vidstyle", "stylize", clip, str(out), "--network", network]
    line += ["--style", STYLE, "--end", "0.01", "--overwrite", "--quiet"]
    new, known = [], []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as cache:
            for times in (new, known):
                times.append(finished(line, VIDSTYLE_CACHE=cache)[0])
    return {"new_style": statistics.median(new), "known_style": statistics.median(known)}


def print_row(size: str, row: dict[str, Any]) -> None:
    """The figures of one size."""
    stages = ", ".join(f"{name} {1000 * seconds:.1f}" for name, seconds in row["seconds"].items())
    print(
        f"{size}: one core, milliseconds a frame: {stages}\n"
        f"  bound {row['bound_fps']:.1f} fps; whole command {row['fps']:.1f} fps "
        f"({row['share_of_bound']:.2f} of the bound; {row['steady_fps']:.1f} once running)\n"
        f"  peak memory {row['peak_mb']:.0f} MB\n"
        f"  a clip of one frame, start to end:"
    )
    for name, seconds in row["one_frame_seconds"].items():
        print(
            f"    {name:<12}{seconds['new_style']:7.2f} s in a new style, "
            f"{seconds['known_style']:.2f} s in one met before"
        )
    print("  networks alone, all cores:")
    peer, eager = row["network_seconds"][PEER], row["eager_seconds"]
    for name, seconds in row["network_seconds"].items():
        print(
            f"    {name:<12}{1000 * seconds:7.1f} ms, {peer / seconds:5.1f} times as fast as "
            f"{PEER}, {eager / seconds:5.1f} times {PEER} in eager PyTorch"
        )


if __name__ == "__main__":
    main()
