"""How quick live drawing is: frames a second, delay, and whether it holds for long.

    python bench/live.py [--seconds 20] [--soak 600] [--json OUT.json]

A sample clip comes at 640x360, 30 frames a second, and goes to nowhere. First with --adapt: frames
a second that leave, from the fifth second on, median and 95th percentile of the delay from a
frame's arrival to its leaving, when the working size changed for the last time, and what it is.
Then at full size and at that one, with more frames than can be drawn, against the network by itself
on one thread. `--soak` goes on for so long, with another style each second: delay, memory and
threads of the first and the last fifth.
"""

from __future__ import annotations

import argparse
import atexit
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from clips import make_clip
from machine import machine, print_machine

import vidstyle
from vidstyle.live.controls import Controls
from vidstyle.live.governor import Rung
from vidstyle.live.outlets import Nowhere, Shown
from vidstyle.live.show import LiveJob, Show, run_live
from vidstyle.sources.live import Live, LiveSource
from vidstyle.styles import bundled_styles
from vidstyle.stylizer import Drawing

SETTLED = 5.0  # seconds
ALONE = 100  # drawings by the network alone
MORE = 1.2  # frames that come, over those that it draws: there is always a new one


class Noted(Nowhere):
    """Keeps when each picture came and left, and how it was drawn."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float, Rung | None]] = []

    def write(self, shown: Shown) -> None:
        """Note the next one."""
        self.rows.append((shown.arrived, time.monotonic(), shown.rung))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--soak", type=float, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    facts = machine()
    print_machine(facts)
    found: dict[str, Any] = {"adapting": adapting(arguments.seconds)}
    print(found["adapting"], flush=True)
    network, size = found["adapting"]["network"], found["adapting"]["size"]
    found["at one size"] = {}
    for place in dict.fromkeys(("640x360", size)):
        found["at one size"][place] = at_one_size(network, place, arguments.seconds / 2)
        print(place, found["at one size"][place], flush=True)
    if arguments.soak:
        found["soak"] = soak(arguments.soak)
        print(found["soak"], flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": facts, **found}, indent=1) + "\n")


def source(size: str, rate: int) -> Live:
    """A clip of that size, over and over, so many frames a second."""
    return Live(f"lavfi:movie={clip(size)}:loop=0,setpts=N/{rate}/TB")


@lru_cache
def clip(size: str) -> Path:
    """One that is as large as frames are drawn: no time is taken to make it so."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    return Path(make_clip(folder / "clip.mp4", *map(int, size.split("x")), frames=240))


def adapting(seconds: float) -> dict[str, Any]:
    """With the working size left to the program."""
    noted = Noted()
    job = LiveJob(source("640x360", 30), Controls({"starry-night": 1.0}))
    summary = run_live(job, [noted], wait, seconds)
    began = noted.rows[0][1]
    changes = [
        now[1] - began
        for before, now in zip(noted.rows, noted.rows[1:], strict=False)
        if before[2] != now[2]
    ]
    later = [row for row in noted.rows if row[1] - began >= SETTLED]
    return {
        "frames a second": (len(later) - 1) / (later[-1][1] - later[0][1]),
        **delays(later),
        "last change": max(changes, default=0.0),
        "changes": len(changes),
        "network": summary.network,
        "size": summary.size,
    }


def at_one_size(network: str, size: str, seconds: float) -> dict[str, Any]:
    """Whole shows at one size, against the network alone."""
    noted, alone = Noted(), network_alone(network, size)
    job = LiveJob(
        source(size, round(MORE * alone)), Controls({"starry-night": 1.0}),
        Drawing(network), adapt=False,
    )  # fmt: skip
    run_live(job, [noted], wait, seconds)
    rows = noted.rows[len(noted.rows) // 4 :]
    rate = (len(rows) - 1) / (rows[-1][1] - rows[0][1])
    return {"frames a second": rate, "network alone": alone, "ratio": rate / alone}


def network_alone(network: str, size: str) -> float:
    """Frames a second of the network by itself."""
    draw = vidstyle.load(network, "starry-night")
    with LiveSource(source(size, 30)) as frames:
        content = next(iter(frames)).pixels
    times = []
    for _ in range(ALONE):
        began = time.perf_counter()
        draw(content)
        times.append(time.perf_counter() - began)
    return 1 / statistics.median(times)


def soak(seconds: float) -> dict[str, Any]:
    """A long show with another style each second."""
    noted, memory = Noted(), list[int]()
    styles = list(bundled_styles())

    def switch(show: Show) -> None:
        count = 0
        while not show.ended.wait(1.0):
            count += 1
            controls = show.artist.controls
            show.artist.controls = replace(controls, mix={styles[count % len(styles)]: 1.0})
            memory.append(resident())

    job = LiveJob(source("640x360", 30), Controls({"starry-night": 1.0}))
    run_live(job, [noted], switch, seconds)
    fifth = len(noted.rows) // 5
    first, last = noted.rows[fifth : 2 * fifth], noted.rows[-fifth:]
    part = max(1, len(memory) // 5)
    return {
        "first": delays(first),
        "last": delays(last),
        "memory": [statistics.median(memory[part : 2 * part]), statistics.median(memory[-part:])],
        "threads": threading.active_count(),
    }


def wait(show: Show) -> None:
    """Until the show ends."""
    show.ended.wait()


def delays(rows: Sequence[tuple[float, float, Rung | None]]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    found = sorted(1000 * (left - arrived) for arrived, left, _ in rows)
    return {"delay": statistics.median(found), "late": found[int(0.95 * len(found))]}


def resident() -> int:
    """Memory of this process, in bytes (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


if __name__ == "__main__":
    main()
