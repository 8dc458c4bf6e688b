"""bench/gpu.py: what it does without a GPU, and its figures with the CPU in a GPU's place."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch
from media import clip

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture
def bench(monkeypatch):
    """A module of the folder, by name."""
    monkeypatch.syspath_prepend(str(BENCH))
    before = set(sys.modules)
    yield import_module
    for name in set(sys.modules) - before:
        if str(BENCH) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]  # their names are those of folders of the tests


@pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without a GPU")
def test_without_a_gpu_it_says_so_in_one_line():
    done = subprocess.run([sys.executable, BENCH / "gpu.py"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "There is no NVIDIA GPU here that PyTorch can use.\n"


def test_a_row_has_every_figure(tmp_path, bench, monkeypatch, capsys):
    figures, gpu = bench("gpu_figures"), bench("gpu")
    monkeypatch.setattr(figures, "SECONDS", 0.1)
    file = clip(tmp_path / "a.mp4", width=96, height=64, frames=12)
    row = figures.figures("swift", "torch", "fp32", "96x64", file, "cpu")
    assert row["decibels"] > 80 and row["decoder"] == "software"  # it is drawn twice alike
    assert min(row["fps"], row["file_fps"], row["decoder_fps"]) > 0
    report = gpu.Report(tmp_path / "a.json", {"matrix_tflops": 1, "copy_gb_per_second": 10})
    report.add(row)
    report.add({"network": "wct", "runtime": "torch", "size": "96x64", "failed": "no memory"})
    assert capsys.readouterr().out.count("\n") == 2
    assert len(json.loads((tmp_path / "a.json").read_text())["rows"]) == 2


def test_operations_of_a_network_are_those_of_its_layers(bench):
    figures = bench("gpu_figures")
    small, large = (
        figures.work("swift", "fp32", torch.zeros(side, side, 3, dtype=torch.uint8))
        for side in (64, 128)
    )
    per_pixel = (large["operations"] - small["operations"]) / (128**2 - 64**2)
    assert per_pixel / 2 == pytest.approx(8_900, rel=0.1)  # multiply-adds: vidstyle/models/swift.md


def test_a_runtime_that_is_not_here_is_left_out(bench):
    assert bench("gpu").there(["torch", "nonsense"]) == ["torch"]
