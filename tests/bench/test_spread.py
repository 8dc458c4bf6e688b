"""Many measurements as a few figures, and when two sets of them differ."""

import pytest

from vidstyle.bench.spread import Repeats, Times, chance


def test_percentiles_are_of_single_calls():
    times = Times.of([0.001] * 90 + [0.002] * 8 + [0.010] * 2)
    assert (times.p50, times.p95, times.p99) == pytest.approx((1, 2, 10))


def test_repeats_tell_their_range():
    repeats = Repeats.of([3.0, 1.0, 2.0])
    assert (repeats.low, repeats.median, repeats.high) == (1, 2, 3)


def test_sets_that_do_not_overlap_differ_by_chance_as_seldom_as_can_be():
    assert chance([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) == pytest.approx(2 / 252)


def test_equal_sets_do_not_differ():
    assert chance([1, 2, 3], [3, 2, 1]) == 1


def test_three_repeats_can_never_be_sure():
    assert chance([1, 1.1, 1.2], [9, 9.1, 9.2]) == pytest.approx(0.1)
