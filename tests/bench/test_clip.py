"""The clip that is made where none is given."""

import numpy as np
from media import facts, pictures_in

from vidstyle.bench.clip import make_clip


def test_it_has_the_size_and_the_frames_that_are_asked_for(tmp_path):
    found = facts(make_clip(tmp_path / "a.mp4", 96, 64, 7))
    assert (found.width, found.height, found.frames) == (96, 64, 7)


def test_it_moves_and_has_detail(tmp_path):
    first, *_, last = pictures_in(make_clip(tmp_path / "a.mp4", 96, 64, 10))
    assert np.abs(first.astype(int) - last).mean() > 3
    assert first.std() > 20


def test_sides_may_be_odd(tmp_path):
    assert facts(make_clip(tmp_path / "a.mp4", 97, 65, 2)).frames == 2
