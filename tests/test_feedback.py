"""A code that is corrected by what it draws."""

import pytest
import torch

from vidstyle.networks.feedback import Feedback, difference, moments_of
from vidstyle.networks.swift import Swift

CHANNELS, VECTORS = 4, 3


@pytest.fixture
def feedback():
    torch.manual_seed(0)
    made = Feedback(VECTORS, CHANNELS)
    for weight in made.eye.parameters():
        if weight.dim() > 1:
            torch.nn.init.kaiming_normal_(weight)
    return made


def brighter(image, code):
    """A network whose code is how bright it draws: the mean of the first vector."""
    return image + code[0].mean()


def code_of(brightness):
    vectors = torch.zeros(VECTORS, 1, CHANNELS, 1, 1)
    vectors[0] = brightness
    return *vectors, torch.ones(1, 2, 1, 1)


def test_moments_are_those_of_each_picture_averaged():
    features = torch.rand(2, 5, 6, 7, dtype=torch.float64)
    mean, std = moments_of((features,))
    flat = features.flatten(2)
    assert torch.allclose(mean.double(), flat.mean(2).mean(0), atol=1e-6)
    assert torch.allclose(std.double(), flat.std(2, correction=0).mean(0), atol=1e-4)


def test_the_square_of_a_difference_is_a_style_loss():
    a, b = torch.rand(2, 3, 8)
    least = torch.rand(3)
    expected = sum(
        (x - y).square().mean() / (y.square().mean() + low)
        for x, y, low in zip(a, b, least, strict=True)
    )
    found = difference(tuple(a), tuple(b), least)
    assert torch.allclose(found.square().sum(), expected)


def test_unfitted_it_changes_nothing(feedback):
    code = code_of(0.2)
    style = feedback.seen(torch.rand(1, 3, 64, 64))
    corrected = feedback(code, style, brighter)
    assert all(torch.equal(a, b) for a, b in zip(corrected, code, strict=True))


def test_a_drawing_like_the_style_calls_for_no_correction(feedback):
    style = feedback.seen(feedback.photographs)
    error = feedback.error(code_of(0.0), style, brighter)
    assert error[:-1].abs().max() < 1e-5 and error[-1] == 1


def test_what_is_fitted_brings_the_code_back(feedback):
    """A map from one response, as training fits it for many, undoes a wrong brightness."""
    dimmed = feedback.photographs * 0.5  # so that no color is cut off
    feedback.photographs = dimmed
    style = feedback.seen(dimmed)
    response = feedback.error(code_of(0.05), style, brighter) / 0.05
    response[-1] = 0
    feedback.look[:, 0] = response / response.square().sum()
    feedback.act[0, :CHANNELS] = -1
    corrected = feedback(code_of(0.08), style, brighter)
    assert corrected[0].mean().abs() < 0.03
    assert torch.equal(corrected[1], torch.zeros(1, CHANNELS, 1, 1))
    assert torch.equal(corrected[VECTORS], torch.ones(1, 2, 1, 1))  # what is no vector stays


def test_a_style_unlike_any_moves_a_code_only_so_far(feedback):
    dead = tuple(torch.zeros_like(part) + 1e-12 for part in feedback.seen(feedback.photographs))
    far = feedback.error(code_of(0.0), dead, brighter)[:-1].norm()
    assert torch.isfinite(far) and far < 1.6


def test_gradients_pass_through_the_code_that_is_corrected():
    network = Swift(stem=8, experts=2)
    network.feedback.act.normal_()
    code = network.encode(torch.rand(1, 3, 32, 32))
    sum(part.sum() for part in code).backward()
    assert network.refinement.correct.bias.grad is not None
    assert all(weight.grad is None for weight in network.feedback.parameters())
