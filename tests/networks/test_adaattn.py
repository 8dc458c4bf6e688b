"""AdaAttN: cosine attention in linear time, softmax attention in blocks, and what they draw."""

import json
from functools import lru_cache

import pytest
import torch
import torch.nn.functional as F
from models import picture
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vidstyle.networks.adaattn import (
    DECODERS,
    MOST_POINTS,
    AdaAttN,
    AdaAttNImage,
    CosineAttention,
    SoftmaxAttention,
    separable,
)
from vidstyle.networks.vgg import PRUNED

SLIM = list(PRUNED)  # as JSON has it
every_decoder = pytest.mark.parametrize("decoder", list(DECODERS))


def image(height, width, seed=0):
    return torch.from_numpy(picture(height, width, seed)).permute(2, 0, 1)[None].float() / 255


def with_random_weights(network):
    generator = torch.Generator().manual_seed(0)
    for weight in network.parameters():
        if weight.dim() > 1:  # variance-preserving, so that the last layer still varies
            torch.nn.init.kaiming_normal_(weight, generator=generator)
        else:
            torch.nn.init.normal_(weight, std=0.05, generator=generator)
    *_, color = (layer for layer in network.decoder if isinstance(layer, torch.nn.Conv2d))
    torch.nn.init.normal_(color.weight, std=0.01, generator=generator)
    torch.nn.init.constant_(color.bias, 0.5)  # so that a drawing lies in 0..1, or nearly
    return network.eval().requires_grad_(False)


@lru_cache
def slim(decoder="mirrored"):
    return with_random_weights(AdaAttN(SLIM, decoder))


@lru_cache
def for_pictures():
    return with_random_weights(AdaAttNImage())


NETWORKS = {"mirrored": slim, "separable": lambda: slim("separable"), "image": for_pictures}
every_network = pytest.mark.parametrize("name", list(NETWORKS))


def maps(channels, height, width, seed, dtype=torch.float32, mean=0.0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, channels, height, width, generator=generator).to(dtype) + mean


def quadratic(queries, keys, values):
    """Mean and second moment with all weights formed, content by style, as it is published."""
    q, k, v = (part.double().flatten(2) for part in (queries, keys, values))
    q = q / (q.norm(dim=1, keepdim=True) + 1e-5)
    k = k / (k.norm(dim=1, keepdim=True) + 1e-5)
    weights = F.relu(q.mT @ k + 1)  # [1, H * W, Hs * Ws]
    weights = weights / (weights.sum(2, keepdim=True) + 1e-5)
    shape = 1, values.shape[1], *queries.shape[2:]
    return (v @ weights.mT).reshape(shape), (v**2 @ weights.mT).reshape(shape)


def softmax(queries, keys, values):
    """Mean and second moment with all weights formed, as it is published."""
    q, k, v = (part.double().flatten(2) for part in (queries, keys, values))
    weights = torch.softmax(q.mT @ k, 2)
    shape = 1, values.shape[1], *queries.shape[2:]
    return (v @ weights.mT).reshape(shape), (v**2 @ weights.mT).reshape(shape)


def assert_agrees(found, expected, relative):
    mean, std = (part.double() for part in found)
    for ours, theirs in zip((mean, mean**2 + std**2), expected, strict=True):
        assert (ours - theirs).abs().max() <= relative * theirs.abs().max()


class Largest(TorchDispatchMode):
    """Remembers the numbers in the largest tensor that any operation made."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        made = function(*arguments, **(options or {}))
        tensors = [leaf for leaf in tree_leaves(made) if isinstance(leaf, torch.Tensor)]
        self.numbers = max([self.numbers, *(tensor.numel() for tensor in tensors)])
        return made


@pytest.mark.parametrize("side", [(2, 3), (9, 7), (40, 32)], ids=str)
def test_linear_attention_is_the_quadratic(side):
    attention = CosineAttention((4, 8, 16))
    queries, keys = maps(28, 11, 13, 1, mean=0.3), maps(28, *side, 2, mean=0.3)
    values = maps(16, *side, 3, mean=2)
    found = attention.attend(queries, attention.read(keys, values))
    assert_agrees(found, quadratic(queries, keys, values), 1e-5)


def test_linear_attention_is_the_quadratic_where_all_weights_vanish():
    attention = CosineAttention((4, 8, 16))
    queries = maps(28, 3, 3, 1, torch.float64)
    keys = -queries[..., :1, :1].expand(1, 28, 2, 3)  # cosine -1: the 1e-5 below decides
    values = maps(16, 2, 3, 3, torch.float64)
    found = attention.attend(queries, attention.read(keys, values))
    assert_agrees(found, quadratic(queries, keys, values), 1e-8)


def test_deviations_survive_half_precision():
    attention = CosineAttention((4, 8, 16))
    queries, keys, values = maps(28, 9, 9, 1), maps(28, 16, 16, 2), maps(16, 16, 16, 3, mean=20)
    code = attention.read(keys, values)
    _, exact = attention.attend(queries, code)
    with torch.autocast("cpu", torch.bfloat16):
        _, std = attention.attend(queries, code)
    assert (std - exact).abs().max() < 0.02 * exact.abs().max()


def test_a_style_without_deviation_can_be_trained_by():
    attention = CosineAttention((4, 8, 16))
    queries, keys = maps(28, 5, 5, 1).requires_grad_(), maps(28, 4, 4, 2)
    _, std = attention.attend(queries, attention.read(keys, torch.ones(1, 16, 4, 4)))
    (slope,) = torch.autograd.grad(std.sum(), queries)
    assert slope.isfinite().all()


def test_a_mixture_of_codes_is_the_code_of_both_styles():
    attention = CosineAttention((4, 8, 16))
    styles = [(maps(28, 12, 10, seed), maps(16, 12, 10, seed + 1, mean=seed)) for seed in (1, 5)]
    one, other = (attention.read(*style) for style in styles)
    both = attention.read(*(torch.cat(parts, 3) for parts in zip(*styles, strict=True)))
    for first, second, together in zip(one, other, both, strict=True):
        mixed = 0.5 * first + 0.5 * second
        assert torch.allclose(mixed, together, atol=1e-6 * float(together.abs().max()))


def test_a_style_mixed_with_itself_is_itself():
    network = slim()
    code = network.encode(image(40, 56, 1))
    mixed = tuple(0.3 * part + 0.7 * part for part in code)
    first, _ = network.stylize(image(48, 48), code)
    second, _ = network.stylize(image(48, 48), mixed)
    assert torch.allclose(first, second, atol=1e-4 * float(first.abs().max()))


def test_a_code_has_one_size_for_all_styles():
    small, large = slim().encode(image(24, 40, 1)), slim().encode(image(96, 75, 1))
    assert [part.shape for part in small] == [part.shape for part in large]


def test_no_weights_of_content_by_style_are_formed():
    code = slim().encode(image(128, 128, 1))
    with Largest() as largest:
        slim().stylize(image(64, 64), code)
    assert 0 < largest.numbers < (64 // 4) ** 2 * (128 // 4) ** 2


@pytest.mark.parametrize("fold", [1, 2, 4])
def test_softmax_attention_in_blocks_is_the_whole(fold):
    attention = SoftmaxAttention((4, 8, 16), fold)
    queries, keys, values = maps(28, 8, 12, 1), maps(28, 9, 8, 2), maps(16, 9, 8, 3, mean=2)
    found = attention.attend(queries, attention.read(keys, values))
    assert_agrees(found, softmax(queries, keys, values), 1e-5)


def test_softmax_attention_forms_the_weights_of_one_block_at_a_time():
    attention = SoftmaxAttention((1, 1, 2), 4)
    code = attention.read(maps(4, 32, 32, 2), maps(2, 32, 32, 3))
    with Largest() as largest:
        attention.attend(maps(4, 32, 32, 1), code)
    assert largest.numbers == 1024 * 1024 / 16


@pytest.mark.parametrize("side", [(5, 7), (64, 64), (96, 96), (128, 128), (61, 173)], ids=str)
def test_points_come_from_all_over_a_style_and_none_twice(side):
    attention = SoftmaxAttention((1, 1, 1), 1)
    places = torch.arange(side[0] * side[1], dtype=torch.float32).reshape(1, 1, *side)
    _, values = attention.read(places.expand(1, 3, *side), places)
    chosen = values.flatten().long()
    count = min(places.numel(), MOST_POINTS)
    assert len(chosen.unique()) == len(chosen) == count
    for line, lines in ((chosen // side[1], side[0]), (chosen % side[1], side[1])):
        taken = torch.bincount(line, minlength=lines) * lines / count
        assert 0.8 < taken.min() and taken.max() < 1.2  # 1: as many as all other lines give


@every_network
@pytest.mark.parametrize("size", [(32, 32), (33, 50), (61, 43)], ids=str)
def test_a_drawing_has_the_size_of_its_content(name, size):
    network = NETWORKS[name]()
    drawn, memory = network.stylize(image(*size), network.encode(image(40, 56, 1)))
    assert drawn.shape == (1, 3, *size) and drawn.isfinite().all() and memory == ()


@every_network
def test_the_smallest_content_is_drawn(name):
    network = NETWORKS[name]()
    content = image(network.smallest, network.smallest)
    drawn, _ = network.stylize(content, network.encode(image(40, 56, 1)))
    assert drawn.shape == content.shape and drawn.isfinite().all()


@every_network
def test_a_batch_is_drawn_as_its_pictures_one_by_one(name):
    network = NETWORKS[name]()
    code = network.encode(image(40, 56, 1))
    pictures, strength = [image(48, 64, 2), image(48, 64, 3)], torch.tensor([1.0, 0.5])
    together, _ = network.stylize(torch.cat(pictures), code, strength)
    for place, content in enumerate(pictures):
        alone, _ = network.stylize(content, code, strength[place : place + 1])
        difference = (together[place] - alone[0]).abs().max()
        assert difference < 1e-4 * max(1, float(alone.abs().max()))


@every_network
def test_strength_changes_the_drawing(name):
    network = NETWORKS[name]()
    code = network.encode(image(40, 56, 1))
    full, half, none = (
        network.stylize(image(48, 48), code, strength)[0]
        for strength in (torch.ones(1), torch.full((1,), 0.5), None)
    )
    assert (full - half).abs().mean() > 1e-3
    assert torch.allclose(full, none, atol=1e-3 * float(full.abs().max()))


@every_decoder
def test_a_configuration_may_come_from_json(decoder):
    config = {"widths": PRUNED, "decoder": decoder}
    read = AdaAttN(**json.loads(json.dumps(config)))
    stored = AdaAttN(**config).state_dict()
    read.load_state_dict(stored)
    assert all(torch.equal(weight, stored[key]) for key, weight in read.state_dict().items())


def test_the_separable_decoder_begins_without_a_pattern():
    drawn = separable(SLIM)(maps(64, 12, 16, 0))
    assert drawn.shape == (1, 3, 48, 64)
    for row, column in ((0, 1), (1, 0), (1, 1)):
        assert torch.allclose(drawn[..., ::2, ::2], drawn[..., row::2, column::2], atol=1e-5)
