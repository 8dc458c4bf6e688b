"""The worst moments of a clip."""

import cv2
import numpy as np

from vidstyle.temporal.warping_error import Errors, Pair
from vidstyle.temporal.worst import HOTTEST, WorstMoments, heat_map

PAIR = Pair(*[np.zeros((48, 64, 3), np.uint8)] * 2)
CALM = np.zeros((48, 64), np.float32)


def errors(drawn=CALM, trusted=CALM == 0):
    return Errors(CALM, drawn, trusted)


def kept(offers):
    worst = WorstMoments()
    for number, (time, above) in enumerate(offers):
        worst.offer(number, time, above, PAIR, errors())
    return [(moment.time, moment.above) for moment in worst.moments]


def test_the_ten_worst_are_kept_the_worst_first():
    found = kept([(number, (7 * number % 25) / 100) for number in range(25)])
    assert [above for _, above in found] == [place / 100 for place in range(24, 14, -1)]


def test_of_moments_that_are_near_the_worst_stands_for_all():
    assert kept([(0.0, 0.2), (0.3, 0.3), (0.4, 0.1), (1.0, 0.05)]) == [(0.3, 0.3), (1.0, 0.05)]


def test_a_steady_moment_is_none_of_them():
    assert kept([(0.0, 0.0), (2.0, 0.0)]) == []


def test_a_picture_shows_content_drawing_and_heat():
    worst = WorstMoments()
    worst.offer(3, 0.1, 0.2, PAIR, errors())
    jpeg = np.frombuffer(worst.moments[0].picture, np.uint8)
    assert cv2.imdecode(jpeg, cv2.IMREAD_COLOR).shape == (48, 3 * 64, 3)


def test_heat_grows_with_the_change_and_is_grey_where_it_is_unknown():
    drawn, trusted = CALM.copy(), CALM == 0
    drawn[:, 20:40] = (HOTTEST / 2) ** 2
    drawn[:, 40:] = 1
    trusted[:8] = False
    heat = heat_map(errors(drawn, trusted)).astype(int)
    brightness = [heat[20, column].sum() for column in (10, 30, 50)]
    assert brightness == sorted(brightness) and brightness[0] < 10 and brightness[2] > 500
    assert np.ptp(heat[4, 50]) < 10
