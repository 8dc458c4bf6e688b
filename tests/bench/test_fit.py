"""Laws, found again in points that follow them."""

import pytest

from vidstyle.bench.fit import line, power, r_squared


def test_a_line_is_found_again():
    assert line([(x, 3 + 2 * x) for x in (1, 2, 5)]) == pytest.approx((3, 2))


def test_a_power_is_found_again():
    assert power([(x, 7 * x**0.8) for x in (1, 2, 4, 8)]) == pytest.approx((7, 0.8))


def test_r_squared_is_the_share_that_is_explained():
    points = [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert r_squared(points, [1, 2, 3]) == 1
    assert r_squared(points, [2, 2, 2]) == 0


def test_two_points_tell_nothing_of_a_fit():
    assert r_squared([(1, 1.0), (2, 2.0)], [1, 2]) is None
