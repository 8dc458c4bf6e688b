"""The losses of StyleBank, its two kinds of steps, and a style that is added."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from training import LESSONS, data_folder, recipe_of, tools_of

from vidstyle.errors import UsageError
from vidstyle.networks.importing import header_of
from vidstyle.networks.msgnet import gram
from vidstyle.networks.stylebank import StyleBank
from vidstyle.train.loop import _descend
from vidstyle.train.objectives.common import LossFeatures, photographs
from vidstyle.train.objectives.stylebank import StyleBankTerms, T
from vidstyle.train.state import begin
from vidstyle.weights import header_metadata

DRAWING = {"content", "style", "variation"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def tools(data, tmp_path_factory):
    recipe = recipe_of(tmp_path_factory.mktemp("recipe"), **LESSONS["stylebank"].changes)
    return tools_of(recipe, recipe.stages[0], data)


@pytest.fixture(scope="module")
def objective(tools):
    return StyleBankTerms(tools)


@pytest.fixture(autouse=True)
def nothing_learned(tools):
    tools.network.zero_grad()


def generator(seed=0):
    return np.random.default_rng(seed)


def step(objective, gives_back):
    """The seed and the terms of the first step of a kind."""
    for seed in range(100):
        terms = objective(generator(seed))
        if bool(terms["identity"]) == gives_back:
            return seed, terms
    raise AssertionError("no such step")


def taught(network):
    """Parts of the network that have a gradient."""
    return {
        ".".join(name.split(".")[: 2 if "banks" in name else 1])
        for name, weight in network.named_parameters()
        if weight.grad is not None and weight.grad.abs().max() > 0
    }


def test_of_t_and_one_steps_one_gives_pictures_back(objective):
    steps = 60
    judged = []
    for seed in range(steps):
        terms = objective(generator(seed))
        judged.append({name for name, value in terms.items() if value})
    assert all(names in (DRAWING, {"identity"}) for names in judged)
    share = sum(names == {"identity"} for names in judged) / steps
    assert share == pytest.approx(1 / (T + 1), abs=0.15)


def test_a_step_that_gives_pictures_back_teaches_no_bank(objective, tools):
    seed, terms = step(objective, gives_back=True)
    content = photographs(tools, generator(seed))
    again = tools.network.decoder(tools.network.encoder(F.pad(content, (0, 1, 0, 1), "replicate")))
    assert terms["identity"].item() == pytest.approx(
        F.mse_loss(again[..., :-1, :-1], content).item(), rel=1e-4
    )
    terms["identity"].backward()
    assert taught(tools.network) == {"encoder", "decoder"}


def test_a_step_that_draws_teaches_the_banks_that_it_draws_with(objective, tools):
    _, terms = step(objective, gives_back=False)
    sum(terms.values()).backward()
    taught_banks = taught(tools.network) - {"encoder", "decoder"}
    assert 1 <= len(taught_banks) <= tools.stage.batch < len(tools.network.banks)


def test_each_photograph_is_judged_by_its_own_style(objective, tools):
    content, features, network = photographs(tools, generator()), LossFeatures(tools), tools.network
    styles, wanted = tools.styles.whole(), 0.0
    for picture, place in zip(content, (2, 0), strict=True):
        drawn, _ = network.stylize(picture[None], network.encode(torch.tensor([place])))
        pairs = zip(features(drawn), features(styles[place].image), strict=True)
        wanted += sum(F.mse_loss(gram(ours), gram(theirs)) for ours, theirs in pairs).item() / 2
    assert objective._in_styles(content, [2, 0])["style"].item() == pytest.approx(wanted, rel=1e-3)


def test_the_network_has_a_bank_for_each_style(data, tmp_path):
    recipe = recipe_of(tmp_path, **LESSONS["stylebank"].changes | {"config": {"styles": 2}})
    with pytest.raises(
        UsageError, match=r"has 2 styles, .* hold 3: \[config\] styles = 3"
    ) as caught:
        StyleBankTerms(tools_of(recipe, recipe.stages[0], data))
    assert "\n" not in str(caught.value)


def test_a_style_is_added_without_changing_the_others(data, tmp_path, monkeypatch):
    before = StyleBank(styles=2)
    header = header_of(before, "stylebank", {"styles": 2}, "none", "random")
    save_file(before.state_dict(), tmp_path / "two.safetensors", header_metadata(header))
    monkeypatch.setenv("VIDSTYLE_DATA", str(tmp_path))
    stage = LESSONS["stylebank"].changes["stages"][0] | {"rate": 0.0, "rates": {"banks.2.": 1e-3}}
    recipe = recipe_of(
        tmp_path, **LESSONS["stylebank"].changes | {"start": "two", "stages": [stage]}
    )
    state = begin(recipe, torch.device("cpu"), data)
    first = {key: value.clone() for key, value in state.network.state_dict().items()}
    tools = tools_of(recipe, recipe.stages[0], data)
    objective = StyleBankTerms(replace(tools, network=state.network))
    for seed in range(3):
        terms = objective(generator(seed))
        assert terms["style"] > 0 and terms["identity"] == 0  # every step draws with the new bank
        _descend(state, recipe.stages[0], terms)
    after = state.network.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.state_dict().items())
    new = {key for key in after if not torch.equal(after[key], first[key])}
    assert new == {"banks.2.0.weight", "banks.2.1.weight"}
