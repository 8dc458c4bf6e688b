"""Live pictures, drawn as the controls say, without waiting."""

from dataclasses import replace

import numpy as np
import pytest
from models import picture

from vidstyle.errors import UnknownName, UsageError
from vidstyle.keep_color import recolored
from vidstyle.live.artist import Artist
from vidstyle.live.controls import Controls
from vidstyle.live.studio import Studio
from vidstyle.styles import read_style
from vidstyle.stylizer import Drawing, load_stylizer

CONTENT = picture(96, 128)
INK, MOSAIC = {"ink": 1.0}, {"mosaic": 1.0}


@pytest.fixture(scope="module")
def studio():
    made = Studio(Drawing(device="cpu", precision="fp32"))
    yield made
    made.close()


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def artist(studio, clock):
    made = Artist(studio, Controls(INK, fade=0.0), clock=clock, on_error=lambda said: None)
    made.prepare(*CONTENT.shape[:2])
    yield made
    made.close()


def drawn(style, content=CONTENT, network="swift", strength=1.0):
    stylizer = load_stylizer(Drawing(network, device="cpu", precision="fp32"))
    return stylizer(content, stylizer.look(style, strength))


def distance(one, other):
    return np.abs(one.astype(float) - other).mean()


def test_it_draws_what_a_stylizer_draws(artist):
    assert np.array_equal(artist.draw(CONTENT).pixels, drawn("ink"))


def test_strength_acts_on_the_next_picture(artist):
    artist.controls = replace(artist.controls, strength=0.5)
    assert distance(artist.draw(CONTENT).pixels, drawn("ink", strength=0.5)) < 1


def test_a_new_style_is_seen_once_it_has_been_read_and_never_waited_for(artist, studio):
    artist.controls = replace(artist.controls, mix=MOSAIC)
    before = artist.draw(CONTENT).pixels  # it may be there from an earlier test
    studio.wait()
    assert np.array_equal(artist.draw(CONTENT).pixels, drawn("mosaic"))
    assert any(np.array_equal(before, drawn(style)) for style in ("ink", "mosaic"))


def test_styles_fade_into_each_other(artist, studio, clock):
    studio.code("swift", "mosaic")
    studio.wait()
    artist.draw(CONTENT)
    artist.controls = replace(artist.controls, mix=MOSAIC, fade=2.0)
    pictures = []
    for clock.now in (0.0, 1.0, 2.0, 3.0):
        pictures.append(artist.draw(CONTENT).pixels)
    distances = [distance(pixels, pictures[-1]) for pixels in pictures]
    assert distances[0] > distances[1] > distances[2] == 0
    assert np.array_equal(pictures[-1], drawn("mosaic"))


def test_a_style_that_cannot_be_read_is_said_and_the_old_one_stays(studio, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no picture" * 100)
    said = []
    artist = Artist(studio, Controls(INK), on_error=said.append)
    artist.prepare(*CONTENT.shape[:2])
    artist.controls = replace(artist.controls, mix={str(tmp_path / "bad.jpg"): 1.0})
    artist.draw(CONTENT)
    studio.wait()
    assert np.array_equal(artist.draw(CONTENT).pixels, drawn("ink"))
    assert len(said) == 1 and "bad.jpg" in said[0]
    assert artist.controls.mix == INK


def test_a_picture_of_ones_own_is_a_style_until_it_is_forgotten(artist, studio):
    own = picture(80, 80, 7)
    studio.add("own", own)
    artist.controls = replace(artist.controls, mix={"own": 1.0})
    artist.draw(CONTENT)
    studio.wait()
    assert np.array_equal(artist.draw(CONTENT).pixels, drawn(own))
    artist.controls = replace(artist.controls, mix=INK)
    artist.draw(CONTENT)
    studio.forget("own")
    with pytest.raises(UnknownName):
        studio.code("swift", "own")
        studio.wait()
        studio.code("swift", "own")


def test_another_size_is_drawn_once_it_is_ready_and_shown_as_it_is_until_then(artist, studio):
    other = picture(72, 96)
    artist.draw(other)
    studio.wait()
    assert np.array_equal(artist.draw(other).pixels, drawn("ink", other))


def test_a_machine_that_is_too_slow_draws_smaller_and_then_with_less(studio):
    class Slow:
        now = 0.0

        def __call__(self):
            self.now += 0.05  # each look at the clock: every drawing takes longer than a frame
            return self.now

    artist = Artist(studio, Controls(INK), fps=30.0, clock=Slow())
    content = picture(360, 400)
    artist.prepare(360, 400)
    seen = set()
    for _ in range(60):
        made = artist.draw(content)
        studio.wait()
        assert made.pixels.shape == content.shape
        seen.add(str(made.rung))
    assert str(made.rung).startswith("swift-lite at 208x184")
    assert "swift at 400x360" in seen


def test_luminance_is_drawn_alone_where_colors_are_kept(artist):
    artist.controls = replace(artist.controls, keep_color="luminance")
    kept = artist.draw(CONTENT).pixels
    differences = lambda pixels: pixels[..., 0].astype(int) - pixels[..., 2]  # noqa: E731
    free = (kept.min(-1) > 0) & (kept.max(-1) < 255)
    assert np.abs(differences(kept) - differences(CONTENT))[free].mean() < 1.5


def test_styles_take_the_colors_of_the_content_when_they_are_chosen(artist, studio):
    artist.controls = replace(artist.controls, keep_color="match")
    artist.draw(CONTENT)
    studio.wait()
    in_colors = recolored(read_style("ink"), CONTENT)
    assert distance(artist.draw(CONTENT).pixels, drawn(in_colors)) < 1
    artist.controls = replace(artist.controls, mix=MOSAIC)
    artist.draw(CONTENT)
    studio.wait()
    in_colors = recolored(read_style("mosaic"), CONTENT)
    assert distance(artist.draw(CONTENT).pixels, drawn(in_colors)) < 1
    artist.controls = replace(artist.controls, keep_color=None)
    artist.draw(CONTENT)
    studio.wait()
    assert np.array_equal(artist.draw(CONTENT).pixels, drawn("mosaic"))


def test_a_new_scene_brings_its_colors_and_old_ones_are_forgotten(artist, studio):
    artist.controls = replace(artist.controls, keep_color="match")
    other = np.ascontiguousarray(255 - CONTENT[::-1])
    for content in (CONTENT, CONTENT, other, other):
        artist.draw(content)
        studio.wait()
    in_colors = recolored(read_style("ink"), other)
    assert distance(artist.draw(other).pixels, drawn(in_colors, other)) < 1
    assert len(studio._contents) <= 2
    artist.close()
    assert not studio._contents


def test_drawings_can_be_steadied(studio):
    random = np.random.default_rng(0)
    contents = [
        np.clip(CONTENT + random.normal(0, 3, CONTENT.shape), 0, 255).astype(np.uint8)
        for _ in range(12)
    ]

    def change(how):
        artist = Artist(studio, Controls(INK, stabilize=how))
        artist.prepare(*CONTENT.shape[:2])
        pictures = [artist.draw(content).pixels for content in contents]
        return distance(pictures[-1], pictures[-2])

    assert change("light") < 0.6 * change("off")


@pytest.mark.parametrize(
    "changes",
    [{"strength": 2.0}, {"fade": -1.0}, {"keep_color": "all"}, {"stabilize": "much"}],
    ids=str,
)
def test_controls_that_cannot_be_are_refused(changes):
    with pytest.raises(UsageError):
        Controls(**{"mix": INK} | changes)


def test_what_optimizes_is_refused():
    with pytest.raises(UsageError, match="far slower than live video"):
        Studio(Drawing("gatys"))
