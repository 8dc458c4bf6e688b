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
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from machine import CORES, machine, print_machine

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "samples/clips/big-buck-bunny.mp4"
STYLE = "starry-night"
FRAMES = {640 * 360: 1440, 1280 * 720: 396, 1920 * 1080: 180}  # start-up is part of the command
NETWORKS = ("swift", "swift-lite", "microast")
PEER = "microast"
STAGE_FRAMES = 40  # of a stage alone
ROUNDS = 3  # of all networks; the fastest of each counts


def main() -> None:
    """Measure and print; or, in a child process, measure one stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", default="640x360,1280x720,1920x1080")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        name, clip = arguments.stage.split(":", 1)
        print(json.dumps(STAGES[name](clip)))
        return
    report: dict[str, Any] = {"machine": machine(), "sizes": {}}
    print_machine(report["machine"])
    with tempfile.TemporaryDirectory() as folder:
        for size in arguments.sizes.split(","):
            width, height = map(int, size.split("x"))
            clip = make_clip(Path(folder) / f"{size}.mp4", width, height)
            report["sizes"][size] = row = measure(clip, Path(folder))
            print_row(size, row)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


def measure(clip: str, folder: Path) -> dict[str, Any]:
    """All figures of one clip: seconds for one frame, frames a second, shares and ratios."""
    stages = {
        "decode": alone("decode", clip),
        "network": alone(f"network-{NETWORKS[0]}", clip),
        "encode": alone("encode", clip),
    }
    bound = CORES / sum(stages.values())
    whole = command(clip, folder / "out.mp4")
    # In turns, so that a machine that slows down for a while slows all of them.
    rounds = [
        {name: alone(f"network-{name}", clip, one_core=False) for name in NETWORKS}
        for _ in range(ROUNDS)
    ]
    return {
        "seconds": stages,
        "bound_fps": bound,
        **whole,
        "share_of_bound": whole["fps"] / bound,
        "one_frame_seconds": {
            name: start_up(clip, folder / "out.mp4", name) for name in (NETWORKS[0], PEER)
        },
        "network_seconds": {name: min(each[name] for each in rounds) for name in NETWORKS},
        "eager_seconds": alone("eager", clip, one_core=False),
    }


def alone(stage: str, clip: str, one_core: bool = True) -> float:
    """Seconds for one frame of a stage in a process of its own, on one core or on all."""

    def pin() -> None:
        if one_core and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    arguments = [sys.executable, __file__, "--stage", f"{stage}:{clip}"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, preexec_fn=pin)
    return float(json.loads(done.stdout.splitlines()[-1]))


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


# A small process between: of a child, the system reports no less than its parent had at the fork.
LAUNCHER = """
import json, os, subprocess, sys, time
began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - began
unit = 2**20 if sys.platform == "darwin" else 2**10
print(json.dumps([status, seconds, usage.ru_maxrss / unit]), file=sys.stderr)
"""


def finished(line: list[str], **environment: str) -> tuple[float, str, float]:
    """Seconds that a command takes, what it prints, and its peak resident memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *line],
        capture_output=True, text=True, check=True, env=os.environ | environment,
    )  # fmt: skip
    status, seconds, peak = json.loads(done.stderr.splitlines()[-1])
    if status:
        raise SystemExit(f"{' '.join(line)} failed")
    return seconds, done.stdout, peak


def stage_decode(clip: str) -> float:
    """Reading frames as Pixels."""
    from vidstyle.sources import Reading, open_source

    with open_source(clip, Reading()) as source:
        frames = iter(source)
        next(frames)
        began, count = time.perf_counter(), 0
        for _ in frames:
            count += 1
    return (time.perf_counter() - began) / count


def stage_network(clip: str, network: str) -> float:
    """Drawing Pixels."""
    from vidstyle.stylizer import Drawing, load_stylizer

    stylizer = load_stylizer(Drawing(network))
    look = stylizer.look(STYLE)
    pixels = some_frames(clip, 4)
    return repeated(lambda number: stylizer(pixels[number % 4].pixels, look))


def stage_encode(clip: str) -> float:
    """Writing drawn frames."""
    import vidstyle
    from vidstyle.sinks import open_sink
    from vidstyle.sinks.codecs import Encoding
    from vidstyle.sources import Reading, open_source

    drawn = []
    for frame in vidstyle.frames(clip, style=STYLE):
        drawn.append(frame)
        if len(drawn) == STAGE_FRAMES:
            break
    with open_source(clip, Reading()) as source:
        info = source.info
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with open_sink(f"{folder}/out.mp4", info, Encoding()) as sink:
            for frame in drawn:
                sink.write(frame)
        return (time.perf_counter() - began) / len(drawn)


def stage_eager(clip: str) -> float:
    """The peer in eager PyTorch in fp32, frame by frame."""
    import torch

    from vidstyle.networks.loading import load_network
    from vidstyle.styles import read_style
    from vidstyle.weights import find_model

    def image(pixels: Any) -> torch.Tensor:
        return torch.from_numpy(pixels).permute(2, 0, 1)[None].float().contiguous() / 255

    network = load_network(find_model(PEER))
    contents = [image(frame.pixels) for frame in some_frames(clip, 4)]
    with torch.inference_mode():
        code = network.encode(image(read_style(STYLE)))
        strength = torch.ones(1)
        return repeated(lambda number: network.stylize(contents[number % 4], code, strength))


def some_frames(clip: str, count: int) -> list[Any]:
    """The first frames of a clip."""
    from vidstyle.sources import Reading, open_source

    with open_source(clip, Reading()) as source:
        return [frame for frame, _ in zip(source, range(count), strict=False)]


def repeated(draw: Callable[[int], Any]) -> float:
    """Median seconds of one call, after two that warm up."""
    times = []
    for number in range(STAGE_FRAMES + 2):
        began = time.perf_counter()
        draw(number)
        times.append(time.perf_counter() - began)
        if number > 8 and sum(times) > 15:
            break
    return statistics.median(times[2:])


STAGES: dict[str, Callable[[str], float]] = {
    "decode": stage_decode,
    **{f"network-{name}": partial(stage_network, network=name) for name in NETWORKS},
    "encode": stage_encode,
    "eager": stage_eager,
}


def make_clip(path: Path, width: int, height: int) -> str:
    """The sample clip at another size, run through as often as needed."""
    import av

    frames = FRAMES.get(width * height, 120)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(25), options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        written = 0
        while written < frames:
            with av.open(str(CLIP)) as clip:
                for frame in clip.decode(video=0):
                    if written == frames:
                        break
                    scaled = frame.reformat(width, height, "yuv420p", interpolation="AREA")
                    scaled.pts, scaled.time_base = written, Fraction(1, 25)
                    out.mux(stream.encode(scaled))
                    written += 1
        out.mux(stream.encode(None))
    return str(path)


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
