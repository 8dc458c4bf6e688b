"""A code that is corrected by what it draws."""

import pytest
import torch

from vidstyle.networks.feedback import Feedback, difference, moments_of
from vidstyle.networks.swift import Swift
from vidstyle.train.losses import Moments, style_loss

NUMBERS = 12


@pytest.fixture
def feedback():
    torch.manual_seed(0)
    made = Feedback(NUMBERS)
    for weight in made.eye.parameters():
        if weight.dim() > 1:
            torch.nn.init.kaiming_normal_(weight)
    return made


def by(numbers):
    """A network whose code is how bright it draws: the mean of the first four numbers."""
    return lambda image: image + numbers[:, :4].mean()


def brightness(value):
    numbers = torch.zeros(1, NUMBERS, 1, 1)
    numbers[:, :4] = value
    return numbers


def test_moments_are_those_of_each_picture_averaged():
    layers = torch.rand(2, 5, 6, 7, dtype=torch.float64), torch.rand(2, 3, 4, 2)
    means = [layer.flatten(2).mean(2).mean(0) for layer in layers]
    deviations = [layer.flatten(2).std(2, correction=0).mean(0) for layer in layers]
    assert torch.allclose(moments_of(layers).double(), torch.cat(means + deviations), atol=1e-6)


def test_the_square_of_a_difference_is_a_style_loss():
    widths = 5, 3
    torch.manual_seed(0)
    drawn, style, least = torch.rand(16), torch.rand(16), torch.rand(2, 2)
    expected = style_loss(layers_of(drawn, widths), layers_of(style, widths), least)
    found = difference(drawn, style, least, widths)
    assert torch.allclose(found.square().sum(), expected[0])


def layers_of(moments, widths):
    """Moments by layer, as losses take them, from the means of all and the deviations of all."""
    means, deviations = (half.split(widths) for half in moments.chunk(2))
    return [
        Moments(*(part[None] for part in layer)) for layer in zip(means, deviations, strict=True)
    ]


def test_unfitted_it_changes_nothing(feedback):
    numbers = brightness(0.2)
    style = feedback.seen(torch.rand(1, 3, 64, 64))
    assert torch.equal(feedback(numbers, style, by(numbers)), numbers)


def test_a_drawing_like_the_style_calls_for_no_correction(feedback):
    style = feedback.seen(feedback.photographs)
    error = feedback.error(style, by(brightness(0.0)))
    assert error[:-1].abs().max() < 1e-5 and error[-1] == 1


def test_what_is_fitted_brings_the_code_back(feedback):
    """A map from one response, as training fits it for many, undoes a wrong brightness."""
    dimmed = feedback.photographs * 0.5  # so that no color is cut off
    feedback.photographs = dimmed
    style = feedback.seen(dimmed)
    response = feedback.error(style, by(brightness(0.05))) / 0.05
    response[-1] = 0
    with torch.no_grad():
        feedback.look[:, 0] = response / response.square().sum()
        feedback.act[0, :4] = -1
    wrong = brightness(0.08)
    corrected = feedback(wrong, style, by(wrong))
    assert corrected[:, :4].mean().abs() < 0.03
    assert (corrected[:, 4:] == 0).all()


def test_a_style_unlike_any_moves_a_code_only_so_far(feedback):
    dead = torch.zeros_like(feedback.seen(feedback.photographs)) + 1e-12
    far = feedback.error(dead, by(brightness(0.0)))[:-1].norm()
    assert torch.isfinite(far) and far < 1.6


def test_gradients_pass_through_the_code_and_the_map_not_the_drawing():
    network = Swift(stem=8, experts=2)
    for part in (network.feedback.look, network.feedback.act):
        torch.nn.init.normal_(part)
    code = network.encode(torch.rand(1, 3, 32, 32))
    sum(part.sum() for part in code).backward()
    taught = (network.refinement.correct.bias, network.feedback.look, network.feedback.act)
    assert all(weight.grad.abs().sum() > 0 for weight in taught)
    assert all(weight.grad is None for weight in network.feedback.eye.parameters())
    assert all(weight.grad is None for weight in network.stem.parameters())
