"""What is measured for a sweep, and which law is fitted; processes are stood in for."""

import pytest

from vidstyle.bench import sweeps
from vidstyle.bench.cases import Case
from vidstyle.bench.sample import Clip
from vidstyle.bench.sweeps import SWEEPS, Ground
from vidstyle.bench.worker import _job

CASE = Case("swift", 640, 360, "openvino", "cpu", "fp32")
CLIP = Clip("in.mp4", 360, 640, 25.0, 100)


@pytest.fixture
def jobs(monkeypatch):
    """The jobs that the processes of a sweep are given; each holds 100 MB and 200 a megapixel."""
    seen = []

    def measured_together(tasks):
        (task,) = tasks
        seen.append(_job(task, task.frames))
        memory = 1e6 * (100 + 200 * task.case.height * task.case.width / 1e6)
        return [{"frames": task.frames, "began": 0.0, "ended": task.frames / 20, "memory": memory}]

    monkeypatch.setattr(sweeps, "measured_together", measured_together)
    return seen


def swept(name, folder):
    return SWEEPS[name](Ground(CASE, CLIP, folder, 1, lambda said: None))


def test_more_styles_are_mixed_at_each_point(jobs, tmp_path):
    found = swept("styles", tmp_path)
    counts = [len(job.timeline.styles) for job in jobs]
    assert counts == [x for x, _ in found.points] == [1, 2, 4, 8]
    assert all(fps == pytest.approx(20) for _, fps in found.points)
    assert found.slope == pytest.approx(0, abs=1e-6)


def test_memory_is_a_line_over_pixels(jobs, tmp_path):
    found = swept("memory", tmp_path)
    assert len(jobs) == 5 and found.slope == pytest.approx(200)
    assert found.law == "100 MB and 200 MB for each million pixels"


def test_what_one_style_draws_is_the_same_for_all(tmp_path):
    task = CLIP.task("stream", CASE, tmp_path)
    assert _job(task, 5).timeline.styles == ("starry-night",)
