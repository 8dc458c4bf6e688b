"""How far each runtime's drawings are from PyTorch's in fp32, how fast, and in how much memory.

    python bench/agreement.py [--networks swift,wct] [--device cpu] [--size 640x360] [--json FILE]

For each network that is here and each runtime that can be had, in fp32 and in its best precision:
one frame of every sample clip, with 16 bits going in and out, drawn in one style that the runtime
reads itself. Each row is measured in a process of its own, on all cores. Printed is Markdown:

max      the largest difference of all samples, in levels of 255
rms      root mean square of the difference over the deviation of what PyTorch draws in fp32
psnr     of the worst frame, in dB
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine, peak_mb, print_machine

CLIPS = sorted((Path(__file__).parents[1] / "samples/clips").glob("*.mp4"))
STYLE = "great-wave"
ROUNDS, LONGEST = 9, 6.0  # frames that are timed, and seconds that they may take
NOT_HERE = 3  # exit code: the runtime, or the precision in it, cannot be had


def main() -> None:
    """Measure and print; or, in a child process, one row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--networks")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(*arguments.one, arguments.device, arguments.size)
        return
    report: dict[str, Any] = {"machine": machine(), "device": arguments.device}
    report |= {"size": arguments.size, "rows": []}
    print_machine(report["machine"])
    print("| network | runtime | precision | max | rms | psnr | a frame | memory |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for network in arguments.networks.split(",") if arguments.networks else drawn_by_graphs():
        for row in rows_of(network, arguments.device, arguments.size):
            report["rows"].append(row)
            print(line(row), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


def drawn_by_graphs() -> list[str]:
    """The networks that are here and have graphs."""
    from vidstyle.weights import models

    return sorted(model.name for model in models() if not model.header.optimizes)


def rows_of(network: str, device: str, size: str) -> list[dict[str, Any]]:
    """What is measured of `network`, PyTorch in fp32 first."""
    from vidstyle.runtimes import RUNTIMES
    from vidstyle.runtimes.availability import available

    ways = [("torch", "fp32")]
    for name in RUNTIMES:
        best = available(name, [device]).precisions.get(device)
        ways += [(name, how) for how in ("fp32", *(["auto"] if best != "fp32" else [])) if best]
    with tempfile.TemporaryDirectory() as folder:
        rows = [measured(network, *way, folder, device, size) for way in dict.fromkeys(ways)]
    different = {(row["runtime"], row["precision"]): row for row in rows if row is not None}
    return list(different.values())


def measured(
    network: str, runtime: str, precision: str, folder: str, device: str, size: str
) -> Any:
    """A row, measured in a process of its own; None where there is no such thing here."""
    expected = Path(folder) / "expected.npy"  # the first row writes it, the others read it
    line = [sys.executable, __file__, "--device", device, "--size", size, "--one"]
    done = subprocess.run(
        [*line, network, f"{runtime} {precision}", str(expected)], capture_output=True, text=True
    )
    if done.returncode == NOT_HERE:
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def one(network: str, way: str, expected_at: str, device: str, size: str) -> None:
    """Draw the frames, compare them, and print a row as JSON."""
    from vidstyle.errors import VidstyleError
    from vidstyle.stylizer import Drawing, load_stylizer

    runtime, precision = way.split()
    try:
        stylizer = load_stylizer(Drawing(network, runtime, device, precision))
        look = stylizer.look(STYLE)
        contents = frames(size)
        drawn = np.stack([stylizer(content, look) for content in contents])
    except VidstyleError:
        sys.exit(NOT_HERE)
    seconds: list[float] = []
    while len(seconds) < ROUNDS and sum(seconds) < LONGEST:
        content = (contents[len(seconds) % len(contents)] // 257).astype(np.uint8)
        stylizer(content, look)  # the engine for 8 bits is made at the first
        began = time.perf_counter()
        stylizer(content, look)
        seconds.append(time.perf_counter() - began)
    path = Path(expected_at)
    if not path.exists():
        np.save(path, drawn)
    print(
        json.dumps(
            {"network": network, "runtime": runtime, "precision": stylizer.precision}
            | compared(drawn, np.load(path))
            | {"seconds": statistics.median(seconds), "peak_mb": peak_mb()}
        )
    )


def frames(size: str) -> list[Any]:
    """A frame of every sample clip at that size, in 16 bits."""
    from vidstyle.image import resize
    from vidstyle.sources import Reading, open_source

    width, height = map(int, size.split("x"))
    found = []
    for clip in CLIPS:
        with open_source(str(clip), Reading(start=Fraction(2))) as source:
            pixels = next(iter(source)).pixels
        found.append(resize(pixels.astype(np.uint16) * 257, height, width))
    return found


def compared(drawn: Any, expected: Any) -> dict[str, float | None]:
    """How far drawings are from others; `psnr` is None where all are the same."""
    difference = (drawn.astype(np.float64) - expected) / 65535
    worst = float(np.square(difference).mean((1, 2, 3)).max())
    return {
        "max": 255 * float(np.abs(difference).max()),
        "rms": float(np.sqrt(np.square(difference).mean()) / (expected / 65535).std()),
        "psnr": -10 * float(np.log10(worst)) if worst else None,
    }


def line(row: dict[str, Any]) -> str:
    """A row as Markdown."""
    psnr = "same" if row["psnr"] is None else f"{row['psnr']:.1f}"
    return (
        f"| `{row['network']}` | `{row['runtime']}` | {row['precision']} | {row['max']:.2f} "
        f"| {row['rms']:.0e} | {psnr} | {1000 * row['seconds']:.0f} ms | {row['peak_mb']:.0f} MB |"
    )


if __name__ == "__main__":
    main()
