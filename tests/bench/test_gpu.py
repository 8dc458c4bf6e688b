"""What is measured on GPUs, with the CPU in a GPU's place where there is none."""

import pytest
from media import clip
from needs import needs_cuda

from vidstyle.bench import gpu_ceilings
from vidstyle.bench.clock import Pace
from vidstyle.bench.nvml import Nvml
from vidstyle.bench.spread import Repeats, Times
from vidstyle.bench.transfers import on_gpu
from vidstyle.runtimes.cuda import driver


def test_ceilings_are_above_nothing(monkeypatch):
    monkeypatch.setattr(gpu_ceilings, "_SECONDS", 0.01)
    assert gpu_ceilings.product("cpu", "fp32", 64) > 0
    assert gpu_ceilings.convolution("cpu", "fp32", 16, 16) > 0
    assert gpu_ceilings.copy("cpu", 2**20) > 0


def test_copies_stand_between_the_stages_and_the_network_has_the_time_of_its_events(tmp_path):
    stage = {"p50": 1.0, "p95": 1.0, "p99": 1.0, "count": 9, "busy": 0.5}
    pace = Pace(Repeats.of([100.0]), Times(7.0, 8.0, 9.0, 50), 6, True)
    stages = dict.fromkeys(("decode", "network", "wait for the GPU", "encode"), stage)
    found = on_gpu(stages, pace, str(clip(tmp_path / "a.mp4")), "cpu")
    order = ["decode", "upload", "network", "wait for the GPU", "download", "encode"]
    assert list(found) == order
    assert (found["network"]["p95"], found["network"]["busy"]) == (8, 0.5)


@pytest.mark.skipif(driver() is not None, reason="is about machines without a driver")
def test_without_a_driver_nothing_is_told():
    assert Nvml.open(0) is None


@needs_cuda
def test_a_gpu_tells_its_memory_and_how_busy_it_is():
    gpu = Nvml.open(0)
    assert gpu is not None
    assert 0 <= gpu.busy() <= 1 and gpu.memory() > 0
