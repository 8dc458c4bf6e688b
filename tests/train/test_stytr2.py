"""The losses of StyTr2."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from training import LESSONS, data_folder, recipe_of, tools_of

from vidstyle.train.losses import content_loss, moments
from vidstyle.train.objectives.common import LossFeatures, photographs, style_crops
from vidstyle.train.objectives.stytr2 import StyTr2Terms, feature_distance


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    recipe = recipe_of(tmp_path_factory.mktemp("recipe"), **LESSONS["stytr2"].changes)
    return tools_of(recipe, recipe.stages[0], data_folder(tmp_path_factory.mktemp("data")))


def generator():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def found(tools):
    return StyTr2Terms(tools)(generator())


@pytest.fixture(scope="module")
def pictures(tools):
    random = generator()
    return photographs(tools, random), style_crops(tools, random)


def drawn(tools, content, style):
    return tools.network.stylize(content, tools.network.encode(style))[0]


def test_feature_distance_is_the_sum_of_mean_squares():
    ours, theirs = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[0.0, 2.0], [3.0, 1.0]])
    assert feature_distance(ours, theirs) == 1 / 2 + 9 / 2


def test_content_is_compared_by_normalized_features(tools, found, pictures):
    features, (content, style) = LossFeatures(tools), pictures
    ours, theirs = features(drawn(tools, content, style)), features(content)
    wanted = sum(
        content_loss(ours[layer], theirs[layer], moments(ours[layer]), moments(theirs[layer]))
        for layer in (2, 3)
    ).mean()
    assert found["content"].item() == pytest.approx(wanted.item(), rel=1e-2)


def test_a_style_is_compared_by_two_moments(tools, found, pictures):
    features, (content, style) = LossFeatures(tools), pictures
    pairs = zip(features(drawn(tools, content, style)), features(style), strict=True)
    wanted = sum(
        F.mse_loss(ours.mean((2, 3)), theirs.mean((2, 3)))
        + F.mse_loss(ours.std((2, 3), correction=0), theirs.std((2, 3), correction=0))
        for ours, theirs in pairs
    )
    assert found["style"].item() == pytest.approx(wanted.item(), rel=1e-3)


def test_photographs_and_styles_are_drawn_in_their_own_style_too(tools, found, pictures):
    features = LossFeatures(tools)
    own = [drawn(tools, picture, picture) for picture in pictures]
    pixels = sum(F.mse_loss(*pair) for pair in zip(own, pictures, strict=True))
    assert found["identity1"].item() == pytest.approx(pixels.item(), rel=1e-3)
    seen = sum(
        F.mse_loss(ours, theirs)
        for again, picture in zip(own, pictures, strict=True)
        for ours, theirs in zip(features(again), features(picture), strict=True)
    )
    assert found["identity2"].item() == pytest.approx(seen.item(), rel=1e-3)


def test_all_parts_learn(tools):
    torch.stack(list(StyTr2Terms(tools)(generator()).values())).sum().backward()
    assert all(weight.grad is not None for weight in tools.network.parameters())
