"""Warm-up and timing, by a clock that the tests turn."""

import pytest

from vidstyle.bench import clock
from vidstyle.bench.clock import pace, warmed_up


@pytest.fixture
def work(monkeypatch):
    """Makes a call that takes so many seconds, one after the other, and then always the last."""

    def make(*seconds):
        now, left = [0.0], list(seconds)

        def call(number):
            now[0] += left.pop(0) if len(left) > 1 else left[0]

        monkeypatch.setattr(clock.time, "perf_counter", lambda: now[0])
        return call

    return make


def test_calls_are_warmed_up_until_they_are_steady(work):
    assert len(warmed_up(work(0.9, 0.3, 0.1), "cpu")) == 7


def test_what_is_never_steady_is_warmed_up_for_three_seconds(work):
    assert len(warmed_up(work(*(0.5 + 0.1 * n for n in range(20))), "cpu")) == 5


def test_one_slow_call_is_enough_of_a_warm_up(work):
    assert warmed_up(work(10.0), "cpu") == [10]


def test_a_pace_is_told_by_repeats_and_by_single_calls(work):
    found = pace(work(0.010), "cpu", seconds=1.0)
    assert found.fps.each == pytest.approx([100] * 5)
    assert (found.ms.p50, found.ms.count, found.steady) == (pytest.approx(10), 100, True)


def test_frames_of_a_batch_all_count(work):
    assert pace(work(0.010), "cpu", seconds=0.5, frames=4).fps.median == pytest.approx(400)
