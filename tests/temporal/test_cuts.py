"""Is this frame a new scene?"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from media import pictures_in, smooth
from models import picture

from vidstyle.temporal.cuts import glance, is_cut


def cut(before, after):
    return is_cut(glance(before), glance(after))


def big(seed):
    return picture(120, 160, seed)


def test_another_picture_is_a_cut():
    bright = np.clip(big(1).astype(int) + 60, 0, 255).astype(np.uint8)
    assert cut(big(0) // 3, bright)
    assert cut(big(0), 255 - big(0))


def test_the_same_picture_is_none():
    assert not cut(big(0), big(0))


@pytest.mark.parametrize("move", [(0, 8), (5, 5), (-6, 0)])
def test_a_pan_is_none(move):
    assert not cut(big(0), np.roll(big(0), move, (0, 1)))


@pytest.mark.parametrize("levels", [-80, 50, 80])
def test_a_flash_is_none(levels):
    brighter = np.clip(big(0).astype(int) + levels, 0, 255).astype(np.uint8)
    assert not cut(big(0), brighter)


def test_noise_is_none():
    noise = np.random.default_rng(0).normal(0, 25, (120, 160, 3))
    assert not cut(big(0), np.clip(big(0) + noise, 0, 255).astype(np.uint8))


def test_frames_of_any_depth_compare():
    assert not cut(big(0), big(0).astype(np.uint16) * 257)


def test_a_moving_clip_has_none():
    frames = [(smooth(72, 96, phase) * 255).astype(np.uint8) for phase in np.linspace(0, 1, 25)]
    assert not any(cut(*pair) for pair in zip(frames, frames[1:], strict=False))


def test_cuts_between_joined_clips_are_found_and_none_within():
    clips = Path(__file__).parents[2] / "samples/clips"
    glances, joins = [], []
    for name in ("valley", "tabletop", "night-train", "street"):
        glances += map(glance, pictures_in(clips / f"{name}.mp4"))
        joins.append(len(glances) - 1)
    found = [number for number, pair in enumerate(pairwise(glances)) if is_cut(*pair)]
    assert found == joins[:-1]


def test_a_fast_pan_over_a_clip_is_none():
    street = pictures_in(Path(__file__).parents[2] / "samples/clips/street.mp4")[0]
    far = street.shape[1] // 10
    assert not cut(street[:, far:], street[:, :-far])
