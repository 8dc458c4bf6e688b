"""A network that begins with the convolutions of their authors' files."""

import pytest
import torch
from training import LESSONS, OF_VGG, data_folder, recipe_of

from vidstyle.checkpoints import read_checkpoint
from vidstyle.errors import InputError, UsageError
from vidstyle.train.state import begin


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture
def begun(tmp_path, data):
    def begun_with(lesson, **files):
        recipe = recipe_of(tmp_path, **LESSONS[lesson].changes | {"start_files": files})
        return begin(recipe, torch.device("cpu"), data).network

    return begun_with


def held(module, path):
    """Whether the last tensors of a module are the first of a file, and how many."""
    found, given = list(module.state_dict().values()), list(read_checkpoint(path).values())
    given = given[: len(found)]
    return len(given), all(map(torch.equal, found[-len(given) :], given))


def test_convolutions_are_taken_in_their_order(begun, data):
    network = begun("adain", **OF_VGG)
    assert held(network.encoder, data / OF_VGG["encoder"]) == (12, True)
    assert held(network.decoder, data / OF_VGG["decoder"]) == (10, True)


def test_the_first_that_a_file_lacks_stay_as_they_are(begun, data):
    plain, network = begun("adaattn"), begun("adaattn", **OF_VGG)
    assert held(network.decoder, data / OF_VGG["decoder"]) == (10, True)
    for place in (0, 2, 4):
        assert torch.equal(network.decoder[place].weight, plain.decoder[place].weight)


def test_a_file_may_go_deeper(begun, data):
    network = begun("reconstruct", encoder="weights/deep.pth")
    assert held(network.encoder, data / "weights/deep.pth") == (12, True)


@pytest.mark.parametrize(
    ("files", "error", "said"),
    [
        ({"encoder": "weights/inverse.pth"}, InputError, "does not hold the weights of 'encoder'"),
        ({"engine": "weights/deep.pth"}, UsageError, "the network has no part 'engine'"),
        ({"encoder": "weights/none.pth"}, InputError, "none.pth"),
    ],
    ids=["another", "part", "missing"],
)
def test_what_cannot_be_taken_is_said_in_one_line(begun, files, error, said):
    with pytest.raises(error) as caught:
        begun("adain", **files)
    assert said in str(caught.value) and "\n" not in str(caught.value)
