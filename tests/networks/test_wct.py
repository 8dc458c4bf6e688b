"""WCT, whole and pruned."""

import numpy as np
import pytest
import torch
from models import picture, random_network

from vidstyle.contracts import Profile
from vidstyle.networks.loading import load_network
from vidstyle.networks.statistics import mean_std
from vidstyle.networks.wct import LAYERS, WCT, transfer
from vidstyle.networks.whitening import mean_covariance
from vidstyle.weights import find_model

each_size = pytest.mark.parametrize("name", ["wct", "wct-16x"])


def image(height, width, seed=0):
    return torch.from_numpy(picture(height, width, seed)).permute(2, 0, 1)[None].float() / 255


def test_features_get_the_mean_and_covariance_of_the_style():
    torch.manual_seed(0)
    mix = torch.randn(8, 8)
    content = torch.einsum("ij,bjhw->bihw", mix, torch.randn(1, 8, 20, 24))
    style = torch.randn(1, 8, 30, 18) * torch.linspace(0.5, 2, 8).view(1, 8, 1, 1) + 1
    mean, covariance = mean_covariance(style)
    values, vectors = torch.linalg.eigh(covariance)
    root = (vectors * values.sqrt().unsqueeze(1)) @ vectors.mT
    drawn = transfer(content, mean, root)
    found_mean, found = mean_covariance(drawn)
    assert torch.allclose(found_mean, mean, atol=1e-4)
    assert torch.allclose(found, covariance, atol=1e-3)


def test_features_in_their_own_style_stay_as_they_are():
    torch.manual_seed(0)
    features = torch.randn(1, 8, 20, 24)
    mean, covariance = mean_covariance(features)
    values, vectors = torch.linalg.eigh(covariance)
    drawn = transfer(features, mean, (vectors * values.sqrt().unsqueeze(1)) @ vectors.mT)
    assert torch.allclose(drawn, features, atol=1e-4)


@each_size
def test_a_code_is_a_mean_and_a_root_of_each_layer_the_deepest_first(name):
    network = random_network(name)
    code = network.encode(image(40, 56))
    assert len(code) == 2 * len(LAYERS) == len(network.code_names)
    for mean, root in zip(code[::2], code[1::2], strict=True):
        assert root.shape[1:] == (mean.shape[1], mean.shape[1])
        assert torch.allclose(root, root.mT, atol=1e-5)
    assert code[0].shape[1] > code[-1].shape[1]


def test_half_a_strength_lies_between_at_the_last_layer():
    network = random_network("wct-16x")
    code = network.encode(image(40, 56, 1))
    none, half, full = (
        network.stylize(image(48, 48), code, torch.tensor([share]))[0] for share in (0, 0.5, 1)
    )
    assert (half - none).norm() < (full - none).norm()
    assert (half - full).norm() < (full - none).norm()


def test_the_pruned_network_is_sixteen_times_smaller():
    def count(network):
        return sum(weight.numel() for weight in network.parameters())

    whole = WCT()
    reached = sum(
        count(layer)
        for level in LAYERS
        for name, layer in whole.encoders["relu5_1"].named_children()
        if name <= level.replace("relu", "conv")
    )  # it has an encoder for each layer, where the whole network has one for all
    decoders = sum(map(count, whole.decoders.values()))
    assert 14 < (reached + decoders) / count(WCT(pruned=True)) < 18


def test_its_statistics_come_close_to_the_style_after_the_last_layer():
    network = random_network("wct-16x")
    style, content = image(64, 64, 1), image(64, 64)
    mean, root = network.encode(style)[-2:]
    features = network.encoders["relu1_1"](content, "relu1_1")[0]
    drawn = transfer(features, mean, root)
    expected, _ = mean_std(network.encoders["relu1_1"](style, "relu1_1")[0])
    assert torch.allclose(mean_std(drawn)[0], expected, atol=1e-3)


def test_the_graphs_of_the_bundled_weights_draw_what_the_module_draws():
    openvino = pytest.importorskip("vidstyle.runtimes.openvino")
    runtime, model = openvino.OpenVINO(), find_model("wct")
    network, (height, width) = load_network(model), (96, 128)
    code = network.encode(image(120, 120, 1))
    expected, _ = network.stylize(image(height, width), code, torch.ones(1))
    stylize = runtime.compile(model.graph("stylize"), Profile((height, width), "fp32", "cpu", 16))
    content = picture(height, width).astype(np.uint16) * 257
    (drawn,) = stylize(content, *(part.numpy() for part in code), np.ones(1, np.float32))
    difference = drawn / 65535 - expected[0].permute(1, 2, 0).clamp(0, 1).numpy()
    assert np.sqrt(np.square(difference).mean()) < 3e-3
