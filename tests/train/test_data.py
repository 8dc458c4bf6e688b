"""Pictures for a training."""

import logging

import numpy as np
import pytest
import torch
from models import picture
from PIL import Image
from training import data_folder, recipe_of, save

from vidstyle.errors import InputError
from vidstyle.styles import READ_SIDE
from vidstyle.train.data import (
    Contents,
    Styles,
    contents_of,
    pictures,
    readable,
    recolored,
    styles_of,
    variant_of,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "p/broken.jpg"
    path.parent.mkdir()
    path.write_bytes(b"no picture")
    return path


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("size", [(32, 32), (33, 90), (200, 47), (700, 900)], ids=str)
def test_photographs_of_any_size_are_cut(tmp_path, size):
    contents = Contents([save(tmp_path / "a.png", picture(*size))])
    first, second, _ = contents.views(generator(), batch=2, crop=40)
    assert first.shape == second.shape == (2, 3, 40, 40)
    assert 0 <= float(second.min()) and float(second.max()) <= 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "LA", "P", "1", "I;16", "CMYK"])
def test_pictures_of_any_kind_are_read(tmp_path, mode):
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    if mode == "I;16":
        Image.fromarray(picture(40, 50)[..., 0].astype(np.uint16) * 257).save(path)
    else:
        Image.fromarray(picture(40, 50)).convert(mode).save(path)
    pixels = readable(path)
    assert pixels.shape == (40, 50, 3) and pixels.dtype == np.uint8 and pixels.std() > 5


def test_a_broken_picture_is_named_and_skipped(broken, caplog):
    whole = save(broken.with_name("whole.png"), picture(48, 48))
    contents = Contents([broken, whole])
    for seed in range(4):
        assert contents.views(generator(seed), 2, 32)[0].std() > 0.01
    assert [record.message for record in caplog.records] == [
        f"Skipped: {str(broken)!r} is not a picture that can be read."
    ]


def test_a_tiny_picture_is_named_and_skipped(tmp_path, caplog):
    assert readable(save(tmp_path / "a.png", picture(31, 60))) is None
    assert "a.png' has a side of less than 32 pixels" in caplog.text


def test_without_one_whole_picture_training_ends(broken):
    with pytest.raises(InputError, match="None of the photographs"):
        Contents([broken]).views(generator(), 1, 32)
    with pytest.raises(InputError, match="Only 0 of the styles"):
        Styles([broken]).choose(generator(), 1)


def test_left_out_names_are_never_read(tmp_path, data, caplog):
    names = {"contents": ["photographs"], "styles": ["paintings"], "leave_out": ["painting-0"]}
    names |= {"sheet_contents": ["photograph-3"], "sheet_styles": ["painting-3"]}
    recipe = recipe_of(tmp_path, data=names)
    contents, styles = contents_of(recipe.data, data), styles_of(recipe.data, data)
    assert {path.stem for path in contents._paths} == {f"photograph-{n}" for n in range(3)}
    assert {path.stem for path in styles._paths} == {"painting-1", "painting-2"}


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="no folder .*nowhere.*--data"):
        pictures(tmp_path, ["nowhere"])


def test_a_folder_without_pictures_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no picture in empty"):
        pictures(tmp_path, ["empty"])


def test_folders_are_read_to_their_depths_in_order(tmp_path):
    for name in ("p/b/2.png", "p/a/1.JPG", "p/3.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in pictures(tmp_path, ["p"])] == ["1.JPG", "2.png"]


def test_the_same_generator_gives_the_same_pictures(data):
    contents, styles = (
        Contents(pictures(data, ["photographs"])),
        Styles(pictures(data, ["paintings"])),
    )
    for draw in (
        lambda seed: contents.views(generator(seed), 2, 32)[0],
        lambda seed: torch.cat([style.image for style in styles.choose(generator(seed), 2)]),
    ):
        assert torch.equal(draw(5), draw(5))
        assert not torch.equal(draw(5), draw(6))


@pytest.mark.parametrize("seed", range(5))
def test_the_second_view_is_the_first_one_shifted_and_noisy(data, seed):
    contents = Contents(pictures(data, ["photographs"]))
    first, second, (down, right) = contents.views(generator(seed), 2, 48)
    difference = first[..., down:, right:] - second[..., : 48 - down, : 48 - right]
    assert 1 <= down <= 8 and 1 <= right <= 8
    assert difference.abs().max() < 0.15 and abs(difference.mean()) < 0.002  # noise of up to 2 %
    assert (first - second).abs().mean() > difference.abs().mean()


def test_a_step_has_different_styles(data):
    styles = Styles(pictures(data, ["paintings"]))
    for seed in range(5):
        chosen = styles.choose(generator(seed), 4)
        assert len({style.key[0] for style in chosen}) == 4


def test_recolored_pictures_keep_their_lightness_and_their_grays():
    pixels = picture(40, 60)
    gray = np.repeat(pixels[..., :1], 3, axis=2)
    for seed in range(5):
        changed = recolored(pixels, np.random.default_rng(seed))
        assert changed.shape == pixels.shape and changed.dtype == np.uint8
        assert abs(changed.mean() - pixels.mean()) < 3  # but for what is cut off at 0 and 255
        assert np.abs(changed.mean((0, 1)) - pixels.mean((0, 1))).max() > 1
        still_gray = recolored(gray, np.random.default_rng(seed))
        assert np.ptp(still_gray.astype(int), axis=2).max() <= 1


def test_a_variant_is_the_same_every_time_and_unlike_the_others(data):
    path = pictures(data, ["paintings"])[0]
    variants = [variant_of(path, number) for number in range(4)]
    assert all(style.image.shape == (1, 3, READ_SIDE, READ_SIDE) for style in variants)
    assert torch.equal(variants[2].image, variant_of(path, 2).image)
    colors = [tuple(style.image.mean((2, 3)).flatten().tolist()) for style in variants]
    assert len(set(colors)) == 4


def test_two_styles_of_one_name_are_two_styles(tmp_path):
    paths = [save(tmp_path / f"{kind}/wave.png", picture(40, 40, n)) for n, kind in enumerate("ab")]
    assert variant_of(paths[0], 0).key != variant_of(paths[1], 0).key


def test_a_picture_that_is_never_drawn_is_never_read(broken, caplog):
    caplog.set_level(logging.WARNING)
    whole = save(broken.with_name("whole.png"), picture(48, 48))
    Contents(pictures(broken.parent, ["."], ["broken"])).views(generator(), 2, 32)
    assert whole.exists() and not caplog.records
