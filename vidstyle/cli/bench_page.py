"""What `vidstyle bench` found, as one page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence

from vidstyle.bench.compare import Comparison
from vidstyle.bench.fit import Sweep
from vidstyle.bench.results import Benchmark, Row
from vidstyle.cli.bars import Bar, bars
from vidstyle.cli.bench_table import (
    RATIOS,
    ROOFLINES,
    SPEEDS,
    STAGES,
    law,
    machine_lines,
    ratios,
    rooflines,
    sentences,
    speeds,
    stages,
)
from vidstyle.cli.page import document, grid, paragraphs
from vidstyle.cli.plot import Line, plot


def page(found: Benchmark, compared: Comparison | None) -> str:
    """The page as HTML."""
    sections = [
        paragraphs(machine_lines(found)),
        _speeds(found.rows),
        f"<h2>Where the time goes</h2>\n{paragraphs(sentences(found))}",
        *(_stages(row) for row in found.rows),
        grid("Milliseconds a frame, and how busy each stage is", STAGES, stages(found.rows)),
        grid("A frame's work, and what is reached", ROOFLINES, rooflines(found.rows)),
        *(_sweep(sweep) for sweep in found.sweeps),
        "" if compared is None else _compared(compared),
        _MEANING,
    ]
    when = found.time.partition("T")[0]
    return document(f"How fast is vidstyle here? {when}", "".join(sections))


def _speeds(rows: Sequence[Row]) -> str:
    drawn = []
    for row in rows:
        name = f"{row.case.network} {row.case.size}"
        alone, whole = row.network.fps, row.end_to_end.fps
        drawn.append(Bar(f"{name}, alone", "b", alone.median, alone.low, alone.high))
        drawn.append(Bar(f"{name}, file to file", "a", whole.median, whole.low, whole.high))
    caption = "Medians of repeats, with the lowest and the highest"
    return (
        f"<h2>Frames a second</h2>\n{bars('frames a second', drawn)}\n"
        f"{grid(caption, SPEEDS, speeds(rows))}"
    )


def _stages(row: Row) -> str:
    title = f"{row.case.name}: milliseconds a frame, half of them at most; up to 95 of 100"
    found = row.end_to_end.stages.items()
    return bars(title, [Bar(name, "a", each.p50, each.p50, each.p95) for name, each in found])


def _sweep(sweep: Sweep) -> str:
    lines = [Line("measured", "a", sweep.points), Line("fitted", "b", sweep.fitted)]
    title = f"{sweep.y_name} over {sweep.x_name}: {sweep.case}"
    drawn = plot(title, sweep.x_name, sweep.y_name, lines, ())
    return f"<h2>{title.capitalize()}</h2>\n{drawn}\n{paragraphs([law(sweep)])}"


def _compared(compared: Comparison) -> str:
    caption = "Frames a second; chance is how often repeats of one thing would differ so much"
    notes = paragraphs([*compared.differences, *compared.missing])
    return f"<h2>Compared</h2>\n{grid(caption, RATIOS, ratios(compared))}{notes}"


_MEANING = """<h2>What the figures say</h2>
<p>Network alone: frames that are there already are drawn one after the other, and nobody takes
the drawings. File to file: a clip is decoded, drawn and encoded, all at the same time, until the
file is closed. First frame: from the start of a program until it has drawn one, with its files in
the cache. Memory: the most that the program held.</p>
<p>Of the bound: the multiply-adds and bytes of a frame, counted from the network's graph, and what
this machine was measured to do at most, tell how many frames a second could be drawn; this is the
share that was. Busy: the share of the time in which a stage works. All stages work at the same
time, so the busiest is the one that the others wait for.</p>
"""
