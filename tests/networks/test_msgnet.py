"""MSG-Net draws what its authors' code draws; its style is one Gram matrix."""

import pytest
import torch
from models import picture

from vidstyle.networks.msgnet import MSGNet, gram

LIMIT = 1e-3  # rms of the difference over the deviation of what is expected, in float32


def image(pixels):
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="module")
def network():
    """A narrow one with random weights: 32 channels where the published one has 512."""
    torch.manual_seed(0)
    return MSGNet(width=8).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def code(network):
    return network.encode(image(picture(40, 56, 1)))


def test_its_keys_cover_all_weights(network):
    (keys,) = network.official_keys().values()
    assert sorted(keys.values()) == sorted(network.state_dict())


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (50, 27), (24, 40)], ids=str)
def test_a_drawing_has_the_size_of_its_content(network, code, size):
    drawn, memory = network.stylize(image(picture(*size)), code)
    assert drawn.shape == (1, 3, *size) and memory == ()


def test_a_batch_is_drawn_as_its_pictures_one_by_one(network, code):
    pictures = [image(picture(30, 45, seed)) for seed in (2, 3)]
    strength = torch.tensor([1.0, 0.5])
    together, _ = network.stylize(torch.cat(pictures), code, strength)
    for place, content in enumerate(pictures):
        alone, _ = network.stylize(content, code, strength[place : place + 1])
        assert torch.allclose(together[place], alone[0], atol=1e-5)


def test_strength_is_the_share_of_the_drawing(network, code):
    content = image(picture(32, 48))
    full, _ = network.stylize(content, code)
    half, _ = network.stylize(content, code, torch.full((1,), 0.5))
    none, _ = network.stylize(content, code, torch.zeros(1))
    assert torch.allclose(half, (content + full) / 2, atol=1e-6)
    assert torch.equal(none, content)


def test_the_style_is_no_state_of_the_network(network, code):
    content = image(picture(32, 48))
    before, _ = network.stylize(content, code)
    other = network.encode(image(picture(40, 56, 9)))
    changed, _ = network.stylize(content, other)
    after, _ = network.stylize(content, code)
    assert torch.equal(before, after)
    assert not torch.allclose(before, changed, atol=1e-4)


def test_a_gram_matrix_is_how_strongly_channels_appear_together():
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 5.0]]]])  # two channels, two places
    assert torch.equal(gram(features), torch.tensor([[[5.0, 13.0], [13.0, 34.0]]]) / 4)


def test_a_gram_matrix_does_not_overflow_half_precision():
    features = torch.full((1, 2, 128, 128), 10, dtype=torch.float16)  # sums to 1.6 million
    assert torch.equal(gram(features), torch.full((1, 2, 2), 50, dtype=torch.float16))
