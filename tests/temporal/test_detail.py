"""Detail for blends that are softer than what was drawn."""

import numpy as np
import pytest

from vidstyle.temporal.detail import FIRST_GAIN, detailed, gain_after, sharpness


@pytest.mark.parametrize("given", [0.06, 0.2, 1.0], ids=lambda given: f"{given} by a gain of 1")
def test_a_soft_blend_is_soon_sharp_again_whatever_a_gain_gives(given):
    gain, blend, found = FIRST_GAIN, 9.4, []
    for _ in range(12):
        steady = blend + gain * given * 10
        gain = gain_after(gain, 10.0, blend, steady)
        found.append(steady)
    assert found[6:] == pytest.approx([9.85] * 6, abs=0.06)
    assert np.all(np.diff(np.abs(np.array(found) - 9.85)) < 1e-9), "it swings"


def test_what_has_no_detail_gets_no_more_than_the_most(gain=FIRST_GAIN):
    for _ in range(200):
        gain = gain_after(gain, 10.0, 8.0, 8.0)
    assert gain == 2


def test_a_blend_that_is_too_sharp_keeps_some_gain_to_judge_by(gain=FIRST_GAIN):
    for _ in range(20):
        gain = gain_after(gain, 10.0, 11.0, 11.0 + gain)
    assert 0 < gain < 0.1


def test_gain_makes_a_drawing_sharper():
    random = np.random.default_rng(0)
    drawing = random.uniform(60, 190, (90, 120, 3)).astype(np.float32)
    none, some = (
        detailed(drawing, np.full((90, 120), gain, np.float32), np.uint8) for gain in (0.0, 0.3)
    )
    assert sharpness(some) > 1.05 * sharpness(none)
    assert np.abs(none - drawing).max() < 0.51
