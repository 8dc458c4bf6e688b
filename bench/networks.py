"""How fast each network draws, and in how much memory: whole frames through a Stylizer.

    python bench/networks.py [--networks swift,wct] [--sizes 640x360] [--random] [--json FILE]

Each is measured in a process of its own, on all cores, in its own best runtime and precision. With
`--random`, networks whose weights are not here are measured with seeded ones: speed and memory do
not depend on weights. First it prints what the machine itself can do.
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
from pathlib import Path
from typing import Any

from machine import machine, peak_mb, print_machine

SIZES = "640x360,1280x720,1920x1080"
STYLE = "starry-night"
LONGEST = 8.0  # seconds that the frames of one size take
MOST_FRAMES = 30


def main() -> None:
    """Measure and print; or, in a child process, measure one network at one size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--networks", help="those named, not all")
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one(*arguments.one)))
        return
    report: dict[str, Any] = {"machine": machine(), "networks": {}}
    print_machine(report["machine"])
    sizes = arguments.sizes.split(",")
    print(f"{'network':<16}" + "".join(f"{size:>26}" for size in sizes))
    with tempfile.TemporaryDirectory() as folder:
        known, wanted = here(), arguments.networks and arguments.networks.split(",")
        others = random_models(Path(folder), known, wanted) if arguments.random else []
        names = wanted or known + others
        for name in names:
            rows = {size: measured(name, size, folder) for size in sizes}
            report["networks"][name] = rows
            print(f"{name:<16}" + "".join(f"{said(row):>26}" for row in rows.values()), flush=True)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


def here() -> list[str]:
    """The networks whose weights are here; one that optimizes only when it is named."""
    from vidstyle.weights import models

    return [model.name for model in models() if not model.header.optimizes]


def random_models(folder: Path, known: list[str], wanted: list[str] | None) -> list[str]:
    """Published networks not `known`, of those `wanted`, with seeded weights in `folder`."""
    import torch

    from vidstyle.networks import NETWORKS
    from vidstyle.networks.importing import header_of, store_model
    from vidstyle.weights import published_checkpoints

    rows = {
        name: row
        for name, row in published_checkpoints().items()
        if name not in known and name in (wanted or [name])
    }
    for name, row in rows.items():
        torch.manual_seed(0)
        network, config = row.get("network", name), row.get("config", {})
        module = NETWORKS[network](**config)
        header = header_of(module, network, config, "none", "random")
        store_model(folder / f"{name}.safetensors", header, module.state_dict())
    return list(rows)


def measured(name: str, size: str, folder: str) -> dict[str, float] | None:
    """Seconds a frame and MB at most, in a process of its own; None: memory did not suffice."""
    line = [sys.executable, __file__, "--one", name, size]
    environment = os.environ | ({"VIDSTYLE_DATA": folder} if any(Path(folder).iterdir()) else {})
    done = subprocess.run(line, capture_output=True, text=True, env=environment)
    if done.returncode in (-9, 137):  # the system ended it
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def one(name: str, size: str) -> dict[str, float]:
    """Seconds a frame, the first engine's making, and the peak of memory, of this process."""
    import numpy as np

    from vidstyle.stylizer import Drawing, load_stylizer

    width, height = map(int, size.split("x"))
    stylizer = load_stylizer(Drawing(name))
    styles = stylizer.styles
    look = stylizer.look(styles[0] if styles else STYLE)
    frame = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    began = time.perf_counter()
    stylizer(frame, look)
    first, times = time.perf_counter() - began, []
    while len(times) < MOST_FRAMES and sum(times) < LONGEST:
        began = time.perf_counter()
        stylizer(frame, look)
        times.append(time.perf_counter() - began)
    return {"seconds": statistics.median(times), "first_seconds": first, "peak_mb": peak_mb()}


def said(row: dict[str, float] | None) -> str:
    """Frames a second and memory in words."""
    if row is None:
        return "out of memory"
    return f"{1 / row['seconds']:.2f} fps, {row['peak_mb']:.0f} MB"


if __name__ == "__main__":
    main()
