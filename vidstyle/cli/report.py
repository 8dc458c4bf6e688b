"""A command's result: lines for people, or JSON for programs."""

from __future__ import annotations

import json
from typing import Any, TextIO


def report(
    values: Any,
    as_json: bool,
    lines: list[str],
    quiet: bool = False,
    place: TextIO | None = None,
) -> None:
    """Print `lines` to `place`, or `values` as JSON to standard output."""
    if as_json:
        print(json.dumps(values, indent=2, default=str))
    elif not quiet:
        print("\n".join(lines), file=place)
