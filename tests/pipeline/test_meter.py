"""What stages cost, counted by a clock that the tests turn."""

from __future__ import annotations

import pytest

from vidstyle.pipeline import Meter


class Clock:
    """Stands still until it is turned."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(clock: Clock) -> Meter:
    return Meter(clock)


def test_time_of_each_stage_is_its_own(meter: Meter, clock: Clock) -> None:
    for _ in range(3):
        with meter.time("draw"):
            clock.turn(0.010)
        with meter.time("write"):
            clock.turn(0.002)
    assert meter.milliseconds() == pytest.approx({"draw": 10, "write": 2})


def test_what_is_done_with_an_item_is_not_reading(meter: Meter, clock: Clock) -> None:
    def items():
        for item in range(5):
            clock.turn(0.001)
            yield item

    for _ in meter.watch("read", items()):
        clock.turn(1)
    assert meter.frames("read") == 5
    assert meter.milliseconds() == pytest.approx({"read": 1})


def test_a_stage_that_fails_counts_no_frame(meter: Meter) -> None:
    with pytest.raises(ZeroDivisionError), meter.time("draw"):
        raise ZeroDivisionError
    assert meter.frames("draw") == 0


def test_rate_leaves_out_what_came_before_the_first_frame(meter: Meter, clock: Clock) -> None:
    assert meter.frames_per_second == 0
    clock.turn(100)
    for _ in range(10):
        with meter.time("draw"):
            clock.turn(0.15)
        with meter.time("write"):
            clock.turn(0.05)
    assert meter.frames_per_second == pytest.approx(5)
    assert meter.first_frame_seconds == pytest.approx(100.2)


def test_a_part_of_a_stage_is_remembered_beside_it(meter: Meter, clock: Clock) -> None:
    for seconds in (0.010, 0.030):
        with meter.time("draw"):
            clock.turn(0.001)
            with meter.part("network"):
                clock.turn(seconds)
    assert meter.recent()["network"] == pytest.approx((0.010, 0.030))
    assert meter.recent()["draw"] == pytest.approx((0.011, 0.031))
    assert set(meter.milliseconds()) == {"draw"}


def test_what_is_remembered_does_not_grow_with_the_run(meter: Meter) -> None:
    for _ in range(5000):
        with meter.time("draw"):
            pass
    assert len(meter.recent()["draw"]) == 1000


def test_a_queue_is_as_full_as_its_reader_finds_it(meter: Meter) -> None:
    for count in (0, 3, 3):
        meter.found_waiting("to draw", count)
    assert meter.waiting() == {"to draw": 2}
