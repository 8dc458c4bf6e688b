"""Where is drawn."""

from fractions import Fraction

import numpy as np
import pytest
from media import clip
from PIL import Image

from vidstyle.errors import InputError
from vidstyle.masks import Mask, laid_over
from vidstyle.sources import Reading


def saved(path, pixels):
    Image.fromarray(pixels).save(path)
    return str(path)


def half(height=40, width=60):
    """White at the right."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[:, width // 2 :] = 255
    return pixels


def test_white_is_drawn_and_black_is_not(tmp_path):
    with Mask(saved(tmp_path / "m.png", half()), Reading(), 0.0) as mask:
        shares = mask.at(Fraction(0), 40, 60)
    assert shares.shape == (40, 60, 1) and shares.dtype == np.float32
    assert np.array_equal(shares[..., 0], half() / 255)


def test_it_fits_frames_of_any_size(tmp_path):
    with Mask(saved(tmp_path / "m.png", half()), Reading(), 0.0) as mask:
        shares = mask.at(Fraction(0), 80, 100)
    assert shares[:, :48].max() < 0.1 and shares[:, 52:].min() > 0.9


def test_feathering_softens_its_edge_and_nothing_else(tmp_path):
    with Mask(saved(tmp_path / "m.png", half()), Reading(), 3.0) as mask:
        row = mask.at(Fraction(0), 40, 60)[20, :, 0]
    assert row[:15].max() < 1e-3 and row[-15:].min() > 0.999
    assert np.all(np.diff(row[20:40]) > 0)


def test_what_is_transparent_is_not_drawn(tmp_path):
    pixels = np.full((8, 8, 4), 255, np.uint8)
    pixels[:, :4, 3] = 0
    with Mask(saved(tmp_path / "m.png", pixels), Reading(), 0.0) as mask:
        shares = mask.at(Fraction(0), 8, 8)[..., 0]
    assert shares[:, :4].max() == 0 and shares[:, 4:].min() == 1


def test_a_clip_runs_along(tmp_path):
    path = clip(tmp_path / "m.mkv", codec="ffv1", frames=5, rate=10)
    with Mask(str(path), Reading(), 0.0) as mask:
        shown = [mask.at(Fraction(tenth, 10), 48, 64).copy() for tenth in range(5)]
        after = mask.at(Fraction(100), 48, 64)
    assert all(not np.array_equal(*pair) for pair in zip(shown, shown[1:], strict=False))
    assert np.array_equal(after, shown[-1])  # a shorter clip stays at its last frame


def test_a_frame_is_seen_until_the_next(tmp_path):
    path = clip(tmp_path / "m.mkv", codec="ffv1", frames=3, rate=10)
    with Mask(str(path), Reading(), 0.0) as mask:
        first = mask.at(Fraction(0), 48, 64).copy()
        assert np.array_equal(mask.at(Fraction(99, 1000), 48, 64), first)
        assert not np.array_equal(mask.at(Fraction(1, 10), 48, 64), first)


def test_a_mask_that_is_not_there_is_said():
    with pytest.raises(InputError, match="none.png"), Mask("none.png", Reading(), 0.0):
        pass


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_one_picture_lies_over_another(dtype):
    below, above = np.full((2, 3, 3), 10, dtype), np.full((2, 3, 3), 30, dtype)
    shares = np.array([[[0.0], [0.5], [1.0]]] * 2, np.float32)
    assert laid_over(below, above, shares)[..., 0].tolist() == [[10, 20, 30]] * 2
