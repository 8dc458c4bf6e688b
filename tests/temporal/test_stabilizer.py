"""What every row of STABILIZERS must do."""

import cv2
import numpy as np
import pytest
from models import picture

from vidstyle.temporal import STABILIZERS
from vidstyle.temporal.stabilizer import Watched

HEIGHT, WIDTH = 120, 180
LEFT = {"light": 0.5, "full": 0.2}  # at most, of the deviation over time of what stands still


@pytest.fixture(params=list(STABILIZERS))
def how(request):
    return request.param


@pytest.fixture
def stabilizer(how):
    return STABILIZERS[how]()


def textured(height=HEIGHT, width=WIDTH, seed=0):
    """A picture with edges enough to be followed."""
    coarse = cv2.resize(picture(height // 3, width // 3, seed), (width, height))
    random = np.random.default_rng(seed).integers(0, 255, (height // 6, width // 6, 3), np.uint8)
    return cv2.addWeighted(coarse, 0.5, cv2.resize(random, (width, height)), 0.5, 0)


def noisy(pixels, deviation, random):
    return np.clip(pixels + random.normal(0, deviation, pixels.shape), 0, 255).round().astype("u1")


def flickering(pixels, random, strength=12.0):
    """A drawing of `pixels` that is not quite the same each time."""
    change = random.normal(0, 1, (pixels.shape[0] // 8, pixels.shape[1] // 8, 3))
    change = cv2.resize(change, pixels.shape[1::-1]) * strength
    return np.clip(255 - pixels + change, 0, 255).round().astype(np.uint8)


def steadied(stabilizer, contents, drawings):
    memory, found = (), []
    for content, drawn in zip(contents, drawings, strict=True):
        steady, memory = stabilizer(content, drawn, memory)
        found.append(steady)
    return found


def deviation(pictures):
    return np.stack(pictures[10:]).astype(float).std(0).mean()


def distance(one, other):
    return np.abs(one.astype(float) - other).mean()


def test_the_first_drawing_is_left_as_it_is(stabilizer):
    drawn = textured(seed=1)
    steady, _ = stabilizer(textured(), drawn)
    assert np.array_equal(steady, drawn)


def test_what_stands_still_is_still_in_spite_of_noise(how, stabilizer):
    random = np.random.default_rng(0)
    contents = [noisy(textured(), 3, random) for _ in range(36)]
    drawings = [flickering(content, random) for content in contents]
    steady = steadied(stabilizer, contents, drawings)
    assert deviation(steady) < LEFT[how] * deviation(drawings)


def test_what_moves_keeps_its_drawing(stabilizer):
    random = np.random.default_rng(0)
    world = textured(HEIGHT, WIDTH + 80)
    contents = [world[:, 2 * n : 2 * n + WIDTH] for n in range(30)]
    drawings = [flickering(content, random) for content in contents]
    steady = steadied(stabilizer, contents, drawings)

    def change(pictures):
        pairs = list(zip(pictures, pictures[1:], strict=False))[12:]
        return np.mean([distance(b[20:-20, 20:-22], a[20:-20, 22:-20]) for a, b in pairs])

    assert change(steady) < 0.5 * change(drawings)


def test_a_change_is_not_held_back(stabilizer):
    """Something that leaves leaves no ghost, and what comes is there at once."""
    ground, thing = textured() // 2, 128 + textured(40, 40, 5) // 2
    contents = [ground.copy() for _ in range(16)]
    for content in contents[:12]:
        content[40:80, 60:100] = thing
    drawings = [255 - content for content in contents]
    steady = steadied(stabilizer, contents, drawings)
    left = (slice(48, 72), slice(68, 92))
    assert distance(steady[12][left], drawings[12][left]) < 0.1 * distance(
        drawings[11][left], drawings[12][left]
    )


def test_strokes_come_back_where_an_old_drawing_has_lost_them(stabilizer):
    """Though no pixel is far from what it was."""
    content, flat = textured(), np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    strokes = flat.copy()
    strokes[:, ::4] -= 20
    strokes[:, 2::4] += 20
    *_, steady = steadied(stabilizer, 2 * [content], [flat, strokes])
    assert distance(steady, strokes) < 0.3 * distance(flat, strokes)


def test_sharpness_stays(stabilizer):
    random = np.random.default_rng(0)
    world = textured(HEIGHT, WIDTH + 80)
    contents = [world[:, 3 * n // 2 : 3 * n // 2 + WIDTH] for n in range(40)]
    drawings = [flickering(content, random) for content in contents]
    steady = steadied(stabilizer, contents, drawings)

    def gradient(pixels):
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(float)
        return np.hypot(np.diff(grey, axis=0)[:, :-1], np.diff(grey, axis=1)[:-1]).mean()

    ratio = np.mean([gradient(p) for p in steady[20:]]) / np.mean(
        [gradient(p) for p in drawings[20:]]
    )
    assert 0.95 < ratio < 1.05


@pytest.mark.parametrize("level", [0, 255])
def test_flat_pictures_stay_flat(stabilizer, level):
    flat = np.full((HEIGHT, WIDTH, 3), level, np.uint8)
    for steady in steadied(stabilizer, [flat] * 14, [flat] * 14):
        assert np.array_equal(steady, flat)


def test_sixteen_bits_are_kept(stabilizer):
    ramp = np.linspace(0, 65535, HEIGHT * WIDTH * 3).reshape(HEIGHT, WIDTH, 3)
    drawing = ramp.round().astype(np.uint16)
    steady = steadied(stabilizer, [textured().astype(np.uint16) * 257] * 12, [drawing] * 12)[-1]
    assert steady.dtype == np.uint16
    assert np.abs(steady.astype(int) - drawing).mean() < 257
    assert len(np.unique(steady)) > 4 * 256


def test_another_size_begins_anew(stabilizer):
    _, memory = stabilizer(textured(), textured(seed=1))
    small = textured(60, 90)
    steady, _ = stabilizer(small, 255 - small, memory)
    anew, _ = stabilizer(small, 255 - small)
    assert np.array_equal(steady, anew)


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (200, 3)], ids=str)
def test_any_size_is_steadied(stabilizer, size):
    content = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    for steady in steadied(stabilizer, [content] * 13, [255 - content] * 13):
        assert steady.shape == content.shape and steady.dtype == np.uint8


def watch(stabilizer, contents):
    """How each content came from those before it, with no drawing at hand."""
    watched, found = Watched(), []
    for content in contents:
        now = stabilizer.look(content)
        found.append(stabilizer.follow(now, watched))
        watched = watched.then(now)
    return found


def test_contents_may_be_followed_before_anything_is_drawn(stabilizer):
    random = np.random.default_rng(0)
    contents = [noisy(textured(), 3, random) for _ in range(14)]
    drawings = [flickering(content, random) for content in contents]
    past, found = (), []
    for seen, drawn in zip(watch(stabilizer, contents), drawings, strict=True):
        steady, past = stabilizer.steadied(drawn, seen, past)
        found.append(steady)
    expected = steadied(stabilizer, contents, drawings)
    assert all(distance(*pair) < 0.01 for pair in zip(found, expected, strict=True))


def test_drawings_that_begin_later_than_contents_wait_for_their_anchor(stabilizer):
    random = np.random.default_rng(0)
    contents = [noisy(textured(), 3, random) for _ in range(16)]
    seen = watch(stabilizer, contents)
    pasts = [(), ()]  # with anchors, and without any
    for content, each in zip(contents[11:], seen[11:], strict=True):
        drawn = flickering(content, random)
        ways = each, each._replace(anchor=None)
        drawings = [stabilizer.steadied(drawn, *both) for both in zip(ways, pasts, strict=True)]
        pasts = [past for _, past in drawings]
        assert np.array_equal(drawings[0][0], drawings[1][0])
    assert any(each.anchor is not None for each in seen[11:])


def test_nothing_but_what_it_is_given_counts(stabilizer):
    """It is a pure function: the same memory may be used twice."""
    contents, drawings = (
        [textured(seed=n) for n in (0, 0, 1)],
        [textured(seed=n) for n in (2, 3, 4)],
    )
    _, memory = stabilizer(contents[0], drawings[0])
    first, _ = stabilizer(contents[1], drawings[1], memory)
    stabilizer(contents[2], drawings[2], memory)
    again, _ = stabilizer(contents[1], drawings[1], memory)
    assert np.array_equal(first, again)
