"""The networks whose features losses compare."""

import pytest
import torch
from media import SHARED
from models import picture
from safetensors.torch import load_file
from training import random_vgg

from vidstyle.errors import InputError
from vidstyle.networks.loading import load_network
from vidstyle.networks.lossnet import load_loss_network
from vidstyle.networks.vgg import PRUNED, VGG
from vidstyle.weights import find_model

WEIGHTS = SHARED / "data/weights"
SHALLOW = WEIGHTS / "vgg19_normalised_relu3_1/vgg_r31.pth"
DEEP = WEIGHTS / "wct_16x/small16x_ae_base/e5_base.pth"
IMAGE = torch.from_numpy(picture(48, 64)).permute(2, 0, 1)[None].float() / 255

needs_authors_files = pytest.mark.skipif(not SHALLOW.is_file(), reason="needs the authors' files")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "whole.pth"
    return path, random_vgg(path, VGG("relu4_1"))


@pytest.fixture(scope="module")
def pruned(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "pruned.pth"
    return path, random_vgg(path, VGG("relu4_1", widths=PRUNED))


def test_weights_are_taken_in_their_order(whole):
    path, network = whole
    expected = network(IMAGE, "relu1_1", "relu2_1", "relu3_1", "relu4_1")
    found = load_loss_network(path, None)(IMAGE)
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-4)  # another layout of memory


def test_the_deep_network_may_be_a_pruned_one(whole, pruned):
    found = load_loss_network(whole[0], pruned[0])(IMAGE)
    assert [layer.shape[1] for layer in found] == [64, 128, 256, 128]
    assert [layer.shape[2] for layer in found] == [48, 24, 12, 6]


def test_features_have_the_type_of_the_weights_and_gradients_for_the_picture_alone(whole):
    losses = load_loss_network(whole[0], None).to(torch.bfloat16)
    image = IMAGE.clone().requires_grad_()
    found = losses(image)
    sum(layer.float().sum() for layer in found).backward()
    assert found[0].dtype == torch.bfloat16 and image.grad.abs().sum() > 0
    assert not any(weight.requires_grad for weight in losses.parameters())


@pytest.mark.parametrize("content", [{"a": torch.zeros(3, 3)}, {"epoch": 3}, {}], ids=str)
def test_another_network_is_refused_in_one_line(tmp_path, content):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(InputError, match="other.pth' is not the loss network wanted") as caught:
        load_loss_network(tmp_path / "other.pth", None)
    assert "\n" not in str(caught.value)


def test_files_in_each_others_place_are_noticed(whole, pruned):
    with pytest.raises(InputError, match="pruned.pth' is not the loss network wanted"):
        load_loss_network(pruned[0], whole[0])


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="none.pth"):
        load_loss_network(tmp_path / "none.pth", None)


@pytest.fixture(scope="module")
def bundled():
    return load_network(find_model("gatys")).losses


def test_the_bundled_network_gives_normalized_features(bundled):
    found = bundled(IMAGE)
    assert [layer.shape[1] for layer in found] == [64, 128, 256, 128]
    assert all(layer.dtype == torch.float32 for layer in found)
    for layer in found[:3]:  # normalized: a channel's mean is one, over many photographs
        assert 0.2 < layer.mean().item() < 2


@needs_authors_files
def test_the_bundled_weights_are_the_authors_in_half_precision():
    theirs = load_loss_network(SHALLOW, DEEP).half().state_dict()
    ours = load_file(find_model("gatys").path)
    assert set(ours) == {f"losses.{key}" for key in theirs}
    assert all(torch.equal(ours[f"losses.{key}"], theirs[key]) for key in theirs)


@needs_authors_files
def test_half_precision_changes_features_by_a_thousandth(bundled):
    authors = load_loss_network(SHALLOW, DEEP)(IMAGE)
    for ours, theirs in zip(bundled(IMAGE), authors, strict=True):
        assert (ours - theirs).norm() < 1e-3 * theirs.norm()
