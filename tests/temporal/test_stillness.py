"""What a drawing does where nothing moves, on clips that stand still."""

import numpy as np
import pytest
from models import picture

from vidstyle.temporal.checker import Checker
from vidstyle.temporal.flow import Motion
from vidstyle.temporal.stillness import Stillness

RATE = 32  # frames a second: a window is a second, and each of its frequencies a whole number
CONTENT = picture(48, 64)
BUSY = picture(48, 200)


class Standing:
    """The flow of a clip in which nothing moves."""

    def motion(self, previous, current, numbers=(0, 1)):
        height, width = current.shape[:2]
        return Motion(np.zeros((height, width, 2), np.float32), np.zeros((height, width), bool))


class Trembling(Standing):
    """A clip whose left half moves by a fifth of a pixel with each frame."""

    def motion(self, previous, current, numbers=(0, 1)):
        motion = super().motion(previous, current)
        motion.flow[:, :32] = 0.2
        return motion


def grey(level):
    return np.full((48, 64, 3), round(level), np.uint8)


def found(drawing, frames=96, estimator=None, content=lambda time: CONTENT):
    checker, stillness = Checker(estimator or Standing()), Stillness()
    for number in range(frames):
        time = number / RATE
        stillness.see(checker.see(content(time), drawing(time), number), time)
    return stillness.figures()


def wave(hertz, levels):
    return lambda time: grey(100 + levels * np.sin(2 * np.pi * hertz * time))


@pytest.mark.parametrize(("hertz", "fast"), [(10, True), (2, False)])
def test_only_fast_flicker_is_above_five_hertz(hertz, fast):
    still = found(wave(hertz, 20))
    assert (still.drawn.fast_share > 0.95) == fast and (still.drawn.fast_share < 0.05) != fast
    assert max(still.drawn.spectrum, key=lambda row: row[1])[0] == hertz
    assert still.drawn.deviation == pytest.approx(20 / np.sqrt(2), rel=0.02)
    assert (still.content.deviation, still.share) == (0, 1)


def test_at_a_low_rate_fast_is_above_a_quarter_of_it():
    checker, stillness = Checker(Standing()), Stillness()
    for number in range(64):
        stillness.see(checker.see(CONTENT, grey(100 + 10 * (number % 2)), number), number / 8)
    drawn = stillness.figures().drawn
    assert (drawn.fast_from, drawn.fast_share) == (2, pytest.approx(1, abs=0.01))


def test_a_drawing_that_stays_does_nothing():
    still = found(lambda time: BUSY[:, :64])
    assert (still.drawn.deviation, still.drawn.fast_share, still.brightening) == (0, 0, 0)
    assert still.swimming < 0.01


def test_darkening_is_seen_through_flicker():
    still = found(lambda time: grey(200 - 12 * time + 30 * (round(time * RATE) % 2)), 160)
    assert still.brightening == pytest.approx(-12, abs=0.3)
    assert still.content_brightening == 0


def test_light_that_changes_in_the_content_is_told_apart():
    still = found(lambda time: grey(100), 160, content=lambda time: grey(50 + 5 * time))
    assert still.brightening == 0 and still.content_brightening == pytest.approx(5, abs=0.3)


def test_swimming_texture_is_seen():
    still = found(lambda time: BUSY[:, round(time * RATE) :][:, :64], 64)
    assert still.swimming == pytest.approx(RATE, rel=0.1)  # a pixel a frame


def test_what_moves_is_not_followed():
    still = found(
        lambda time: np.hstack([wave(10, 50)(time)[:, :32], grey(100)[:, :32]]),
        estimator=Trembling(),
    )
    assert (still.share, still.drawn.deviation) == (0.5, 0)


def test_in_a_short_scene_nothing_can_be_told():
    still = found(wave(10, 20), 31)
    assert (still.drawn, still.content, still.brightening) == (None, None, None)


def test_a_new_scene_begins_anew():
    still = found(
        lambda time: grey(40 if time < 1.5 else 220),
        content=lambda time: grey(0) if time < 1.5 else BUSY[:, :64],
    )
    assert (still.brightening, still.drawn.deviation) == (0, 0)


def test_what_is_remembered_does_not_grow():
    checker, stillness = Checker(Standing()), Stillness()
    for number in range(100):
        stillness.see(checker.see(CONTENT, CONTENT, number), number / RATE)
    assert len(stillness._recent) == 32 and len(stillness._blocks) == 5
