"""Rows of words as an aligned table, folded to the width of the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_UNFOLDED = 10_000  # characters: in a file or a pipe, a row is a line


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table.

    Args:
        heads: what stands above the columns.
        rows: each a word, or several, for each column.
    """
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else _UNFOLDED, color_system=None)
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in heads:
        grid.add_column(head, overflow="fold")
    for row in rows:
        grid.add_row(*row)
    with console.capture() as capture:
        console.print(grid, markup=False, highlight=False)
    return [line.rstrip() for line in capture.get().splitlines()]
