"""From a frame to its drawing: styles over time and by region, colors, working size."""

from fractions import Fraction

import numpy as np
import pytest
from fakes import drawn_in_turn
from models import picture, random_model, random_models
from PIL import Image

from vidstyle.direction import Direction, stabilizer_of
from vidstyle.errors import InputError, UnknownName, UsageError
from vidstyle.job import Job
from vidstyle.sources import Reading
from vidstyle.stylizer import Drawing, load_stylizer

CONTENT = picture(48, 64)


@pytest.fixture(scope="module")
def stylizer():
    return load_stylizer(Drawing(device="cpu", precision="fp32"))


def drawn(stylizer, *seconds, content=CONTENT, style=(), **settings):
    """The drawings of `content` at each of `seconds`, or its only one."""
    with Direction(Job("a", "b", style, **settings), stylizer, Reading()) as direction:
        times = [Fraction(second) for second in seconds or (0,)]
        found = drawn_in_turn(direction, [(content, time) for time in times])
    return found if seconds else found[0]


def distance(one, other):
    return np.abs(one.astype(float) - other).mean()


@pytest.fixture
def mask(tmp_path):
    """White at the right."""
    pixels = np.zeros((48, 64), np.uint8)
    pixels[:, 32:] = 255
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    return str(tmp_path / "mask.png")


def test_one_style_is_the_stylizers_drawing(stylizer):
    assert np.array_equal(drawn(stylizer, style="ink"), stylizer(CONTENT, stylizer.look("ink")))


def test_a_mix_lies_between_its_styles(stylizer):
    ink, mosaic = (drawn(stylizer, style=name) for name in ("ink", "mosaic"))
    mix = drawn(stylizer, style=("ink:0.5", "mosaic:0.5"))
    assert distance(mix, ink) < distance(ink, mosaic) > distance(mix, mosaic)
    nearly = drawn(stylizer, style=("ink:0.99", "mosaic:0.01"))
    assert distance(nearly, ink) < 0.1 * distance(ink, mosaic)


def test_a_style_changes_at_its_time(stylizer):
    start = 100  # clips need not begin at 0
    before, during, after = drawn(
        stylizer, start, start + 5.5, start + 7, style="ink", style_at="0:05=mosaic"
    )
    assert np.array_equal(before, drawn(stylizer, style="ink"))
    assert np.array_equal(during, drawn(stylizer, style=("ink", "mosaic")))
    assert np.array_equal(after, drawn(stylizer, style="mosaic"))


def test_a_mask_leaves_the_content_where_it_is_black(stylizer, mask):
    found, whole = (
        drawn(stylizer, style="ink", mask=mask, feather=0.0),
        drawn(stylizer, style="ink"),
    )
    assert np.array_equal(found[:, :32], CONTENT[:, :32])
    assert np.array_equal(found[:, 32:], whole[:, 32:])


def test_a_region_has_a_style_of_its_own(stylizer, mask):
    found = drawn(stylizer, style="ink", mask=f"{mask}=mosaic", feather=0.0)
    assert np.array_equal(found[:, :32], drawn(stylizer, style="ink")[:, :32])
    assert np.array_equal(found[:, 32:], drawn(stylizer, style="mosaic")[:, 32:])


def test_only_a_region_may_be_drawn(stylizer, mask):
    found = drawn(stylizer, mask=f"{mask}=mosaic", feather=0.0)
    assert np.array_equal(found[:, :32], CONTENT[:, :32])
    assert not np.array_equal(found[:, 32:], CONTENT[:, 32:])


def test_two_masks_of_one_style_add_up(stylizer, mask, tmp_path):
    Image.fromarray(255 - np.asarray(Image.open(mask))).save(tmp_path / "left.png")
    both = (mask, str(tmp_path / "left.png"))
    found = drawn(stylizer, style="ink", mask=both, feather=0.0)
    assert np.array_equal(found, drawn(stylizer, style="ink"))


def test_luminance_keeps_the_colors_of_the_content(stylizer):
    content = picture(48, 64) // 2 + np.array([90, 40, 10], np.uint8)
    plain = drawn(stylizer, content=content, style="starry-night")
    kept = drawn(stylizer, content=content, style="starry-night", keep_color="luminance")

    def hue(pixels):
        mean = pixels.reshape(-1, 3).mean(0)
        return mean - mean.mean()

    assert np.abs(hue(kept) - hue(content)).max() < 0.5 * np.abs(hue(plain) - hue(content)).max()


def test_a_matched_style_is_read_anew_after_a_cut_alone(stylizer, monkeypatch):
    read, original = [], stylizer.read
    monkeypatch.setattr(stylizer, "read", lambda *given: read.append(1) or original(*given))
    job = Job("a", "b", "starry-night", keep_color="match")
    with Direction(job, stylizer, Reading()) as direction:
        scene, counts = direction.first_scene, []
        for number, content in enumerate([CONTENT, CONTENT, 255 - CONTENT, 255 - CONTENT]):
            _, scene = direction.begun(content, Fraction(number), scene)
            counts.append(len(read))
    assert counts == [1, 1, 2, 2]


def test_a_largest_size_is_drawn_and_then_enlarged(stylizer):
    sizes = []

    class Watched:
        at_once = 1

        def __init__(self):
            self.read, self.check_mixes = stylizer.read, stylizer.check_mixes

        def draw(self, pixels, *others):
            sizes.append(pixels.shape[:2])
            return stylizer.draw(pixels, *others)

    found = drawn(Watched(), style="ink", max_size="24p")
    assert sizes == [(24, 32)] and found.shape == CONTENT.shape
    drawn(Watched(), style="ink", max_size="2000x1000")
    assert sizes[-1] == (48, 64)  # smaller frames stay as they are


def test_strokes_are_finer_when_a_style_is_read_larger(stylizer):
    small, large = (drawn(stylizer, style="mosaic", style_size=side) for side in (384, 768))
    assert distance(small, large) > 1


def test_a_style_that_is_read_in_parts_draws_nearly_the_same(stylizer):
    whole, parts = (drawn(stylizer, style="starry-night", style_size=s) for s in (1024, 1040))
    other = drawn(stylizer, style="ink")
    assert distance(whole, parts) < 0.3 * distance(whole, other)


def test_a_style_that_is_not_there_is_said_before_anything_is_drawn(stylizer):
    for settings in ({}, {"keep_color": "match"}):
        with pytest.raises(UnknownName):
            drawn(stylizer, style="stary-night", **settings)


def test_a_mask_that_is_not_there_is_said_before_anything_is_drawn(stylizer):
    with pytest.raises(InputError, match="none.png"):
        drawn(stylizer, style="ink", mask="none.png")


@pytest.fixture
def bank(tmp_path_factory, monkeypatch):
    """One that has learned two styles by heart."""
    model = random_model("stylebank", random_models(tmp_path_factory))
    monkeypatch.setenv("VIDSTYLE_DATA", str(model.path.parent))
    return load_stylizer(Drawing("stylebank-random", device="cpu", precision="fp32"))


def test_a_style_may_be_a_number(bank):
    first, second = (drawn(bank, style=number) for number in ("0", "1"))
    assert distance(first, second) > 1
    mix = drawn(bank, style=("0", "1"))
    assert not np.array_equal(mix, first) and not np.array_equal(mix, second)


@pytest.mark.parametrize("number", ["2", "-1", "ink"])
def test_a_number_that_is_not_there_is_said(bank, number):
    with pytest.raises(UnknownName, match="style of stylebank-random"):
        drawn(bank, style=number)


def test_learned_styles_cannot_be_recolored(bank):
    with pytest.raises(UsageError, match="by heart"):
        drawn(bank, style="0", keep_color="match")


@pytest.mark.parametrize(
    "settings", [{"style": ("ink", "mosaic")}, {"style": "ink", "style_size": 1025}], ids=str
)
def test_what_a_network_cannot_mix_is_refused(settings, tmp_path_factory, monkeypatch):
    model = random_model("stytr2", random_models(tmp_path_factory))
    monkeypatch.setenv("VIDSTYLE_DATA", str(model.path.parent))
    stylizer = load_stylizer(Drawing("stytr2-random", device="cpu", precision="fp32"))
    with pytest.raises(UsageError, match="cannot be mixed"):
        drawn(stylizer, **settings)


def frames(stylizer, contents, style="ink", ahead=0, **settings):
    """Drawings of several frames, half a second apart."""
    times = [Fraction(number, 2) for number in range(len(contents))]
    with Direction(Job("a.mp4", "b", style, **settings), stylizer, Reading()) as direction:
        return drawn_in_turn(direction, list(zip(contents, times, strict=True)), ahead)


def noisy(count):
    random = np.random.default_rng(0)
    return [
        np.clip(CONTENT + random.normal(0, 3, CONTENT.shape), 0, 255).astype(np.uint8)
        for _ in range(count)
    ]


@pytest.mark.parametrize("how", ["light", "full"])
def test_stabilized_drawings_change_less(stylizer, how):
    contents = noisy(16)
    off, steady = (frames(stylizer, contents, stabilize=name) for name in ("off", how))
    assert distance(steady[0], off[0]) < 3  # but for the finest detail
    assert distance(steady[-1], steady[-2]) < 0.5 * distance(off[-1], off[-2])


def test_a_cut_ends_what_is_steadied(stylizer):
    contents = [*noisy(3), 255 - CONTENT, *noisy(1)]
    steady = frames(stylizer, contents, stabilize="full")
    anew = [frames(stylizer, [content], stabilize="full")[0] for content in contents]
    same = [np.array_equal(*pair) for pair in zip(anew, steady, strict=True)]
    assert same == [True, False, False, True, True]


def test_another_style_is_there_at_once(stylizer):
    contents = noisy(4)
    settings = {"style_at": ("0:01=mosaic",), "fade": 0.0, "stabilize": "light"}
    steady = frames(stylizer, contents, **settings)
    anew = frames(stylizer, [contents[2]], "mosaic", stabilize="light")[0]
    assert np.array_equal(steady[2], anew)
    assert distance(steady[3], steady[2]) < distance(steady[2], steady[1])


def test_each_region_is_steadied_in_its_own_style(stylizer, mask):
    settings = {"mask": (f"{mask}=mosaic",), "feather": 0.0}
    contents = noisy(8)
    both = frames(stylizer, contents, stabilize="light", **settings)[-1]
    alone = frames(stylizer, contents, "mosaic", stabilize="light")[-1]
    assert np.array_equal(both[:, 33:], alone[:, 33:])


def test_frames_that_are_begun_early_are_drawn_as_one_by_one(mask):
    stylizer = load_stylizer(Drawing(device="cpu", precision="fp32", clip=True))
    contents = [*noisy(3), 255 - CONTENT, *noisy(3)]
    settings = {
        "mask": (f"{mask}=mosaic",), "style_at": ("0:01=mosaic",), "fade": 1.0, "stabilize": "full",
    }  # fmt: skip
    in_turn, early = (frames(stylizer, contents, ahead=count, **settings) for count in (0, 4))
    assert all(np.array_equal(*pair) for pair in zip(in_turn, early, strict=True))


def test_without_strength_nothing_is_steadied(stylizer):
    contents = noisy(3)
    drawings = frames(stylizer, contents, strength=0.0, stabilize="full")
    assert all(np.array_equal(*pair) for pair in zip(drawings, contents, strict=True))


@pytest.mark.parametrize(
    ("job", "how"),
    [
        (Job("a.mp4", "b", "ink"), "off"),
        (Job("a.mp4", "b", "ink", "microast"), "light"),
        (Job("a.mp4", "b", "ink", "gatys"), "off"),
        (Job("a.mp4", "b", "ink", "wct", stabilize="full"), "full"),
        (Job("a.mp4", "b", "ink", "microast", stabilize="off"), "off"),
        (Job("a.jpg", "b", "ink", "microast", stabilize="full"), "off"),
    ],
    ids=str,
)
def test_what_was_taught_to_be_steady_is_left_alone(job, how):
    assert stabilizer_of(job) == how


def test_what_steadies_itself_is_not_steadied():
    with pytest.raises(UsageError, match="gatys begins each frame with the last drawing"):
        stabilizer_of(Job("a.mp4", "b", "ink", "gatys", stabilize="light"))
