"""How fast each network draws on an NVIDIA GPU, alone and from a file, against what the GPU can do.

    python bench/gpu.py [--networks swift,wct] [--sizes 1280x720] [--runtimes torch,tensorrt]
        [--precision fp16] [--random] [--json FILE]

For each network, runtime and size, in a process of its own for the first two:
- frames a second with pictures that lie on the GPU and stay there: median of CUDA events;
- the memory of the GPU that this takes;
- the share of the GPU's measured ceilings: of a matrix product in fp16, by the operations of the
  network's products and convolutions, and of a copy, by what its steps would read and write if each
  were done by itself, as PyTorch does;
- the agreement with PyTorch in fp32, on a frame of a sample clip;
- with PyAV, frames a second from an H.264 file to drawings on the host, and of the decoder alone.

With `--random`, networks whose weights are not here are measured with seeded ones. What is done is
printed as a table of Markdown and stored at once, so that a run may be cut short.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from clips import make_clip
from gpu_figures import figures
from machine import gpu_machine
from networks import here, random_models

SIZES = "1280x720,1920x1080,3840x2160"
RUNTIMES = "torch,torch-compile,tensorrt,tensorrt-rtx"
NO_GPU = 4  # exit code, as vidstyle's own for a device that cannot be had
PATIENCE = 600  # seconds for a network in a runtime, at all sizes
RESULTS = Path(__file__).parent / "results"
COLUMNS = (
    "network", "runtime", "precision", "size", "fps", "first s", "MB", "of matrix", "of copy",
    "dB", "file fps", "decoder fps", "decoder",
)  # fmt: skip


def main() -> None:
    """Measure and print; or, in a child process, measure one network in one runtime."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--networks", help="those named, not all")
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--runtimes", default=RUNTIMES)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not has_gpu():
        print("There is no NVIDIA GPU here that PyTorch can use.", file=sys.stderr)
        sys.exit(NO_GPU)
    sizes = arguments.sizes.split(",")
    if arguments.one:
        name, runtime, folder = arguments.one
        for size in sizes:
            clip = Path(folder) / f"{size}.mp4"
            row = figures(name, runtime, arguments.precision, size, clip if clip.exists() else None)
            print(json.dumps(row), flush=True)
        return
    facts = gpu_machine()
    print(
        f"{facts['gpu']}, torch {facts['torch']}: matrix product in fp16 "
        f"{facts['matrix_tflops']:.0f} TFLOP/s, copy {facts['copy_gb_per_second']:.0f} GB/s\n"
    )
    slug = re.sub(r"[^a-z0-9]+", "-", facts["gpu"].lower()).strip("-")
    report = Report(arguments.json or RESULTS / f"gpu-{slug}.json", facts)
    with tempfile.TemporaryDirectory() as folder:
        if importlib.util.find_spec("platformdirs") is None:  # which knows the user's own folders
            for kind in ("VIDSTYLE_DATA", "VIDSTYLE_CACHE"):
                os.environ.setdefault(kind, folder)
        names = arguments.networks.split(",") if arguments.networks else here()
        names += other_networks(Path(folder), names) if arguments.random else []
        make_clips(Path(folder), sizes)
        print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
        for name in names:
            for runtime in there(arguments.runtimes.split(",")):
                for row in measured(name, runtime, arguments.precision, sizes, folder):
                    report.add(row)


class Report:
    """What has been measured so far: printed, and stored in `file`."""

    def __init__(self, file: Path, machine: dict[str, Any]) -> None:
        self._file, self._machine = file, machine
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        """One more row; its shares of what the machine can do are added."""
        if "fps" in row:
            product, copy = self._machine["matrix_tflops"], self._machine["copy_gb_per_second"]
            row["matrix_share"] = row["operations"] * row["fps"] / (product * 1e12)
            row["copy_share"] = row["bytes"] * row["fps"] / (copy * 1e9)
        self._rows.append(row)
        print(f"| {' | '.join(told(row))} |", flush=True)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        whole = {"machine": self._machine, "rows": self._rows}
        self._file.write_text(json.dumps(whole, indent=1) + "\n")


def told(row: dict[str, Any]) -> Iterator[str]:
    """A row in words, one for each of COLUMNS."""
    yield from (row["network"], row["runtime"], row.get("precision", ""), row["size"])
    if "failed" in row:
        yield row["failed"]
        return
    yield f"{row['fps']:.1f}"
    yield f"{row['first_seconds']:.1f}"
    yield f"{row['memory_mb']:.0f}"
    yield f"{row['matrix_share']:.0%}"
    yield f"{row['copy_share']:.0%}"
    yield f"{row['decibels']:.1f}"
    if "decoder" in row:
        yield f"{row['file_fps']:.1f}"
        yield f"{row['decoder_fps']:.1f}"
        yield row["decoder"]


def has_gpu() -> bool:
    """Whether PyTorch can use a GPU."""
    import torch

    return torch.cuda.is_available()


def there(wished: Iterable[str]) -> list[str]:
    """Those runtimes that vidstyle has and whose packages are here."""
    from vidstyle.errors import MissingPackage
    from vidstyle.runtimes import RUNTIMES as rows

    found = []
    for name in wished:
        try:
            if name in rows:
                _ = rows[name]
                found.append(name)
        except MissingPackage:
            pass
    return found


def other_networks(folder: Path, names: list[str]) -> list[str]:
    """Networks whose weights are not here, with seeded ones in `folder`."""
    if importlib.util.find_spec("onnxscript") is None:
        print("Without onnxscript, networks without weights are left out.\n")
        return []
    return [name for name in random_models(folder) if name not in names]


def make_clips(folder: Path, sizes: list[str]) -> None:
    """The sample clip at each size, for what is measured from a file."""
    if importlib.util.find_spec("av") is None:
        print("Without PyAV, what is read from a file is left out.\n")
        return
    for size in sizes:
        make_clip(folder / f"{size}.mp4", *map(int, size.split("x")), frames=396)


def measured(
    name: str, runtime: str, precision: str, sizes: list[str], folder: str
) -> Iterator[dict[str, Any]]:
    """A row for each size, from a process of its own; of one that failed, what it said last."""
    line = [sys.executable, __file__, "--one", name, runtime, folder]
    line += ["--sizes", ",".join(sizes), "--precision", precision]
    own = any(Path(folder).glob("*.safetensors"))
    environment = os.environ | ({"VIDSTYLE_DATA": folder} if own else {})
    done = 0
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        )
        patience = threading.Timer(PATIENCE, child.kill)
        patience.start()
        for text in child.stdout or ():
            if text.startswith("{"):
                done += 1
                yield json.loads(text)
        status = child.wait()
        patience.cancel()
        errors.seek(0)
        said = errors.read().strip().splitlines() or [f"ended with {status}"]
    for size in sizes[done:]:
        yield {"network": name, "runtime": runtime, "size": size, "failed": said[-1]}


if __name__ == "__main__":
    main()
