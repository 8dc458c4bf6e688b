"""Drawing by optimization: its terms, its steps, and what goes from frame to frame."""

import cv2
import numpy as np
import pytest
import torch
from models import picture

from vidstyle.networks.gatys import (
    Gatys,
    beyond_range,
    content_loss,
    style_loss,
    temporal_loss,
    total_variation,
)
from vidstyle.networks.loading import load_network
from vidstyle.networks.motion import Carried, carry
from vidstyle.networks.msgnet import gram
from vidstyle.weights import find_model

HEIGHT, WIDTH = 48, 64
STEPS = 8
TERMS = ("content", "style", "variation", "range")


def image(height=HEIGHT, width=WIDTH, seed=0, down=0, right=0):
    """A part of a smooth picture; with `down` and `right` the camera has moved by so much."""
    whole = cv2.GaussianBlur(picture(height + 8, width + 8, seed), (0, 0), 1.5)
    pixels = whole[down : down + height, right : right + width]
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float() / 255


def gatys_of(steps=STEPS, optimizer="lbfgs"):
    made = Gatys(steps, optimizer)
    made.load_state_dict(load_network(find_model("gatys")).state_dict())
    return made


@pytest.fixture(scope="module")
def gatys():
    return gatys_of()


@pytest.fixture(scope="module")
def code(gatys):
    return gatys.encode(1 - image(seed=5))


def random_features():
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(1, 4, 6, 8, generator=generator) for _ in range(4)]


# --- the terms


def test_the_style_term_is_relative_to_the_style():
    features = random_features()
    grams = [gram(layer) for layer in features]
    assert style_loss(features, grams) == 0
    louder = [2 * layer for layer in features]  # Gram matrices are four times as large
    assert style_loss(louder, grams).item() == pytest.approx(9)


def test_the_style_term_does_not_see_where_things_are():
    features = random_features()
    turned = [layer.flip(2, 3) for layer in features]
    assert style_loss(turned, [gram(layer) for layer in features]).item() < 1e-10


def test_the_content_term_is_relative_to_the_content():
    features = random_features()
    assert content_loss(features, features) == 0
    assert content_loss([3 * layer for layer in features], features).item() == pytest.approx(4)


def test_the_content_term_sees_the_deeper_layers_alone():
    features = random_features()
    first, second, *deeper = features
    assert content_loss([first + 1, second + 1, *deeper], features) == 0


def test_total_variation_is_the_mean_square_of_both_slopes():
    ramp = torch.arange(4.0).expand(1, 3, 5, 4)  # rises by 1 to the right
    assert total_variation(ramp) == 1
    assert total_variation(ramp.mT * 3) == 9


def test_what_a_screen_shows_is_in_range():
    shown = torch.tensor([0.0, 0.5, 1.0])
    assert beyond_range(shown) == 0
    assert beyond_range(torch.tensor([-2.0, 0.5, 3.0])).item() == pytest.approx(8 / 3)


def test_the_temporal_term_counts_trusted_places_alone():
    trust = torch.zeros(1, 1, 4, 4)
    trust[..., :2] = 1
    carried = Carried(torch.zeros(1, 3, 4, 4), trust)
    assert temporal_loss(torch.full((1, 3, 4, 4), 0.5), carried) == 0.125


# --- a picture


def test_a_code_is_a_gram_matrix_for_each_layer(code):
    assert [tuple(layer.shape) for layer in code] == [
        (1, 64, 64), (1, 128, 128), (1, 256, 256), (1, 128, 128),
    ]  # fmt: skip
    assert len(code) == len(Gatys.code_names)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_drawing_comes_close_to_the_style(optimizer):
    content = image()
    gatys = gatys_of(25, optimizer)
    noise = torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    code = gatys.encode(noise)
    drawn, _ = gatys.stylize(content, code)
    after, before = (style_loss(gatys.losses(image), code) for image in (drawn, content))
    assert after < before / 2


def test_the_weaker_the_style_the_closer_the_content(gatys, code):
    content = image()
    distances = [
        (gatys.stylize(content, code, torch.tensor([strength]))[0] - content).abs().mean()
        for strength in (0.1, 0.4, 1.0)
    ]
    assert distances == sorted(distances)


@pytest.mark.parametrize("size", [(16, 16), (17, 40), (33, 30)], ids=str)
def test_a_drawing_has_the_size_of_its_content(gatys, code, size):
    drawn, _ = gatys.stylize(image(*size), code)
    assert drawn.shape == (1, 3, *size)
    assert drawn.min() >= 0 and drawn.max() <= 1


def test_the_same_is_drawn_twice_and_nothing_is_changed(gatys, code):
    content = image()
    before = content.clone()
    (first, memory), (second, _) = (gatys.stylize(content, code) for _ in range(2))
    kept = [tensor.clone() for tensor in memory]
    (third, _), (fourth, _) = (gatys.stylize(content, code, memory=memory) for _ in range(2))
    assert torch.equal(first, second) and torch.equal(third, fourth)
    assert torch.equal(content, before)
    assert all(map(torch.equal, memory, kept))


def test_it_draws_where_gradients_are_off(gatys, code):
    with torch.no_grad():
        drawn, _ = gatys.stylize(image(), code)
    assert torch.equal(drawn, gatys.stylize(image(), code)[0])


def test_a_larger_picture_begins_at_half_its_size(code):
    told = []
    drawn, _ = gatys_of(2).stylize(image(129, 140), code, on_step=told.append)
    assert [tuple(step.image.shape[2:]) for step in told] == [
        (65, 70), (65, 70), (129, 140), (129, 140),
    ]  # fmt: skip
    assert [(step.number, step.count) for step in told] == [
        (1, 4), (2, 4), (3, 4), (4, 4),
    ]  # fmt: skip
    assert torch.equal(told[-1].image, drawn)


def test_each_step_tells_its_losses_and_the_picture_then(gatys, code):
    told = []
    gatys.stylize(image(), code, on_step=told.append)
    assert len(told) == STEPS
    assert all(tuple(step.losses) == TERMS for step in told)
    assert sum(told[-1].losses.values()) < sum(told[0].losses.values())
    assert not torch.equal(told[0].image, told[1].image)


def test_whoever_is_told_may_end_it(gatys, code):
    told = []

    def stop(step):
        told.append(step)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gatys.stylize(image(), code, on_step=stop)
    assert len(told) == 1


# --- a clip


def test_the_next_frame_takes_half_the_steps_and_follows_the_last(gatys, code):
    _, memory = gatys.stylize(image(), code)
    assert len(memory) == len(Gatys.memory_names)
    told = []
    gatys.stylize(image(down=1, right=1), code, memory=memory, on_step=told.append)
    assert len(told) == STEPS // 2
    assert "temporal" in told[0].losses


def test_a_clip_is_steadier_than_frames_drawn_alone(gatys, code):
    before, now = image(), image(down=1, right=2)
    drawn, memory = gatys.stylize(before, code)
    carried = carry(now, before, drawn)
    following, _ = gatys.stylize(now, code, memory=memory)
    alone, _ = gatys.stylize(now, code)
    assert temporal_loss(following, carried) < temporal_loss(alone, carried) / 2


def test_a_fade_is_not_held_back(gatys, code):
    faded = tuple(1.05 * part for part in code)
    _, memory = gatys.stylize(image(), code)
    told = []
    gatys.stylize(image(down=1), faded, memory=memory, on_step=told.append)
    assert len(told) == STEPS // 2 and "temporal" not in told[0].losses


def test_a_new_style_is_drawn_from_its_start(gatys, code):
    other = gatys.encode(image(seed=7) / 2)
    _, memory = gatys.stylize(image(), code)
    drawn, _ = gatys.stylize(image(), other, memory=memory)
    assert torch.equal(drawn, gatys.stylize(image(), other)[0])


def test_a_new_scene_is_drawn_from_its_start(gatys, code):
    _, memory = gatys.stylize(image(), code)
    new = image(seed=9).flip(3)
    drawn, _ = gatys.stylize(new, code, memory=memory)
    assert torch.equal(drawn, gatys.stylize(new, code)[0])
