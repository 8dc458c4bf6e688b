"""Styles by name, or by path."""

import pytest
from models import picture

from vidstyle.errors import InputError, UnknownName
from vidstyle.folders import packaged
from vidstyle.image import SUFFIXES
from vidstyle.styles import READ_SIDE, bundled_styles, find_style, read_style, squared


def test_at_least_twelve_styles_come_along():
    assert len(bundled_styles()) >= 12


def test_every_picture_is_listed_and_every_listed_style_is_there():
    pictures = {path.stem for path in packaged("styles").iterdir() if path.suffix in SUFFIXES}
    assert pictures == set(bundled_styles())


@pytest.mark.parametrize("name", list(bundled_styles()))
def test_a_style_can_be_read_and_says_where_it_comes_from(name):
    style = bundled_styles()[name]
    assert style.title and style.painter and style.license
    assert max(read_style(name).shape[:2]) == 640


@pytest.mark.parametrize("size", [(1000, 1500), (30, 20), (384, 384)], ids=str)
def test_a_style_of_any_shape_becomes_a_square(size):
    assert squared(picture(*size)).shape == (READ_SIDE, READ_SIDE, 3)


def test_a_mistyped_name_is_guessed():
    with pytest.raises(UnknownName, match="Did you mean 'starry-night'"):
        find_style("stary-night")


def test_a_path_without_a_picture_is_an_input_error():
    with pytest.raises(InputError, match="none.jpg"):
        find_style("none.jpg")
