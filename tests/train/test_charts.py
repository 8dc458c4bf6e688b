"""Curves and sheets."""

import json

import pytest
from PIL import Image

from vidstyle.train.charts import draw_curves

ROW = {"stage": "one", "step": 10, "style": 1.0}


def rows(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    "lines",
    [
        [ROW],
        [ROW, ROW | {"step": 20}, {"stage": "two", "step": 10, "lattice": 0.5}],
        [ROW | {"lattice": 0.0, "range": 0.0}],
        [ROW | {f"term-{n}": 1.0 for n in range(7)}],
    ],
    ids=["one row", "two stages", "terms that are 0", "many terms"],
)
def test_curves_are_drawn(tmp_path, lines):
    draw_curves(rows(tmp_path / "terms.jsonl", *lines), tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as drawn:
        assert min(drawn.size) > 200


def test_without_rows_nothing_is_drawn(tmp_path):
    draw_curves(tmp_path / "terms.jsonl", tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()


def test_a_row_that_was_cut_off_is_left_out(tmp_path):
    terms = rows(tmp_path / "terms.jsonl", ROW)
    terms.write_text(terms.read_text() + '{"stage": "one", "st')
    draw_curves(terms, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").exists()
