"""What the folder of a training holds: a checkpoint, the means of its terms, and pictures."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from vidstyle.sinks.writing import writing
from vidstyle.train.charts import draw_curves, draw_sheet
from vidstyle.train.recipe import Recipe
from vidstyle.train.state import State, averaged, resume, save

_SECONDS_BETWEEN_CHECKPOINTS = 180


class Journal:
    """Writes checkpoint.pt, terms.jsonl, curves.png and sheet.png.

    Args:
        recipe: what is done.
        data: the folder that the recipe's paths start from.
        out: the folder that is written; made if need be.
    """

    def __init__(self, recipe: Recipe, data: Path, out: Path) -> None:
        self._recipe, self._data, self._out = recipe, data, out
        self._row: dict[str, Any] = {}  # stage and step that the means reach to
        self._sums: dict[str, float] = {}
        self._steps = 0
        self._written = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time for the next checkpoint."""
        return time.monotonic() - self._written > _SECONDS_BETWEEN_CHECKPOINTS

    def open(self, state: State) -> None:
        """Make the folder, or take up the checkpoint in it."""
        with writing(self._out):
            self._out.mkdir(parents=True, exist_ok=True)
        if (checkpoint := self._out / "checkpoint.pt").exists():
            resume(state, self._recipe, checkpoint)

    def add(self, stage: str, step: int, terms: dict[str, float]) -> None:
        """Count the terms of one step."""
        self._row = {"stage": stage, "step": step}
        self._sums = {name: self._sums.get(name, 0.0) + value for name, value in terms.items()}
        self._steps += 1

    def means(self) -> dict[str, float]:
        """Of each term, over the steps since the last checkpoint."""
        return {name: total / self._steps for name, total in self._sums.items()}

    def keep(self, state: State) -> None:
        """Write the checkpoint, and a row of means after it, so that no row stands there twice."""
        save(state, self._recipe, self._out / "checkpoint.pt")
        terms = self._out / "terms.jsonl"
        with writing(terms):
            if self._steps:
                with terms.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(self._row | self.means()) + "\n")
            self._sums, self._steps = {}, 0
            draw_curves(terms, self._out / "curves.png")
        self._written = time.monotonic()

    def draw(self, state: State) -> None:
        """Draw pictures that training never sees."""
        sheet = self._out / "sheet.png"
        with writing(sheet):
            draw_sheet(averaged(state, self._recipe), self._recipe.data, self._data, sheet)
