"""Which styles are seen when."""

import pytest

from vidstyle.errors import UsageError
from vidstyle.timeline import Timeline, parse_mix


def line(*keys, fade=1.0):
    return Timeline(tuple((time, parse_mix([style])) for time, style in keys), fade)


@pytest.mark.parametrize(
    ("texts", "mix"),
    [
        (["ink"], {"ink": 1.0}),
        (["ink:0.7", "mosaic:0.3"], {"ink": 0.7, "mosaic": 0.3}),
        (["ink", "mosaic"], {"ink": 0.5, "mosaic": 0.5}),
        (["ink:3", "ink:1", "mosaic:4"], {"ink": 0.5, "mosaic": 0.5}),
        (["ink:1", "mosaic:0"], {"ink": 1.0}),
        (["C:\\me.jpg"], {"C:\\me.jpg": 1.0}),
        (["C:\\me.jpg:2"], {"C:\\me.jpg": 1.0}),
    ],
    ids=str,
)
def test_shares_sum_to_one(texts, mix):
    assert parse_mix(texts) == pytest.approx(mix)


@pytest.mark.parametrize("texts", [["ink:0"], ["ink:-1"], ["ink:nan"], [":0.5"], ["ink:inf"]])
def test_a_weight_that_cannot_be_is_refused(texts):
    with pytest.raises(UsageError, match="ink|STYLE"):
        parse_mix(texts)


def test_one_style_fades_into_the_next():
    timeline = line((0, "ink"), (5, "mosaic"), fade=2.0)
    assert timeline.at(0) == timeline.at(5) == {"ink": 1.0}
    assert timeline.at(5.5) == pytest.approx({"ink": 0.75, "mosaic": 0.25})
    assert timeline.at(7) == timeline.at(100) == {"mosaic": 1.0}


def test_without_a_fade_styles_change_at_once():
    timeline = line((0, "ink"), (5, "mosaic"), fade=0.0)
    assert timeline.at(4.999) == {"ink": 1.0}
    assert timeline.at(5) == {"mosaic": 1.0}


def test_a_change_within_another_goes_on_from_what_is_seen():
    timeline = line((0, "ink"), (5, "mosaic"), (6, "starry-night"), fade=2.0)
    assert timeline.at(6) == pytest.approx({"ink": 0.5, "mosaic": 0.5})
    assert timeline.at(7) == pytest.approx({"ink": 0.25, "mosaic": 0.25, "starry-night": 0.5})


def test_shares_sum_to_one_at_any_time():
    timeline = line((0, "ink"), (1, "mosaic"), (1.5, "ink"), (2, "starry-night"), fade=0.7)
    for hundredth in range(400):
        assert sum(timeline.at(hundredth / 100).values()) == pytest.approx(1)


def test_it_says_all_styles_that_are_ever_seen():
    assert line((0, "ink"), (1, "mosaic"), (2, "ink")).styles == ("ink", "mosaic")
