"""What was measured, in words: a table for each size, and what vidstyle is held to."""

from __future__ import annotations

from typing import Any

from machine import CORES

COMPARED = ("vidstyle swift", "MicroAST in PyTorch")


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
