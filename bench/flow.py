"""How right flow is, and how well what is occluded is found, where both are known.

    python bench/flow.py [--data DIR] [--json OUT.json]

Known are three pairs of frames of each rendered sample clip, as 640x360. `--data` adds sequences in
the layout of MPI Sintel: DIR/NAME/frame_0002.png and frame_0003.png, and in DIR/NAME/gt
frame_0002.flo, from the first to the second, occlusions/frame_0002.png, and invalid/frame_0002.png.
For each method whose weights are here, and each preset, by sequence:

ms        of one flow, the least of some; two are needed to know what is occluded
EPE       end-point error: mean distance in pixels between flow and truth, where nothing is occluded
F1        of what the forward-backward check calls occluded
trusted   share of pixels left when breaks of motion are taken away, too
EPE there the end-point error of these
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from machine import machine, print_machine
from rendered import renderer

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import read_picture
from vidstyle.temporal import FLOWS
from vidstyle.temporal.dis import PRESETS
from vidstyle.temporal.flo import read_flo
from vidstyle.temporal.flow import Flow, FlowEstimator
from vidstyle.temporal.flow_weights import find_flow_weights
from vidstyle.temporal.occlusion import breaks, leaves, unmatched

MOMENTS = (20, 60, 100)  # frames that stand before those that are looked at


class Pair(NamedTuple):
    """Two frames and the truth about them."""

    previous: Pixels
    current: Pixels
    flow: Flow  # backward
    occluded: HostArray  # bool [H, W]
    valid: HostArray  # bool [H, W]  where the truth is known


def main() -> None:
    """Measure and print a line for each method and sequence."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sequences = rendered()
    if arguments.data:
        sequences |= {
            folder.name: [sintel(folder)]
            for folder in sorted(arguments.data.iterdir())
            if folder.is_dir()
        }
    facts = machine()
    print_machine(facts)
    print("| method | sequence | ms | EPE | F1 | trusted | EPE there |\n|" + " --- |" * 7)
    rows = []
    for method, make in methods():
        estimator = make()
        for sequence, pairs in sequences.items():
            measured = [figures(estimator, pair) for pair in pairs]
            mean = {name: statistics.fmean(row[name] for row in measured) for name in measured[0]}
            rows.append({"method": method, "sequence": sequence, **mean})
            print(line(**rows[-1]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": facts, "rows": rows}, indent=1) + "\n")


def line(
    method: str, sequence: str, ms: float, epe: float, f1: float, trusted: float, trusted_epe: float
) -> str:
    """A row of the table."""
    cells = method, sequence, f"{ms:.1f}", f"{epe:.2f}", f"{f1:.2f}"
    return f"| {' | '.join(cells)} | {trusted:.0%} | {trusted_epe:.2f} |"


def methods() -> Iterator[tuple[str, Callable[[], FlowEstimator]]]:
    """Each preset of dis, and each network whose weights are here."""
    for preset in PRESETS:
        yield f"dis {preset}", lambda preset=preset: FLOWS["dis"](preset)
    for name in ("raft-small", "raft-large"):
        if find_flow_weights(name):
            yield name, FLOWS[name]


def figures(estimator: FlowEstimator, pair: Pair) -> dict[str, float]:
    """What the columns say, of one pair."""
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        backward = estimator.flow(pair.previous, pair.current)
        seconds.append(time.perf_counter() - began)
    occluded = unmatched(estimator.flow(pair.current, pair.previous), backward)
    distance = np.linalg.norm(backward - pair.flow, axis=-1)
    trusted = pair.valid & ~occluded & ~breaks(backward)
    return {
        "ms": 1000 * min(seconds),
        "epe": float(distance[pair.valid & ~pair.occluded].mean()),
        "f1": f1(occluded[pair.valid], pair.occluded[pair.valid]),
        "trusted": float(trusted.mean()),
        "trusted_epe": float(distance[trusted].mean()),
    }


def f1(found: HostArray, true: HostArray) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * float((found & true).sum()) / max(1, int(found.sum() + true.sum()))


def rendered() -> dict[str, list[Pair]]:
    """The rendered samples, by name."""
    script = renderer()
    return {
        name: [rendered_pair(script, name, moment) for moment in MOMENTS] for name in script.CLIPS
    }


def rendered_pair(script: Any, name: str, moment: int) -> Pair:
    """Frames `moment` and the next of a rendered sample."""
    before, frame = script.render(name, range(moment, moment + 2))
    flow = np.ascontiguousarray(frame.flow.transpose(1, 2, 0))
    valid = np.ones(frame.occluded.shape, bool)
    return Pair(before.pixels, frame.pixels, flow, frame.occluded, valid)


def sintel(folder: Path) -> Pair:
    """A sequence of MPI Sintel: its flow is forward, so the next frame is taken for the last."""
    (truth,) = (folder / "gt").glob("*.flo")
    number = int(truth.stem.removeprefix("frame_"))
    current, following = (
        read_picture(folder / f"frame_{count:04}.png").pixels for count in (number, number + 1)
    )
    flow = read_flo(truth)
    marked, invalid = (
        read_picture(folder / "gt" / kind / f"{truth.stem}.png").pixels[..., 0] > 127
        for kind in ("occlusions", "invalid")
    )
    return Pair(following, current, flow, marked | leaves(flow), ~invalid)


if __name__ == "__main__":
    main()
