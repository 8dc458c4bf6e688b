"""A network that draws step by step: clips, styles, options, and whom it tells how far it is."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from fakes import drawn_in_turn
from media import clip, facts
from models import picture
from PIL import Image
from training import random_vgg

import vidstyle
from vidstyle.direction import Direction
from vidstyle.errors import InputError, Interrupted, UnknownName, UsageError
from vidstyle.job import Job
from vidstyle.networks.vgg import VGG
from vidstyle.session import run
from vidstyle.sources import Reading
from vidstyle.stylizer import Drawing, load_stylizer

CONTENT = picture(32, 48)


def stylizer_of(**settings):
    return load_stylizer(Drawing("gatys", **settings_of(steps=3) | settings))


def settings_of(**settings):
    return {"device": "cpu", "precision": "fp32", "steps": 2} | settings


@pytest.fixture(scope="module")
def stylizer():
    return stylizer_of()


def directed(stylizer, *contents, on_step=None, **settings):
    """The drawings of several frames of a job."""
    timed = [(content, Fraction(number)) for number, content in enumerate(contents)]
    with Direction(Job("a", "b", **settings), stylizer, Reading(), on_step) as direction:
        return drawn_in_turn(direction, timed, ahead=1)


def test_a_picture_is_drawn_in_its_size_and_depth(stylizer):
    for content in (CONTENT, picture(7, 20), CONTENT.astype(np.uint16) * 257):
        drawn = stylizer(content, stylizer.look("ink"))
        assert drawn.shape == content.shape and drawn.dtype == content.dtype
        assert not np.array_equal(drawn, content)


def test_strength_zero_is_the_content_itself(stylizer):
    assert np.array_equal(stylizer(CONTENT, stylizer.look("ink", 0.0)), CONTENT)


def test_a_mix_is_a_look_of_its_own(stylizer):
    mix = stylizer.look({"ink": 3, "mosaic": 1})
    for part, ink, mosaic in zip(
        mix.code, stylizer.look("ink").code, stylizer.look("mosaic").code, strict=True
    ):
        assert np.allclose(part, 0.75 * ink + 0.25 * mosaic, rtol=1e-4, atol=1e-5)


def test_bf16_draws_nearly_the_same(stylizer):
    coarse = stylizer_of(precision="bf16")
    drawn, exact = (one(CONTENT, one.look("mosaic")).astype(float) for one in (coarse, stylizer))
    assert np.abs(drawn - exact).mean() < 0.2 * np.abs(exact - CONTENT).mean()


def test_a_frame_begins_with_the_drawing_of_the_one_before(stylizer):
    counts = []
    first, second = directed(
        stylizer, CONTENT, CONTENT, style="ink", on_step=lambda step: counts.append(step.count)
    )
    assert counts == [3, 3, 3, 2, 2]
    assert np.array_equal(first, stylizer(CONTENT, stylizer.look("ink")))
    assert not np.array_equal(first, second)


def test_regions_remember_each_their_own_drawing(stylizer, tmp_path):
    mask = np.zeros((32, 48), np.uint8)
    mask[:, 24:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    settings = {"mask": f"{tmp_path}/mask.png=mosaic", "feather": 0.0}
    _, both = directed(stylizer, CONTENT, CONTENT, style="ink", **settings)
    _, ink = directed(stylizer, CONTENT, CONTENT, style="ink")
    _, mosaic = directed(stylizer, CONTENT, CONTENT, style="mosaic")
    assert np.array_equal(both[:, :24], ink[:, :24])
    assert np.array_equal(both[:, 24:], mosaic[:, 24:])


def test_another_vgg_may_judge(stylizer, tmp_path):
    random_vgg(tmp_path / "vgg.pth", VGG("relu4_1"))
    other = stylizer_of(vgg=str(tmp_path / "vgg.pth"))
    assert [part.shape[1] for part in other.look("ink").code] == [64, 128, 256, 512]
    assert other(CONTENT, other.look("ink")).shape == CONTENT.shape


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"steps": 0}, UsageError, "--steps is at least 1; got 0"),
        ({"optimizer": "lbgfs"}, UnknownName, "Did you mean 'lbfgs'"),
        ({"precision": "fp16"}, UsageError, "fp32, bf16"),
        ({"runtime": "openvino"}, UsageError, "--runtime torch alone"),
        ({"vgg": "none.pth"}, InputError, "none.pth"),
    ],
    ids=str,
)
def test_what_it_cannot_is_refused(settings, error, said):
    with pytest.raises(error, match=said):
        load_stylizer(Drawing("gatys", **{"device": "cpu"} | settings))


@pytest.mark.parametrize("option", ["vgg", "optimizer", "steps", "progress_picture"])
def test_its_options_are_refused_with_any_other_network(option):
    with pytest.raises(UsageError, match=f"--{option.replace('_', '-')} is for networks that"):
        load_stylizer(Drawing("swift", **{option: 1 if option == "steps" else "a"}))


# --- whole jobs


def photo(path, pixels=CONTENT):
    Image.fromarray(pixels).save(path)
    return str(path)


def test_the_progress_picture_ends_as_the_drawing(tmp_path):
    source, shown = photo(tmp_path / "in.png"), tmp_path / "now.png"
    sizes = []

    def look(step):
        with Image.open(shown) as now:
            sizes.append(now.size)

    job = Job(
        source,
        str(tmp_path / "o.png"),
        "ink",
        network="gatys",
        **settings_of(progress_picture=str(shown)),
    )
    run(job, on_step=look)
    assert sizes == [(48, 32)] * 2
    with Image.open(shown) as now, Image.open(tmp_path / "o.png") as drawn:
        assert np.array_equal(now, drawn)
    assert {path.name for path in tmp_path.iterdir()} == {"in.png", "now.png", "o.png"}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("in.png", "is the input itself"),
        ("o.png", "is the output itself"),
        ("old.png", "is there already"),
        ("now.mp4", "no kind of picture"),
        ("no/such/now.png", "no folder"),
    ],
)
def test_a_progress_picture_that_cannot_be_is_refused(tmp_path, place, said):
    source = photo(tmp_path / "in.png")
    photo(tmp_path / "old.png")
    job = Job(
        source, str(tmp_path / "o.png"), "ink",
        network="gatys", **settings_of(progress_picture=str(tmp_path / place)),
    )  # fmt: skip
    with pytest.raises(UsageError, match=said):
        run(job)


def test_photographs_of_a_folder_share_the_progress_picture(tmp_path):
    (tmp_path / "photos").mkdir()
    for name in ("a", "b"):
        photo(tmp_path / f"photos/{name}.png", picture(20, 24))
    shown = tmp_path / "now.png"
    from vidstyle.batch import run_folder

    job = Job(
        str(tmp_path / "photos"), str(tmp_path / "drawn"), "ink",
        network="gatys", **settings_of(progress_picture=str(shown)),
    )  # fmt: skip
    assert run_folder(job).photographs == 2 and shown.is_file()


def test_an_end_within_a_frame_keeps_those_before(tmp_path):
    clip(tmp_path / "in.mp4", frames=4)
    frames = []

    def stop(step):
        frames.extend([1] if step.number == 1 else [])
        if len(frames) == 3:
            raise Interrupted("Interrupted.")

    job = Job(
        str(tmp_path / "in.mp4"), str(tmp_path / "o.mp4"), "ink", network="gatys", **settings_of()
    )
    with pytest.raises(Interrupted, match="o.partial.mp4"):
        run(job, on_step=stop)
    assert facts(tmp_path / "o.partial.mp4").frames == 2


@pytest.mark.parametrize("address", ["rtsp://nowhere/a", "RTMP://nowhere/a", "udp://nowhere:1"])
def test_live_video_is_refused(address):
    with pytest.raises(UsageError, match="far slower than live video. Choose from: .*swift"):
        run(Job(address, "o.mp4", "ink", network="gatys"))
    with pytest.raises(UsageError, match="far slower than live video"):
        next(vidstyle.frames(address, "ink", network="gatys"))


def test_python_says_how_many_steps():
    torch.manual_seed(0)
    few, more = (vidstyle.load("gatys", "ink", device="cpu", steps=steps) for steps in (1, 4))
    assert not np.array_equal(few(CONTENT), more(CONTENT))
