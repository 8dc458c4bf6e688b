"""The content's colors, kept."""

import numpy as np
import pytest
from models import picture

from vidstyle.keep_color import recolored, with_luminance_of

LUMA = np.array([0.2126, 0.7152, 0.0722])


def saturation(pixels):
    return pixels.max(2).astype(float) - pixels.min(2)


def test_the_luminance_is_the_drawings():
    content, drawn = picture(48, 64), picture(48, 64, 1)
    kept = with_luminance_of(drawn, content)
    assert np.abs(kept @ LUMA - drawn @ LUMA).max() < 1


def test_colors_differ_as_the_contents_do():
    content = np.full((4, 4, 3), (90, 120, 100), np.uint8)
    drawn = np.full((4, 4, 3), (130, 130, 130), np.uint8)
    kept = with_luminance_of(drawn, content).astype(int)
    assert np.array_equal(kept[0, 0] - kept[0, 0, 0], [0, 30, 10])


def test_no_color_is_clipped_to_another():
    content = np.full((4, 4, 3), (250, 40, 10), np.uint8)  # brighter, it would be pink
    kept = with_luminance_of(np.full((4, 4, 3), 200, np.uint8), content)[0, 0].astype(float)
    assert kept @ LUMA == pytest.approx(200, abs=1)
    chroma, before = kept - kept @ LUMA, content[0, 0] - content[0, 0] @ LUMA
    cosine = chroma @ before / np.linalg.norm(chroma) / np.linalg.norm(before)
    assert cosine > 0.999 and np.linalg.norm(chroma) < np.linalg.norm(before)


@pytest.mark.parametrize("value", [0, 255])
def test_white_and_black_stay_so(value):
    drawn = np.full((2, 2, 3), value, np.uint8)
    assert np.array_equal(with_luminance_of(drawn, picture(2, 2)), drawn)


def test_sixteen_bits_stay_sixteen():
    content = picture(8, 8).astype(np.uint16) * 257
    kept = with_luminance_of(content[::-1].copy(), content)
    assert kept.dtype == np.uint16 and kept.max() > 255


def test_a_style_gets_the_contents_mean_and_covariance():
    style = picture(60, 60, 1) // 2 + 64  # with room, so that nothing is clipped
    content = picture(48, 64, 2) // 3 + 80
    changed = recolored(style, content)
    assert changed.shape == style.shape
    for of in (lambda p: p.reshape(-1, 3).mean(0), lambda p: np.cov(p.reshape(-1, 3).T)):
        found, wanted = of(changed.astype(float)), of(content.astype(float))
        assert np.abs(found - wanted).max() < 0.03 * np.abs(wanted).max() + 0.5


def test_in_its_own_colors_a_style_stays_as_it_is():
    style = picture(40, 40, 1)
    assert np.abs(recolored(style, style).astype(int) - style).max() <= 1


def test_a_gray_content_makes_a_gray_style():
    gray = np.repeat(picture(40, 40)[..., :1], 3, 2)
    assert saturation(recolored(picture(40, 40, 1), gray)).max() <= 2


def test_a_flat_style_or_content_breaks_nothing():
    flat = np.full((16, 16, 3), (10, 200, 90), np.uint8)
    assert np.abs(recolored(picture(16, 16), flat).astype(int) - flat).max() <= 2
    assert recolored(flat, picture(16, 16)).shape == flat.shape
