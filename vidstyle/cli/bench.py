"""vidstyle bench: how fast is this machine, where does the time go, and what would help?"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidstyle.cli.files import check_file
from vidstyle.cli.progress import Moment, make_progress
from vidstyle.cli.signals import ended_by_signals
from vidstyle.errors import UsageError

if TYPE_CHECKING:
    from vidstyle.bench.results import Benchmark
    from vidstyle.bench.run import Plan

_MOST_STREAMS = 64
_MOST_SECONDS = 86400.0
_SWEEPS = "size", "batch", "threads", "length", "memory", "styles"


@click.command()
@click.option(
    "--network", multiple=True, metavar="NAME", help="Which; may be given again. [swift …]"
)
@click.option("--size", multiple=True, metavar="SIZE", help="1280x720 or 720p; may be given again.")
@click.option("--runtime", multiple=True, metavar="NAME", help="Which; may be given again. [auto]")
@click.option("--device", metavar="NAME", default="auto", help="auto, cpu, cuda:0, … [auto]")
@click.option("--precision", multiple=True, metavar="NAME", help="auto, fp32, bf16 or fp16. [auto]")
@click.option(
    "--batch", multiple=True, type=int, metavar="N", help="Frames that are drawn at once. [1]"
)
@click.option("--input", "clip", metavar="CLIP", help="What to draw. [a clip that is made]")
@click.option(
    "--sweep",
    multiple=True,
    type=click.Choice(_SWEEPS),
    help="Also, of the first case alone, over frame sizes, batches, cores or clip lengths.",
)
@click.option("--streams", type=int, metavar="N", help="Also up to N clips at once.")
@click.option("--json", "json_file", metavar="FILE", help="Write every figure there.")
@click.option("--html", "page_file", metavar="FILE", help="Write a page with plots.")
@click.option("--compare", metavar="FILE", help="Say what changed since that --json.")
@click.option(
    "--seconds", type=float, metavar="N", default=100.0, help="Begin no row after so long. [100]"
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something fails.")
def bench(
    network: tuple[str, ...],
    size: tuple[str, ...],
    runtime: tuple[str, ...],
    device: str,
    precision: tuple[str, ...],
    batch: tuple[int, ...],
    clip: str | None,
    sweep: tuple[str, ...],
    streams: int | None,
    json_file: str | None,
    page_file: str | None,
    compare: str | None,
    seconds: float,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Say how fast this machine is, where the time goes, and what would help.

    \b
    vidstyle bench                                   two minutes on two cores
    vidstyle bench --json now.json --html now.html
    vidstyle bench --network swift,microast --size 720p --input holiday.mp4
    vidstyle bench --compare before.json
    vidstyle bench --sweep size --streams 4 --html scaling.html

    Each row is measured in a process of its own: the network alone, then from file to file. Figures
    are medians of five repeats, with the lowest and the highest. See docs/benchmark.md.
    """
    from vidstyle.bench.cases import cases
    from vidstyle.bench.compare import compare as compared_with
    from vidstyle.bench.compare import earlier
    from vidstyle.bench.results import save
    from vidstyle.bench.run import Plan
    from vidstyle.bench.sample import given
    from vidstyle.bench.sweeps import check_sweeps
    from vidstyle.sinks.draft import write_text

    if quiet:
        logging.getLogger("vidstyle").setLevel(logging.ERROR)
    _check_numbers(seconds, streams)
    for file in (json_file, page_file):
        if file is not None:
            check_file(file, () if clip is None else (clip,), overwrite)
    check_sweeps(sweep)
    old = None if compare is None else earlier(Path(compare))
    with ended_by_signals():
        drawn = None if clip is None else given(clip)
        own = None if drawn is None else (drawn.height, drawn.width)
        chosen = cases(
            _each(network), _each(size), _each(runtime), _each(precision), batch, device, own
        )
        sweeps = (*sweep, *(("streams",) if streams else ()))
        # With a sweep, the case that is swept is enough; those that were named are all meant.
        if sweeps and not (network or size or runtime or precision or batch):
            chosen = chosen[:1]
        found = _measured(Plan(chosen, drawn, seconds, sweeps, streams or 1), quiet)
    comparison = None if old is None else compared_with(json.loads(json.dumps(asdict(found))), old)
    if json_file is not None:
        save(found, Path(json_file))
    if page_file is not None:
        from vidstyle.cli.bench_page import page

        write_text(Path(page_file), page(found, comparison))
    if not quiet:
        from vidstyle.cli.bench_table import lines

        print("\n".join(lines(found, comparison)))


def _measured(plan: Plan, quiet: bool) -> Benchmark:
    from vidstyle.bench.run import benchmark

    progress = make_progress(quiet)

    def on_row(what: str, done: int, total: int) -> None:
        progress.update(Moment(done, total, "rows", None, what))

    try:
        return benchmark(plan, on_row)
    finally:
        progress.close()


def _each(texts: Sequence[str]) -> list[str]:
    """Several may stand behind one option, with commas."""
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _check_numbers(seconds: float, streams: int | None) -> None:
    if not 0 < seconds <= _MOST_SECONDS:
        raise UsageError(f"--seconds is above 0, at most {_MOST_SECONDS:.0f}; got {seconds:g}.")
    if streams is not None and not 1 <= streams <= _MOST_STREAMS:
        raise UsageError(f"--streams is 1 to {_MOST_STREAMS}; got {streams}.")
