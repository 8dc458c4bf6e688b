"""What `vidstyle bench` found, as lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from vidstyle.bench.compare import Comparison
from vidstyle.bench.fit import Sweep
from vidstyle.bench.results import Benchmark, Row
from vidstyle.bench.spread import Repeats
from vidstyle.cli.table import table

_WIDTH = 100  # characters of a sentence
_BUSY = 0.1  # of a core: so much other programs may take without a word
SPEEDS = (
    "network", "size", "runtime", "precision", "network alone", "file to file", "first frame",
    "memory", "of the bound",
)  # fmt: skip
STAGES = ("network", "size", "stage", "p50 ms", "p95 ms", "p99 ms", "busy")
ROOFLINES = (
    "network", "size", "million multiply-adds", "MB", "TFLOP/s", "GB/s", "bound", "share",
)  # fmt: skip
RATIOS = ("case", "what", "then", "now", "ratio", "chance", "verdict")


def lines(found: Benchmark, compared: Comparison | None) -> list[str]:
    """All that was found, in the order of its weight."""
    said = [each for line in machine_lines(found) for each in _wrapped(line)]
    said += ["", *table(SPEEDS, speeds(found.rows)), ""]
    said += [*table(STAGES, stages(found.rows)), ""]
    for sentence in [*sentences(found), *(law(sweep) for sweep in found.sweeps)]:
        said += _wrapped(sentence)
    if compared is not None:
        said += ["", *table(RATIOS, ratios(compared)), *compared.differences, *compared.missing]
    return said


def machine_lines(found: Benchmark) -> list[str]:
    """Which machine it is, and what it can do at most."""
    facts = found.machine
    cores = f"{facts['cores']} {'core' if facts['cores'] == 1 else 'cores'}"
    sets = " ".join(facts["instruction_sets"]) or "no instruction set that matters"
    said = [f"{facts['processor']}, {cores}, {sets}; {facts['system']}"]
    for gpu in (facts["nvidia"] or {}).get("gpus", ()):
        said.append(f"{gpu['name']}, driver {facts['nvidia']['version']}")
    commit = f" ({facts['commit']})" if facts["commit"] else ""
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    said.append(f"vidstyle {facts['vidstyle']}{commit}, {packages}")
    said += [
        f"{each.device} in {each.precision} at most: product {each.product_tflops:.3g} TFLOP/s, "
        f"convolution {each.convolution_tflops:.3g} TFLOP/s, copy "
        f"{each.copy_gb_per_second:.3g} GB/s"
        for each in found.ceilings
    ]
    return said


def speeds(rows: Sequence[Row]) -> list[list[str]]:
    """A row for each case, under SPEEDS."""
    return [
        [
            row.case.network, f"{row.case.size}{_several(row.case.batch)}", row.case.runtime,
            row.case.precision, _fps(row.network.fps), _fps(row.end_to_end.fps),
            f"{row.first_frame_seconds.median:.2f} s", _memory(row),
            "-" if row.roofline is None else f"{row.roofline.share:.0%} ({row.roofline.bound})",
        ]
        for row in rows
    ]  # fmt: skip


def stages(rows: Sequence[Row]) -> list[list[str]]:
    """A row for each stage of each case, under STAGES."""
    return [
        [
            row.case.network, row.case.size, name, f"{stage.p50:.2f}", f"{stage.p95:.2f}",
            f"{stage.p99:.2f}", f"{min(1, stage.busy):.0%}",
        ]
        for row in rows
        for name, stage in row.end_to_end.stages.items()
    ]  # fmt: skip


def rooflines(rows: Sequence[Row]) -> list[list[str]]:
    """A row for each case whose work is known, under ROOFLINES."""
    return [
        [
            row.case.network, row.case.size, f"{roof.multiply_adds / 1e6:.0f}",
            f"{roof.bytes / 1e6:.0f}", f"{roof.tflops:.3g}", f"{roof.gb_per_second:.3g}",
            roof.bound, f"{roof.share:.0%}",
        ]
        for row in rows
        if (roof := row.roofline) is not None
    ]  # fmt: skip


def ratios(compared: Comparison) -> list[list[str]]:
    """A row for each figure that both benchmarks have, under RATIOS."""
    return [
        [
            each.case, each.what, f"{each.old:.1f}", f"{each.new:.1f}", f"{each.ratio:.2f}",
            f"{each.chance:.1%}", each.verdict,
        ]
        for each in compared.ratios
    ]  # fmt: skip


def sentences(found: Benchmark) -> Iterator[str]:
    """What to make of the figures, and what to know before they are believed."""
    for row in found.rows:
        name = f"{row.case.network} {row.case.size}"
        yield f"{name}: {row.bottleneck} {_queues(row)}{_energy(row)}{_bound(row)}"
        if not row.network.steady:
            yield f"{row.case.name}: calls did not come to be steady while they were warmed up."
    others = max((row.end_to_end.others or 0.0 for row in found.rows), default=0.0)
    if others > _BUSY:
        yield f"Other programs took up to {others:.1f} cores meanwhile: figures are too low."
    for name, why in found.failed.items():
        yield f"Not measured: {name}. {why}"
    if found.left_out:
        yield f"Left out for want of time (--seconds): {'; '.join(found.left_out)}."


def law(sweep: Sweep) -> str:
    """What a sweep found, as a sentence."""
    fit = "too few points for an R²" if sweep.r_squared is None else f"R² {sweep.r_squared:.3f}"
    measured = ", ".join(f"{x:g}: {y:.3g}" for x, y in sweep.points)
    return f"Over {sweep.x_name}, {sweep.y_name} ({measured}): {sweep.law}; {fit}."


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _several(batch: int) -> str:
    return f" x {batch}" if batch > 1 else ""


def _fps(fps: Repeats) -> str:
    return f"{fps.median:.1f} fps ({fps.low:.1f}-{fps.high:.1f})"


def _memory(row: Row) -> str:
    parts = [] if row.host_memory is None else [f"{row.host_memory / 1e6:.0f} MB"]
    if row.device_memory is not None:
        parts.append(f"{row.device_memory / 1e6:.0f} MB on the GPU")
    return " + ".join(parts) or "-"


def _queues(row: Row) -> str:
    full = [f"{name} {share:.0%}" for name, share in sorted(row.end_to_end.queues.items())]
    return f"Queues full: {', '.join(full)}."


def _bound(row: Row) -> str:
    if (roof := row.roofline) is None:
        return ""
    most = {"computation": "computes", "memory": "moves"}[roof.bound]
    return f" The network comes to {roof.share:.0%} of what this machine {most} at most."


def _energy(row: Row) -> str:
    kinds = (("processor", row.end_to_end.cpu_joules), ("GPU", row.end_to_end.gpu_joules))
    said = [f"{name} {joules:.2f} J" for name, joules in kinds if joules is not None]
    return f" Energy for a frame: {', '.join(said)}." if said else ""
