"""What every row of OBJECTIVES must do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from training import LESSONS, data_folder, recipe_of, tools_of

from vidstyle.errors import UsageError
from vidstyle.networks.adain import AdaIN
from vidstyle.train.objectives import OBJECTIVES
from vidstyle.weights import Header, header_metadata

every_objective = pytest.mark.parametrize("name", list(OBJECTIVES))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture
def tools(name, data, tmp_path):
    recipe = recipe_of(tmp_path, **LESSONS[name].changes)
    return tools_of(recipe, recipe.stages[0], data)


def generator():
    return np.random.default_rng(0)


def loss_of(objective):
    return torch.stack(list(objective(generator()).values())).sum()


@every_objective
def test_the_recipe_of_the_tests_weighs_every_term(name, tools):
    assert set(tools.stage.weights) == set(OBJECTIVES[name].terms)


@every_objective
def test_the_same_generator_gives_the_same_terms(name, tools):
    objective = OBJECTIVES[name](tools)
    with torch.no_grad():
        first, second = objective(generator()), objective(generator())
        anew = OBJECTIVES[name](tools)(generator())
    assert first == second == anew  # nothing of it depends on earlier steps


@every_objective
def test_one_step_lowers_the_loss(name, tools):
    objective = OBJECTIVES[name](tools)
    before = loss_of(objective)
    before.backward()
    taught = [weight for weight in tools.network.parameters() if weight.grad is not None]
    length = torch.stack([weight.grad.square().sum() for weight in taught]).sum().sqrt()
    with torch.no_grad():
        for weight in taught:
            weight -= 1e-3 * weight.grad / length  # so short that the slope holds all along
        assert loss_of(objective) < before


@every_objective
def test_every_term_that_it_names_teaches_something(name, tools):
    terms = OBJECTIVES[name](tools)(generator())
    assert tuple(terms) == OBJECTIVES[name].terms
    for term, value in terms.items():
        assert value.shape == () and value >= 0 and torch.isfinite(value)
        if value:  # some are 0 before a network has learned anything
            tools.network.zero_grad()
            value.backward(retain_graph=True)
            slopes = [w.grad.abs().max() for w in tools.network.parameters() if w.grad is not None]
            assert max(slopes) > 0, term


@every_objective
def test_some_parts_stay_as_they_are(name, tools):
    loss_of(OBJECTIVES[name](tools)).backward()
    for part in LESSONS[name].kept:
        weights = list(tools.network.get_submodule(part).parameters())
        assert weights and all(weight.grad is None for weight in weights)


@every_objective
def test_a_network_that_it_cannot_teach_is_refused(name, tools):
    with pytest.raises(UsageError, match=f"'{name}' cannot teach Identity: it has no "):
        OBJECTIVES[name](replace(tools, network=nn.Identity()))


def test_only_microast_is_a_teacher(tmp_path, data, monkeypatch):
    header = Header("adain", {}, AdaIN.code_names, AdaIN.smallest, 0.1, "none", "random")
    save_file(AdaIN().state_dict(), tmp_path / "other.safetensors", header_metadata(header))
    monkeypatch.setenv("VIDSTYLE_DATA", str(tmp_path))
    recipe = recipe_of(tmp_path)
    stage = replace(recipe.stages[0], teacher="other")
    with pytest.raises(UsageError, match="'first': a teacher is a model of microast"):
        OBJECTIVES["imitate"](tools_of(recipe, stage, data))
