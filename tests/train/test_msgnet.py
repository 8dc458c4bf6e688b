"""The losses of MSG-Net, and what StyleBank's share with them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from training import LESSONS, data_folder, recipe_of, tools_of

from vidstyle.networks.msgnet import gram
from vidstyle.train.objectives.common import (
    LossFeatures,
    WholeStyles,
    gram_distance,
    photographs,
    total_variation,
)
from vidstyle.train.objectives.msgnet import MSGNetTerms


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    recipe = recipe_of(tmp_path_factory.mktemp("recipe"), **LESSONS["msgnet"].changes)
    return tools_of(recipe, recipe.stages[0], data_folder(tmp_path_factory.mktemp("data")))


def generator():
    return np.random.default_rng(0)


def test_gram_distance_is_the_mean_square_at_each_layer():
    features = torch.tensor([1.0, 2.0]).view(1, 2, 1, 1)  # G = [[1, 2], [2, 4]] / 2
    none = torch.zeros(1, 2, 2)
    assert gram_distance([features], [none]).item() == (1 + 4 + 4 + 16) / 4 / 4
    assert gram_distance([features] * 2, [none, gram(features)]).item() == 25 / 16


def test_one_style_serves_a_whole_batch():
    features, style = torch.randn(3, 4, 5, 5), gram(torch.randn(1, 4, 6, 6))
    together = gram_distance([features], [style])
    alone = torch.cat([gram_distance([x[None]], [style]) for x in features])
    assert torch.allclose(together, alone)


def test_variation_is_how_much_neighbors_differ():
    checks = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).expand(1, 3, 2, 2)
    stripes = torch.tensor([[0.0, 1.0], [0.0, 1.0]]).expand(1, 3, 2, 2)
    flat = torch.full((1, 3, 2, 2), 0.7)
    assert total_variation(torch.cat([checks, stripes, flat])).tolist() == [2, 1, 0]


def test_terms_are_those_of_the_paper(tools):
    features, random, network = LossFeatures(tools), generator(), tools.network
    content = photographs(tools, random)
    style = tools.styles.whole()[random.integers(3)].image
    drawn, _ = network.stylize(content, network.encode(style))
    ours, theirs = features(drawn), features(style)
    wanted = {
        "content": F.mse_loss(ours[1], features(content)[1]),
        "style": sum(
            (gram(a) - gram(b)).square().mean() for a, b in zip(ours, theirs, strict=True)
        ),
        "variation": (drawn[..., 1:] - drawn[..., :-1]).abs().mean()
        + (drawn[..., 1:, :] - drawn[..., :-1, :]).abs().mean(),
    }
    found = MSGNetTerms(tools)(generator())
    for name, value in wanted.items():
        assert found[name].item() == pytest.approx(value.item(), rel=1e-3), name


def test_styles_are_whole_and_in_their_order(tools):
    styles = WholeStyles(tools, LossFeatures(tools))
    assert len(styles) == 3
    for place, style in enumerate(tools.styles.whole()):
        assert torch.equal(styles.image(place), style.image)


def test_gram_matrices_of_several_styles_stand_in_a_row(tools):
    styles = WholeStyles(tools, LossFeatures(tools))
    for several, first, last in zip(
        styles.grams([2, 0]), styles.grams([2]), styles.grams([0]), strict=True
    ):
        assert torch.equal(several, torch.cat([first, last]))
