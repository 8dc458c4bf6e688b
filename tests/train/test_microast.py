"""The losses of MicroAST, and what other papers' objectives share with it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from training import LESSONS, data_folder, random_vgg, recipe_of, tools_of

from vidstyle.errors import UsageError
from vidstyle.networks.lossnet import load_loss_network
from vidstyle.networks.vgg import VGG
from vidstyle.train.objectives.common import (
    LossFeatures,
    moment_distance,
    photographs,
    style_crops,
)
from vidstyle.train.objectives.microast import MicroASTTerms, contrast


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture
def tools(data, tmp_path):
    recipe = recipe_of(tmp_path, **LESSONS["microast"].changes)
    return tools_of(recipe, recipe.stages[0], data)


def generator():
    return np.random.default_rng(0)


def signal(*values):
    """One vector of a number for each picture, [B, 1, 1, 1]."""
    return torch.tensor(values).view(-1, 1, 1, 1)


def test_contrast_is_the_own_distance_over_that_from_the_other_styles():
    # Drawings 1 and 4, styles 0 and 2: distances 1 and 1 of the first, 16 and 4 of the second.
    assert contrast([signal(1.0, 4.0)], [signal(0.0, 2.0)]).item() == 1 / 1 + 4 / 16


def test_contrast_sums_distances_over_the_signals():
    drawn, style = [signal(1.0, 4.0), signal(0.0, 0.0)], [signal(0.0, 2.0), signal(1.0, 3.0)]
    assert contrast(drawn, style).item() == pytest.approx(2 / 10 + 13 / 17)


def test_contrast_is_least_where_each_drawing_has_its_own_style():
    styles = [torch.randn(3, 64, 1, 1) for _ in range(8)]
    assert contrast(styles, styles) == 0
    assert contrast([signal.roll(1, 0) for signal in styles], styles) > 1


def test_a_step_needs_styles_to_contrast(tools):
    with pytest.raises(UsageError, match="'first': 'microast' contrasts .* batch is at least 2"):
        MicroASTTerms(replace(tools, stage=replace(tools.stage, batch=1)))


def test_terms_are_those_of_the_paper(tools):
    features, random, network = LossFeatures(tools), generator(), tools.network
    content, style = photographs(tools, random), style_crops(tools, random)
    code = network.encode(style)
    drawn, _ = network.stylize(content, code)
    wanted = {"content": (features(drawn)[3] - features(content)[3]).square().mean()}
    wanted["style"] = sum(
        F.mse_loss(ours.mean((2, 3)), theirs.mean((2, 3)))
        + F.mse_loss(ours.std((2, 3), correction=0), theirs.std((2, 3), correction=0))
        for ours, theirs in zip(features(drawn), features(style), strict=True)
    )
    wanted["contrast"] = contrast(network.encode(drawn), code)
    found = MicroASTTerms(tools)(generator())
    for name, value in wanted.items():
        assert found[name].item() == pytest.approx(value.item(), rel=1e-3), name


def test_all_four_parts_learn(tools):
    torch.stack(list(MicroASTTerms(tools)(generator()).values())).sum().backward()
    for name, weight in tools.network.named_parameters():
        assert weight.grad.abs().max() > 0, name


def test_moments_differ_by_their_squares():
    drawn, style = torch.tensor([0.0, 2.0]), torch.tensor([3.0, 3.0])  # 1 and 1, 3 and 0
    layers = [[values.view(1, 1, 1, 2)] * 2 for values in (drawn, style)]
    assert moment_distance(*layers).item() == pytest.approx(2 * (4 + 1), rel=1e-3)


def test_a_pruned_layer_is_brought_to_the_loudness_of_the_others(tools):
    with torch.no_grad():
        for weight in tools.losses.deep.conv4_1.parameters():
            weight *= 1e-3
    content = photographs(replace(tools, stage=replace(tools.stage, batch=16)), generator())
    *_, shallow, deep = (layer.square().mean().item() for layer in LossFeatures(tools)(content))
    assert deep == pytest.approx(shallow, rel=0.2)


def test_features_of_a_whole_vgg_are_taken_as_they_are(tools, tmp_path):
    random_vgg(tmp_path / "whole.pth", VGG("relu4_1"))
    whole = replace(tools, losses=load_loss_network(tmp_path / "whole.pth", None))
    content = photographs(tools, generator())
    for ours, theirs in zip(LossFeatures(whole)(content), whole.losses(content), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("crop", "side"), [(32, 32), (384, 384), (400, 384)])
def test_styles_are_cut_as_photographs_are(tools, crop, side):
    styles = style_crops(replace(tools, stage=replace(tools.stage, crop=crop)), generator())
    assert styles.shape == (2, 3, side, side)
    assert not torch.equal(styles[0], styles[1])
