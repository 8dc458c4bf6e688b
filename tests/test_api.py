"""What a Python program calls."""

import numpy as np
import pytest
import torch
from media import clip, facts
from models import picture

import vidstyle


@pytest.fixture(scope="module")
def paint():
    return vidstyle.load("microast", style="ink", device="cpu")


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (48, 64)], ids=str)
def test_an_array_of_any_size_comes_back_drawn(paint, size):
    drawn = paint(picture(*size))
    assert drawn.shape == (*size, 3) and drawn.dtype == np.uint8


def test_a_tensor_comes_back_as_a_tensor(paint):
    content = picture(48, 64)
    drawn = paint(torch.from_numpy(content))
    assert isinstance(drawn, torch.Tensor)
    assert np.array_equal(drawn.numpy(), paint(content))


def test_a_style_may_be_pixels():
    painter = vidstyle.load(style=picture(60, 80, 1), device="cpu")
    assert painter(picture(48, 64)).std() > 1


@pytest.mark.parametrize("wrong", [np.zeros((4, 4)), np.zeros((4, 4, 3)), "in.mp4"], ids=str)
def test_what_is_no_picture_is_refused_in_one_line(paint, wrong):
    with pytest.raises(vidstyle.VidstyleError, match="A picture is"):
        paint(wrong)


def test_a_clip_is_stylized(tmp_path):
    source = clip(tmp_path / "in.mp4")
    seen = []
    summary = vidstyle.stylize(
        source, tmp_path / "out.mp4", style="ink", strength=0.8, on_progress=seen.append
    )
    assert summary.frames == len(seen) == seen[-1].frames == facts(tmp_path / "out.mp4").frames


def test_a_run_can_be_ended(tmp_path):
    source = clip(tmp_path / "in.mp4", frames=30)
    with pytest.raises(vidstyle.Interrupted):
        vidstyle.stylize(
            source, tmp_path / "out.mp4", style="ink", on_progress=lambda now: now.frames < 5
        )
    assert not (tmp_path / "out.mp4").exists()
    assert facts(tmp_path / "out.partial.mp4").frames == 5


def test_frames_come_one_by_one(tmp_path):
    source = clip(tmp_path / "in.mp4", frames=6)
    found = list(vidstyle.frames(source, style="ink"))
    assert [frame.index for frame in found] == list(range(6))
    assert found[0].pixels.dtype == np.uint8


def test_frames_can_be_left_early(tmp_path):
    source = clip(tmp_path / "in.mp4", frames=30)
    for frame in vidstyle.frames(source, style="ink"):
        if frame.index == 3:
            break
    assert frame.index == 3


def test_an_unknown_setting_is_a_type_error(tmp_path):
    with pytest.raises(TypeError, match="strenght"):
        vidstyle.stylize("in.mp4", "out.mp4", style="ink", strenght=1)


def test_a_tensor_is_drawn_where_it_lies_and_may_be_written_to(monkeypatch):
    paint = vidstyle.load(style="ink", runtime="torch", device="cpu", precision="fp32")
    content = picture(48, 64)
    expected = paint(content)
    monkeypatch.setattr(paint.stylizer, "takes_tensors", True)  # as on a GPU
    drawn = paint(torch.from_numpy(content))
    assert np.array_equal(drawn.numpy(), expected)
    drawn += 1
