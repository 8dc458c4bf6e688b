"""What stages cost."""

from __future__ import annotations

import time

import pytest

from vidstyle.pipeline import Meter


def test_time_of_each_stage_is_its_own() -> None:
    meter = Meter()
    for _ in range(3):
        with meter.time("draw"):
            time.sleep(0.01)
        with meter.time("write"):
            pass
    found = meter.milliseconds()
    assert 10 <= found["draw"] < 40
    assert found["write"] < 5
    assert meter.frames("draw") == 3


def test_watched_items_are_counted_as_they_leave() -> None:
    meter = Meter()
    assert list(meter.watch("read", range(5))) == [0, 1, 2, 3, 4]
    assert meter.frames("read") == 5


def test_a_stage_that_fails_counts_no_frame() -> None:
    meter = Meter()
    with pytest.raises(ZeroDivisionError), meter.time("draw"):
        raise ZeroDivisionError
    assert meter.frames("draw") == 0


def test_rate_is_counted_from_the_first_frame() -> None:
    meter = Meter()
    assert meter.frames_per_second == 0
    time.sleep(0.1)
    for _ in range(11):
        with meter.time("write"):
            time.sleep(0.002)
    assert meter.first_frame_seconds is not None and meter.first_frame_seconds > 0.1
    assert 100 < meter.frames_per_second <= 500
