"""The losses of WCT's decoders."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from training import LESSONS, data_folder, recipe_of, tools_of

from vidstyle.networks.wct import LAYERS
from vidstyle.train.objectives.common import photographs
from vidstyle.train.objectives.wct import WCTTerms, relative


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(params=[True, False], ids=["pruned", "whole"])
def tools(request, data, tmp_path):
    recipe = recipe_of(tmp_path, **LESSONS["wct"].changes | {"config": {"pruned": request.param}})
    return tools_of(recipe, recipe.stages[0], data)


def generator():
    return np.random.default_rng(0)


def test_features_are_compared_relative_to_their_own_mean_square():
    ours, theirs = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    assert relative(ours, theirs).item() == pytest.approx((4 + 4) / (9 + 16))
    assert relative(100 * ours, 100 * theirs).item() == pytest.approx(8 / 25)


def test_each_decoder_is_judged_by_what_its_own_encoder_sees(tools):
    network, picture = tools.network, photographs(tools, generator())
    pixels, features = [], []
    for layer in LAYERS:
        encoder = network.encoders[layer if network.pruned else "relu5_1"]
        (seen,) = encoder(picture, layer)
        again = network.decoders[layer](seen)
        pixels.append(F.mse_loss(again, picture))
        (seen_again,) = encoder(again, layer)
        features.append((seen_again - seen).square().sum() / seen.square().sum())
    found = WCTTerms(tools)(generator())
    assert found["pixels"].item() == pytest.approx(sum(pixels).item(), rel=1e-3)
    assert found["features"].item() == pytest.approx(sum(features).item(), rel=1e-3)


def test_decoders_alone_learn(tools):
    sum(WCTTerms(tools)(generator()).values()).backward()
    for name, weight in tools.network.named_parameters():
        assert (weight.grad is not None) == name.startswith("decoders"), name


def test_any_crop_can_be_given_back(data, tmp_path):
    stage = LESSONS["wct"].changes["stages"][0] | {"crop": 40}  # not a multiple of 16
    recipe = recipe_of(tmp_path, **LESSONS["wct"].changes | {"stages": [stage]})
    terms = WCTTerms(tools_of(recipe, recipe.stages[0], data))(generator())
    assert all(torch.isfinite(term) for term in terms.values())
