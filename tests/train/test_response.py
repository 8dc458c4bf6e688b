"""Feedback that is fitted to how drawings answer."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from training import data_folder, recipe_of, tools_of

from vidstyle.networks.feedback import difference, moments_of
from vidstyle.networks.loading import load_network
from vidstyle.networks.swift import code_from
from vidstyle.styles import read_style, squared
from vidstyle.train import response
from vidstyle.train.data import to_image
from vidstyle.train.response import fit_feedback
from vidstyle.weights import find_model

LEAST = torch.full((2, 4), 1e-3)

pytestmark = pytest.mark.usefixtures("small_styles")


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    data = data_folder(tmp_path_factory.mktemp("data"))
    recipe = recipe_of(tmp_path_factory.mktemp("recipe"))
    return tools_of(recipe, recipe.stages[1], data)


def fitted(tools, seed=0):
    fit_feedback(tools, LEAST, np.random.default_rng(seed))
    return tools.network.feedback


def test_feedback_brings_the_drawings_of_a_wrong_code_closer_to_the_style(tools, monkeypatch):
    """With weights that draw; as the loss network sees it, for a style that the fit has not met."""
    monkeypatch.setattr(response, "CODES", 8)
    monkeypatch.setattr(response, "_SIDE", 128)
    network = load_network(find_model("swift"))
    network.feedback.act.zero_()
    assert network.feedback.is_new
    feedback = fitted(replace(tools, network=network))
    assert not feedback.is_new
    style = to_image(squared(read_style("starry-night")))
    reading, layers = network.read(style), tools.losses(style)
    vectors, shares = network.refinement(reading.signals)

    def drawing_with(vectors):
        return lambda image: network.draw(image, code_from(vectors, shares)).clamp(0, 1)

    def distance_of(vectors):
        drawn = tools.losses(drawing_with(vectors)(feedback.photographs))
        widths = tuple(layer.shape[1] for layer in layers)
        found = difference(moments_of(drawn), moments_of(layers), LEAST, widths)
        return found.square().sum()

    before, after = [], []
    for seed in range(4):
        torch.manual_seed(seed)
        wrong = vectors + 0.1 * torch.randn_like(vectors)
        before.append(distance_of(wrong))
        after.append(distance_of(feedback(wrong, reading.seen, drawing_with(wrong))))
    assert sum(after) < 0.9 * sum(before)


def test_the_fit_depends_on_the_seed_alone(tools):
    first = fitted(tools).look.clone()
    torch.manual_seed(5)
    assert torch.equal(fitted(tools).look, first)
    assert not torch.equal(fitted(tools, seed=1).look, first)


def test_the_fit_teaches_nothing_else(tools):
    tools.network.feedback.least.zero_()
    before = {key: value.clone() for key, value in tools.network.state_dict().items()}
    fitted(tools, seed=2)
    changed = {k for k, v in tools.network.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == {"feedback.look", "feedback.act", "feedback.least"}
