"""vidstyle bench: what people type, and the files that they get."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import typed
from media import clip

SMALL = ("bench", "--network", "swift", "--size", "64x48", "--seconds", "1")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The JSON and the page of one row and one sweep."""
    made = tmp_path_factory.mktemp("bench")
    arguments = (*SMALL, "--streams", "2", "--json", str(made / "a.json"))
    assert typed(*arguments, "--html", str(made / "a.html"), "--quiet") == 0
    return made


@pytest.fixture(scope="module")
def found(files):
    return json.loads((files / "a.json").read_text("utf-8"))


def test_json_has_the_figures_of_a_row(found):
    (row,) = found["rows"]
    assert len(row["network"]["fps"]["each"]) == 5
    assert row["network"]["ms"]["p50"] <= row["network"]["ms"]["p95"] <= row["network"]["ms"]["p99"]
    assert row["end_to_end"]["fps"]["median"] > 0 and row["first_frame_seconds"]["median"] > 0
    assert row["case"]["precision"] in ("fp32", "bf16") and row["bottleneck"]


def test_json_tells_the_stages_and_their_queues(found):
    (row,) = found["rows"]
    assert list(row["end_to_end"]["stages"]) == ["decode", "network", "encode"]
    assert set(row["end_to_end"]["queues"]) == {"to draw", "to write"}
    assert all(0 <= share <= 1 for share in row["end_to_end"]["queues"].values())


def test_json_tells_what_the_machine_could_do(found):
    assert found["ceilings"][0]["copy_gb_per_second"] > 0
    assert found["rows"][0]["roofline"]["multiply_adds"] > 1e6
    assert found["machine"]["cores"] >= 1


def test_a_sweep_has_its_points_and_its_law(found):
    (sweep,) = found["sweeps"]
    assert [x for x, _ in sweep["points"]] == [1, 2]
    assert "to the power of" in sweep["law"] and sweep["r_squared"] is None


def test_a_page_needs_nothing_beside_it(files):
    text = (files / "a.html").read_text("utf-8")
    assert text.count("<svg") == 3
    assert not re.search(r"<script|<link|<img|https?:|url\(", text)


def test_a_table_says_what_changed_since_an_earlier_benchmark(files, capfd):
    clip(Path("in.mp4"), width=96, height=64, frames=20)
    arguments = (*SMALL, "--input", "in.mp4", "--compare", str(files / "a.json"))
    assert typed(*arguments) == 0
    out = capfd.readouterr().out
    assert re.search(r"swift 64x48, \w+ on cpu in \w+ +network alone +[\d.]+ +[\d.]+", out)
    assert "clip: made by vidstyle bench -> in.mp4" in out
    assert "is the bottleneck" in out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--network", "swit"], 2),
        (["--size", "large"], 2),
        (["--batch", "0"], 2),
        (["--streams", "0"], 2),
        (["--seconds", "nan"], 2),
        (["--input", "nowhere.mp4"], 3),
        (["--compare", "nowhere.json"], 3),
        (["--runtime", "openvino", "--device", "cuda:9"], 4),
    ],
)
def test_what_cannot_be_is_said_in_one_line_and_nothing_is_lost(options, code, capfd):
    Path("good.json").write_text("good")
    assert typed("bench", *options, "--json", "good.json", "--overwrite") == code
    assert capfd.readouterr().err.count("\n") == 1
    assert Path("good.json").read_text() == "good" and len(list(Path().iterdir())) == 1


def test_a_file_that_is_there_is_not_replaced_unasked():
    Path("good.json").write_text("good")
    assert typed(*SMALL, "--json", "good.json") == 2


def test_ctrl_c_ends_it_and_leaves_nothing(tmp_path):
    (tmp_path / "own").mkdir()
    line = [sys.executable, "-m", "vidstyle", *SMALL, "--json", "a.json"]
    environment = os.environ | {"TMPDIR": str(tmp_path / "own")}
    process = subprocess.Popen(
        line, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    )
    while not list((tmp_path / "own").glob("vidstyle-bench-*/*.mp4")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "vidstyle: Interrupted; nothing was kept.\n")
    assert not list((tmp_path / "own").iterdir()) and not (tmp_path / "a.json").exists()
