"""Whether anything has become slower: ratios that hardly depend on the machine, against a record.

    python bench/guard.py [--record]

Ends with 1 and a line for each ratio that is more than a tenth below the one in
bench/results/guard.json, which --record writes, for processors of this kind. Higher is better:

arithmetic  multiply-adds of MicroAST over those of swift, for the same frame; exact
network     a frame of MicroAST over one of swift, both in OpenVINO
run         a frame of swift over a frame of a whole run, decoding, encoding and all
attention   AdaAttN's attention in its quadratic form over that in sums
cache       the first frame with nothing kept over that with a kept engine and style code

Times are those of the processor on one core, in fp32, means of many short turns that go through
all, so that other programs disturb all of them alike. Even so, a ratio is not quite the same on a
quiet and on a busy machine: --record, run on both, keeps the lowest; to begin anew, delete the
file. Two are left out, since on a busy machine they move by more than a tenth: how well the stages
of a run overlap, which bench/peers shows on a quiet one; and swift against plain convolutions,
which need less of the memory that cores share. What has fallen is measured a second time.
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clips import make_clip
from machine import machine

RECORD = Path(__file__).parent / "results/guard.json"
STYLE = "starry-night"
HEIGHT, WIDTH = 360, 640
FRAMES = 24  # of a whole run
ALLOWED = 0.9  # of the recorded ratio
ROUNDS, TURNS = 4, 4  # what is long has a turn in each round, what is short has several


def main() -> None:
    """Measure and compare, or record; or, in a child process, time the first frame."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--first-frame", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    on_one_core()
    if arguments.first_frame:
        print(first_frame())
        return
    records = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    found = ratios()
    print("  ".join(f"{name} {ratio:.3g}" for name, ratio in found.items()))
    kind = processor_kind()
    recorded = records.get(kind, {}).get("ratios", {})
    if arguments.record:
        records[kind] = {"machine": machine(), "ratios": lowest(found, recorded)}
        RECORD.write_text(json.dumps(records, indent=1) + "\n")
    elif not recorded:
        print(f"Nothing was recorded for processors with {kind}: --record does.")
    else:
        judge(found, recorded, ratios)


def judge(
    found: Mapping[str, float], recorded: Mapping[str, float], again: Callable[[], dict[str, float]]
) -> None:
    """End the program with 1 where something has fallen, twice.

    What slows the machine for a while is gone when measured `again`; slower code is not.
    """
    if fallen(found, recorded):
        second = again()
        found = {name: max(ratio, second[name]) for name, ratio in found.items()}
    lines = fallen(found, recorded)
    print("\n".join(lines), end="\n" if lines else "", file=sys.stderr)
    if lines:
        sys.exit(1)


def lowest(found: Mapping[str, float], recorded: Mapping[str, float]) -> dict[str, float]:
    """Each ratio that was found, or the recorded one where that is lower."""
    return {name: min(ratio, recorded.get(name, ratio)) for name, ratio in found.items()}


def fallen(found: Mapping[str, float], recorded: Mapping[str, float]) -> list[str]:
    """A line for each ratio that is too far below the recorded one."""
    return [
        f"{name} has fallen from {recorded[name]:.3g} to {ratio:.3g}, by "
        f"{1 - ratio / recorded[name]:.0%}; at most {1 - ALLOWED:.0%} is allowed."
        for name, ratio in found.items()
        if name in recorded and ratio < ALLOWED * recorded[name]
    ]


def on_one_core() -> None:
    """Keep this process, and its children, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def processor_kind() -> str:
    """What decides which ratios hold: "AVX2", "AVX2 AVX-512 bf16"."""
    from vidstyle.machine import instruction_sets

    return " ".join(instruction_sets())


def ratios() -> dict[str, float]:
    """All ratios."""
    with tempfile.TemporaryDirectory() as folder, caching_in(folder):
        clip = make_clip(Path(folder) / "clip.mp4", WIDTH, HEIGHT, FRAMES)
        attend_by = attentions()
        short = {
            "microast": in_a_row(drawing("microast"), 1),
            "swift": in_a_row(drawing("swift"), 4),
            "quadratic": in_a_row(attend_by["quadratic"], 1),
            "sums": in_a_row(attend_by["sums"], 4),
        }
        long = {
            "run": lambda: whole_run(clip, folder),
            "cold": lambda: in_a_child(None),
            "warm": lambda: in_a_child(folder),
        }
        seconds = means(short, long)
    return {
        "arithmetic": multiply_adds("microast") / multiply_adds("swift"),
        "network": seconds["microast"] / seconds["swift"],
        "run": seconds["swift"] / seconds["run"],
        "attention": seconds["quadratic"] / seconds["sums"],
        "cache": seconds["cold"] / seconds["warm"],
    }


def means(
    short: Mapping[str, Callable[[], float]], long: Mapping[str, Callable[[], float]]
) -> dict[str, float]:
    """Mean seconds of each, taken in turns; what the first makes and keeps is not measured."""
    taken: dict[str, list[float]] = {name: [] for name in (*short, *long)}
    for measure in long.values():
        measure()
    for _ in range(ROUNDS):
        for name, measure in [*short.items()] * TURNS + [*long.items()]:
            taken[name].append(measure())
    return {name: statistics.fmean(seconds) for name, seconds in taken.items()}


@contextmanager
def caching_in(folder: str) -> Iterator[None]:
    """What vidstyle keeps lies in `folder` meanwhile."""
    before = os.environ.get("VIDSTYLE_CACHE")
    os.environ["VIDSTYLE_CACHE"] = folder
    try:
        yield
    finally:
        del os.environ["VIDSTYLE_CACHE"]
        if before is not None:
            os.environ["VIDSTYLE_CACHE"] = before


def in_a_row(work: Callable[[], Any], times: int) -> Callable[[], float]:
    """What gives the processor's seconds for one of so many calls of `work`."""

    def seconds() -> float:
        began = time.process_time()
        for _ in range(times):
            work()
        return (time.process_time() - began) / times

    work()  # what is made at the first time is not measured
    return seconds


def drawing(network: str) -> Callable[[], Any]:
    """A frame of a network."""
    from vidstyle.stylizer import Drawing, load_stylizer

    stylizer = load_stylizer(Drawing(network, "openvino", "cpu", "fp32"))
    look, frame = stylizer.look(STYLE), noise()
    return lambda: stylizer(frame, look)


def whole_run(clip: str, folder: str) -> float:
    """Seconds for one frame of a run of swift, from file to file."""
    import vidstyle

    began = time.process_time()
    vidstyle.stylize(
        clip, f"{folder}/out.mp4", STYLE, network="swift", runtime="openvino", device="cpu",
        precision="fp32", stabilize="off", overwrite=True,
    )  # fmt: skip
    return (time.process_time() - began) / FRAMES


def attentions() -> dict[str, Callable[[], Any]]:
    """AdaAttN's attention over a frame and a style of 192x192, as bench/attention.py has it."""
    import torch
    from attention import features, quadratic

    from vidstyle.networks.adaattn import CosineAttention
    from vidstyle.networks.vgg import WIDTHS

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    keys, values = sum(WIDTHS[:3]), WIDTHS[2]
    attention = CosineAttention(WIDTHS[:3])
    queries, style = features(keys, 192, 0), (features(keys, 192, 1), features(values, 192, 2))
    code = attention.read(*style)
    return {
        "quadratic": lambda: quadratic(queries, *style),
        "sums": lambda: attention.attend(queries, code),
    }


def in_a_child(cache: str | None) -> float:
    """Seconds for the first frame in a new process; without `cache`, with nothing kept."""
    line = [sys.executable, __file__, "--first-frame"]
    with tempfile.TemporaryDirectory() as empty:
        environment = os.environ | {"VIDSTYLE_CACHE": cache or empty}
        done = subprocess.run(line, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)


def first_frame() -> float:
    """Seconds from a loaded library to the first drawing."""
    from vidstyle.stylizer import Drawing, load_stylizer

    began = time.process_time()
    stylizer = load_stylizer(Drawing("swift", "openvino", "cpu", "fp32"))
    stylizer(noise(), stylizer.look(STYLE))
    return time.process_time() - began


def noise() -> Any:
    """A frame."""
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def multiply_adds(name: str) -> float:
    """Those of a network for a frame, counted in PyTorch."""
    import torch
    from gpu_figures import work

    return work(name, "fp32", torch.from_numpy(noise()))["operations"] / 2


if __name__ == "__main__":
    main()
