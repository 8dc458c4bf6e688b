"""What a training consists of between two steps."""

import pytest
import torch
from training import data_folder, recipe_of

from vidstyle.errors import UsageError
from vidstyle.networks.loading import load_network
from vidstyle.train.state import State, averaged, next_stage
from vidstyle.train.state import begin as begin_with
from vidstyle.weights import find_model

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def begin(tmp_path_factory):
    """A training of a recipe, on the CPU."""
    data = data_folder(tmp_path_factory.mktemp("data"))

    def begun(recipe) -> State:
        return begin_with(recipe, CPU, data)

    return begun


def test_the_first_weights_depend_on_the_seed_alone(tmp_path, begin):
    begun = []
    for seed, noise in ((0, 1), (0, 2), (1, 2)):
        torch.manual_seed(noise)
        begun.append(begin(recipe_of(tmp_path, seed=seed)).average["head.color.weight"])
    assert torch.equal(begun[0], begun[1]) and not torch.equal(begun[1], begun[2])


def test_weights_are_taken_over_where_name_and_shape_agree(tmp_path, begin):
    network = begin(recipe_of(tmp_path)).network
    start = load_network(find_model("microast"))
    for name, tensor in start.style_encoder.state_dict().items():
        assert torch.equal(network.style_encoder.state_dict()[name], tensor)


def test_a_training_may_start_from_nothing(tmp_path, begin):
    first, other = begin(recipe_of(tmp_path)), begin(recipe_of(tmp_path, start=""))
    name = "style_encoder.outer.0.weight"
    assert not torch.equal(first.average[name], other.average[name])


def test_the_next_stage_begins_with_the_averaged_weights_and_a_new_optimizer(tmp_path, begin):
    recipe = recipe_of(tmp_path)
    state = begin(recipe)
    state.average["head.color.bias"] += 1
    before, state.step = state.optimizer, 3
    next_stage(state, recipe)
    assert torch.equal(state.network.head.color.bias, state.average["head.color.bias"])
    assert (state.stage, state.step) == (1, 0) and state.optimizer is not before


def test_parts_of_rate_zero_are_no_part_of_the_optimizer(tmp_path, begin):
    state = begin(recipe_of(tmp_path))
    taught = {id(p) for group in state.optimizer.param_groups for p in group["params"]}
    for name, parameter in state.network.named_parameters():
        assert (id(parameter) in taught) != name.startswith(("style_encoder", "modulator"))


def test_the_averaged_network_is_one_of_its_own(tmp_path, begin):
    recipe = recipe_of(tmp_path)
    state = begin(recipe)
    state.average["head.color.bias"] += 1
    network = averaged(state, recipe)
    assert torch.equal(network.head.color.bias, state.network.head.color.bias + 1)
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_a_network_that_optimizes_cannot_be_taught(tmp_path, begin):
    with pytest.raises(UsageError, match="'gatys' draws by optimization"):
        begin(recipe_of(tmp_path, network="gatys", start="", config={}))
