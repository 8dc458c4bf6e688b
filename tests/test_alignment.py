"""Frames of two clips that are shown at the same time."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from vidstyle.alignment import aligned
from vidstyle.contracts import Frame
from vidstyle.errors import InputError

PIXELS = np.zeros((2, 2, 3), np.uint8)


def frames(times):
    return [Frame(PIXELS, Fraction(time), None, index) for index, time in enumerate(times)]


def at_rate(rate, count, start=0):
    return [start + Fraction(number) / Fraction(rate) for number in range(count)]


def matched(content, drawn, step=1 / 25):
    alone = Counter()
    pairs = [
        (one.index, other.index)
        for _, one, other in aligned(frames(content), frames(drawn), step, alone)
    ]
    return pairs, dict(alone)


def test_clips_of_one_rate_match_frame_by_frame():
    pairs, alone = matched(at_rate(25, 5), at_rate(25, 5))
    assert pairs == [(n, n) for n in range(5)] and alone == {"content": 0, "drawing": 0}


def test_times_count_from_each_clip_s_first_frame():
    assert len(matched(at_rate(25, 5, start=10), at_rate(25, 5))[0]) == 5


def test_what_one_clip_has_more_at_its_end_is_counted():
    pairs, alone = matched(at_rate(25, 9), at_rate(25, 5))
    assert len(pairs) == 5 and alone == {"content": 4, "drawing": 0}


def test_a_dropped_frame_is_passed_over():
    times = at_rate(25, 6)
    pairs, alone = matched(times, times[:2] + times[3:])
    assert pairs == [(0, 0), (1, 1), (3, 2), (4, 3), (5, 4)] and alone["content"] == 1


@pytest.mark.parametrize(("rate", "grid"), [(60, 1000), (Fraction(30000, 1001), 1000), (30, 100)])
def test_times_that_a_container_rounded_still_match(rate, grid):
    exact = at_rate(rate, 40)
    rounded = [Fraction(round(time * grid), grid) for time in exact]
    assert len(matched(exact, rounded, 1 / float(rate))[0]) == 40


def test_a_drawing_at_twice_the_rate_matches_at_each_second_frame():
    pairs, alone = matched(at_rate(30, 10), at_rate(60, 19), 1 / 30)
    assert pairs == [(n, 2 * n) for n in range(10)] and alone["drawing"] == 9


def test_frames_of_any_times_match_those_of_the_same_times():
    times = [0, Fraction(1, 25), Fraction(1, 5), Fraction(6, 25), 1]
    assert len(matched(times, times)[0]) == 5


@pytest.mark.parametrize("rates", [(25, 30), (24, 30), (50, 60), (30, 25)])
@pytest.mark.parametrize("count", [12, 5000])
def test_rates_that_differ_are_refused(rates, count):
    content, drawn = (iter(frames(at_rate(rate, count))) for rate in rates)
    with pytest.raises(InputError, match=r"Only \d+ of \d+ frames .* rates differ"):
        list(aligned(content, drawn, 1 / rates[0], Counter()))
    assert count < 1000 or next(content).index < 1000  # it is said soon


def test_a_single_frame_is_refused():
    with pytest.raises(InputError, match="Only 1 frame"):
        matched(at_rate(25, 1), at_rate(25, 10))
