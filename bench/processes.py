"""Commands in processes of their own: how long they take, and how much memory they hold."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

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


class Finished(NamedTuple):
    """What a command did."""

    seconds: float  # from its start to its end
    printed: str
    peak_mb: float  # the most resident memory


def finished(line: list[str], **environment: str) -> Finished:
    """Run a command to its end; where it fails, so does this program, with what it said."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *line],
        capture_output=True, text=True, check=True, env=os.environ | environment,
    )  # fmt: skip
    status, seconds, peak = json.loads(done.stderr.splitlines()[-1])
    if status:
        raise SystemExit(f"{' '.join(line)} failed:\n{done.stderr}")
    return Finished(seconds, done.stdout, peak)


def resident(line: list[str], every: float = 0.1, **environment: str) -> list[float]:
    """MB that a command holds, from its start to its end, `every` so many seconds. Linux alone."""
    process = subprocess.Popen(
        line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | environment
    )
    held = []
    while process.poll() is None:
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        held.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)
        time.sleep(every)
    if process.returncode:
        raise SystemExit(f"{' '.join(line)} failed")
    return held


def growth(held: list[float], minutes: float) -> float:
    """MB a minute from the second to the last quarter of what was held for `minutes`."""
    quarter = len(held) // 4
    last, second = held[-quarter:], held[quarter : 2 * quarter]
    return (statistics.median(last) - statistics.median(second)) / (minutes / 2)
