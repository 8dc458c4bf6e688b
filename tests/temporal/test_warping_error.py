"""How much a drawing changes where its content only moved, against figures worked out by hand."""

import numpy as np
import pytest
from models import picture

from vidstyle.temporal.checker import LONG, SHORT, Checker
from vidstyle.temporal.flow import Motion
from vidstyle.temporal.warping_error import Pair, Tally, tally, warping_errors

SIZE = 48, 64
NOWHERE = Motion(np.zeros((*SIZE, 2), np.float32), np.zeros(SIZE, bool))


def grey(level):
    return np.full((*SIZE, 3), level, np.uint8)


def figures(then, now, motion=NOWHERE):
    return tally(warping_errors(Pair(*then), Pair(*now), motion)).figures


class Panning:
    """Flow of a clip that moves by whole pixels to the right."""

    def __init__(self, step):
        self.step = step

    def flow(self, previous, current, numbers=(0, 1)):
        flow = np.zeros((*current.shape[:2], 2), np.float32)
        flow[..., 0] = -self.step * (numbers[1] - numbers[0])
        return flow

    def motion(self, previous, current, numbers=(0, 1)):
        flow = self.flow(previous, current, numbers)
        columns = np.arange(current.shape[1]) + flow[0, :, 0]
        return Motion(flow, np.broadcast_to(columns < 0, current.shape[:2]))


def panned(checker, drawings, step=2):
    """What the checker says of a content that moves by `step` pixels a frame."""
    wide = picture(48, 160)
    for number, drawing in enumerate(drawings):
        left = 60 - step * number
        checker.see(wide[:, left : left + 64], drawing(wide, left, number), number)
    return checker


def test_a_change_of_every_pixel_is_the_rmse():
    found = figures((grey(100), grey(100)), (grey(100), grey(151)))
    assert found.rmse == pytest.approx(51 / 255) and found.content == 0
    assert found.above == pytest.approx(0.2) and found.mse == pytest.approx(0.04)
    assert found.trusted == 1


def test_what_the_content_does_itself_is_taken_off():
    found = figures((grey(100), grey(100)), (grey(112), grey(120)))
    assert found.above == pytest.approx(16 / 255)  # sqrt(20^2 - 12^2)


def test_a_drawing_that_is_steadier_than_its_content_has_nothing_above_it():
    assert figures((grey(100), grey(100)), (grey(112), grey(104))).above == 0


def test_where_flow_is_not_trusted_nothing_counts():
    occluded = np.zeros(SIZE, bool)
    occluded[:, :32] = True
    now = grey(100)
    now[:, :32] = 200
    found = figures((grey(100), grey(100)), (grey(100), now), Motion(NOWHERE.flow, occluded))
    assert (found.rmse, found.trusted) == (0, 0.5)


def test_where_the_content_does_not_warp_its_flow_is_taken_for_wrong():
    now = grey(100)
    now[:, :16] = 130  # by 0.12
    found = figures((grey(100), grey(0)), (now, grey(0)))
    assert (found.content, found.trusted) == (0, 0.75)


def test_where_nothing_can_be_compared_there_is_no_figure():
    assert figures((grey(0), grey(0)), (grey(200), grey(0))) is None
    assert Tally().figures is None


def test_a_clip_is_the_mean_over_pixels_and_lai_s_figure_that_over_frames():
    half = np.zeros(SIZE, bool)
    half[:, :32] = True
    loud = tally(warping_errors(*[Pair(grey(0), grey(x)) for x in (0, 51)], NOWHERE))
    calm = tally(warping_errors(*[Pair(grey(0), grey(0))] * 2, Motion(NOWHERE.flow, half)))
    found = (loud + calm).figures
    assert found.rmse**2 == pytest.approx(0.04 / 1.5) and found.mse == pytest.approx(0.04 / 2)


@pytest.mark.parametrize("interval", [SHORT, LONG])
def test_a_drawing_that_moves_with_its_content_is_steady(interval):
    drawn = [lambda wide, left, number: 255 - wide[:, left : left + 64]] * 14
    found = panned(Checker(Panning(2)), drawn).figures(interval)
    assert found.rmse < 1e-6 and found.trusted == pytest.approx(1 - 2 * interval / 64)


def test_a_drawing_that_stays_while_its_content_moves_is_not():
    drawn = [lambda wide, left, number: wide[:, :64]] * 14
    found = panned(Checker(Panning(2)), drawn).figures(SHORT)
    assert found.above > 0.02 and found.content < 1e-6


def test_more_flicker_is_a_higher_figure_and_that_of_its_amplitude():
    def flicker(levels):
        return lambda wide, left, number: grey(100 + levels * (number % 2))

    found = [
        panned(Checker(Panning(2)), [flicker(levels)] * 6).figures(SHORT).above
        for levels in (2, 5, 10, 20)
    ]
    assert found == pytest.approx([2 / 255, 5 / 255, 10 / 255, 20 / 255])


def test_a_slow_drift_shows_ten_frames_apart():
    drawn = [lambda wide, left, number: grey(100 + number)] * 14
    checker = panned(Checker(Panning(2)), drawn)
    assert checker.figures(SHORT).above == pytest.approx(1 / 255)
    assert checker.figures(LONG).above == pytest.approx(10 / 255)


def test_nothing_is_compared_across_a_cut():
    checker = Checker(Panning(0))
    scenes = [grey(60)] * 3 + [np.hstack([grey(250)[:, :32], grey(0)[:, :32]])] * 3
    seen = [checker.see(scene, scene, number) for number, scene in enumerate(scenes)]
    assert [one.is_cut for one in seen] == [False] * 3 + [True] + [False] * 2
    assert [bool(one.changes) for one in seen] == [False, True, True, False, True, True]


def test_every_fourth_frame_can_stand_for_all():
    drawn = [lambda wide, left, number: grey(100 + 10 * (number % 2))] * 13
    checker = Checker(Panning(2), every=4)
    assert panned(checker, drawn).figures(SHORT).above == pytest.approx(10 / 255)


def test_large_frames_are_halved_until_they_fit():
    checker = Checker(Panning(0), long_side=100)
    seen = checker.see(picture(150, 250), picture(150, 250), 0)
    assert checker.size == seen.pair.content.shape[:2] == (37, 62)
