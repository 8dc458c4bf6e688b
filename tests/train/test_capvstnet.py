"""The losses of CAP-VSTNet."""

import pytest
import torch
from models import picture
from training import LESSONS, data_folder, recipe_of, tools_of

from vidstyle.train.losses import trusted_lattice
from vidstyle.train.objectives import OBJECTIVES
from vidstyle.train.objectives.common import LossFeatures

SHIFT = (4, 8)  # pixels down and right


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(params=["photo", "art"])
def tools(request, data, tmp_path):
    changes = LESSONS["capvstnet"].changes
    config = changes["config"] | {"mode": request.param}
    recipe = recipe_of(tmp_path, **changes | {"config": config})
    return tools_of(recipe, recipe.stages[0], data)


def image(seed):
    return torch.from_numpy(picture(48, 48, seed)).permute(2, 0, 1)[None].float() / 255


def shifted(content):
    """A second view, what leaves it on one side coming in on the other."""
    return content.roll([-step for step in SHIFT], (2, 3))


def judged(tools, content, style, again=None):
    again = shifted(content) if again is None else again
    terms = OBJECTIVES["capvstnet"](tools).judge(content, again, SHIFT, style)
    return {name: float(term.detach()) for name, term in terms.items()}


def only_folding(tools):
    """Without branches a network maps all squares of 4x4 pixels alike."""
    for weight in tools.network.parameters():
        weight.data.zero_()
    return tools


def test_a_photograph_in_its_own_style_costs_nothing(tools):
    terms = judged(tools, image(0), image(0))
    assert all(terms[name] < 1e-3 for name in ("content", "style", "matting", "cycle"))


def test_what_moves_by_whole_squares_is_steady(tools):
    terms = judged(only_folding(tools), image(0), image(1))
    assert terms["temporal"] < 1e-4 < terms["style"]


def test_noise_in_the_second_view_is_not_steady(tools):
    content = image(0)
    noise = 0.1 * torch.randn(content.shape, generator=torch.Generator().manual_seed(0))
    terms = judged(only_folding(tools), content, content, shifted(content) + noise)
    assert terms["temporal"] > 0.03


def test_style_and_content_are_those_of_what_is_drawn(tools):
    content, style = image(0), image(1)
    terms = judged(tools, content, style)
    drawn, _ = tools.network.stylize(content, tools.network.encode(style))
    features = LossFeatures(tools)
    with torch.no_grad():
        ours, theirs, shown = (features(picture) for picture in (drawn, style, content))
    expected = sum(
        float((a - b).square().mean())
        for layers in zip(ours, theirs, strict=True)
        for a, b in zip(*map(exact_moments, layers), strict=True)
    )
    assert terms["style"] == pytest.approx(expected, rel=1e-3)
    assert terms["content"] == pytest.approx(float((ours[3] - shown[3]).square().mean()), rel=1e-3)


def exact_moments(x):
    return x.double().mean((2, 3)), x.double().std((2, 3), correction=0)


def test_the_cycle_ends_at_the_photograph_in_its_own_style(tools):
    content, style = image(0), image(1)
    network = tools.network
    drawn, _ = network.stylize(content, network.encode(style))
    back, _ = network.stylize(drawn, network.encode(content))
    expected = float((back - content).detach().abs().mean())
    assert judged(tools, content, style)["cycle"] == pytest.approx(expected, rel=1e-3)


def test_a_pattern_woven_into_what_is_flat_counts(tools):
    content, style = 0.5 + 0.01 * (image(0) - 0.5), image(1)
    drawn, _ = tools.network.stylize(content, tools.network.encode(style))
    expected = float(trusted_lattice(drawn, content).detach())
    assert expected > 0
    assert judged(tools, content, style)["lattice"] == pytest.approx(expected, rel=1e-3)


def test_flat_pictures_have_a_finite_gradient(tools):
    """No covariance of theirs has a factor."""
    flat = torch.full((1, 3, 48, 48), 0.5)
    terms = OBJECTIVES["capvstnet"](tools).judge(flat, flat, SHIFT, 0.5 * flat)
    torch.stack([*terms.values()]).sum().backward()
    slopes = [weight.grad for weight in tools.network.parameters()]
    assert all(torch.isfinite(slope).all() for slope in slopes)
