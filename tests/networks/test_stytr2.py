"""StyTr2: what is particular to a network of tokens and attention."""

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from models import picture
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vidstyle.networks.stytr2 import Attention, DecoderLayer, EncoderLayer, Position, StyTr2


def image(height, width, seed=0):
    return torch.from_numpy(picture(height, width, seed)).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="module")
def network():
    """Random weights that keep a picture's detail and draw within 0..1."""
    torch.manual_seed(0)
    network = StyTr2().eval().requires_grad_(False)
    for weight in network.parameters():
        if weight.dim() > 1:
            nn.init.kaiming_normal_(weight)
        if weight.dim() == 2:
            weight.mul_(0.3)  # or what attention brings drowns all detail
    for layer in network.modules():
        if isinstance(layer, Attention):
            layer.project.weight[: 2 * 512].div_(0.3)  # queries and keys: it chooses sharply
    embedding, last = network.embedding, network.decoder[-1]
    embedding.weight.sub_(embedding.weight.mean((1, 2, 3), keepdim=True)).mul_(5)
    drawn, _ = network.stylize(image(64, 64), network.encode(image(64, 64, 1)))
    mean, scale = drawn.mean((0, 2, 3)), 0.15 / drawn.std((0, 2, 3))
    last.weight.mul_(scale.view(-1, 1, 1, 1))
    last.bias.copy_((last.bias - mean) * scale + 0.5)
    return network


@pytest.fixture(scope="module")
def code(network):
    return network.encode(image(40, 56, 1))


@pytest.mark.parametrize("size", [(16, 16), (17, 90), (96, 40), (61, 83)], ids=str)
def test_any_content_is_drawn_in_its_size(network, code, size):
    drawn, _ = network.stylize(image(*size), code)
    assert drawn.shape == (1, 3, *size)
    assert drawn.isfinite().all()


@pytest.mark.parametrize("size", [(8, 8), (16, 96), (41, 23), (5, 100)], ids=str)
def test_a_style_of_any_size_is_one_token_for_each_patch(network, size):
    (tokens,) = network.encode(image(*size, 1))
    assert tokens.shape == (1, -(-size[0] // 8) * -(-size[1] // 8), 512)
    drawn, _ = network.stylize(image(32, 48), (tokens,))
    assert drawn.isfinite().all()


def test_a_content_turned_over_is_drawn_turned_over(network):
    """With kernels that are their own mirror images nothing else tells rows from columns."""
    network = deepcopy(network)
    for weight in network.parameters():
        if weight.dim() == 4:
            weight.copy_((weight + weight.mT) / 2)
    code = network.encode(image(48, 48, 1))
    content = image(40, 88)
    drawn, _ = network.stylize(content, code)
    turned, _ = network.stylize(content.mT, code)
    assert (turned.mT - drawn).abs().max() < 1e-3 * drawn.std()


@pytest.mark.parametrize("grid", [(18, 18), (16, 16), (90, 160), (5, 31), (19, 2)], ids=str)
def test_positions_are_pooled_and_brought_to_the_contents_own_grid(grid):
    position = Position().requires_grad_(False)
    features = torch.rand(2, 512, *grid)
    pooled = position.mix(F.adaptive_avg_pool2d(features, 18))
    expected = F.interpolate(pooled, grid, mode="bilinear", align_corners=False)
    assert torch.allclose(position(features), expected, atol=1e-5)


def test_positions_alone_tell_where_content_stands(network, code, monkeypatch):
    content = image(32, 160)
    moved = torch.cat([content[..., 80:], content[..., :80]], 3)  # whole patches

    def difference():
        drawn, again = (network.stylize(each, code)[0] for each in (content, moved))
        # 30 pixels from where it was cut: beyond the reach of the decoder's kernels
        return (drawn[..., 32:48] - again[..., 80:][..., 32:48]).abs().max()

    assert difference() > 1e-3
    monkeypatch.setattr(Position, "forward", lambda _, features: torch.zeros_like(features))
    assert difference() < 1e-5


def test_where_the_styles_patches_stand_does_not_matter(network):
    style = image(48, 64, 1)
    moved = torch.cat([style[..., 24:], style[..., :24]], 3)
    drawn, expected, other = (
        network.stylize(image(48, 48), network.encode(each))[0]
        for each in (moved, style, image(48, 64, 2))
    )
    assert torch.allclose(drawn, expected, atol=1e-4)
    assert not torch.allclose(other, expected, atol=1e-2)


def test_a_batch_is_drawn_as_its_pictures_one_by_one(network, code):
    pictures = [image(48, 72, 2), image(48, 72, 3)]
    together, _ = network.stylize(torch.cat(pictures), code)
    for drawn, content in zip(together, pictures, strict=True):
        alone, _ = network.stylize(content, code)
        assert torch.allclose(drawn, alone[0], atol=1e-4)


def test_strength_is_the_share_of_the_drawing(network, code):
    content = image(32, 40)
    full, _ = network.stylize(content, code)
    half, _ = network.stylize(content, code, torch.full((1,), 0.5))
    assert torch.allclose(half, (content + full) / 2, atol=1e-5)


def test_attention_is_the_authors_multi_head_attention():
    attention = Attention().requires_grad_(False)
    authors = nn.MultiheadAttention(512, 8, batch_first=True).requires_grad_(False)
    authors.in_proj_weight.copy_(attention.project.weight)
    authors.in_proj_bias.copy_(attention.project.bias)
    authors.out_proj.load_state_dict(attention.mix.state_dict())
    tokens, queries = torch.randn(2, 2, 30, 512)
    keys, values = torch.randn(2, 2, 50, 512)
    taken, _ = authors(queries, keys, values)
    expected = attention.norm(tokens + taken)
    assert torch.allclose(attention(tokens, queries, keys, values), expected, atol=1e-5)


class Largest(TorchDispatchMode):
    """Counts the numbers of the largest tensor that is made."""

    numbers = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        made = function(*arguments, **(options or {}))
        tensors = [each for each in tree_leaves(made) if isinstance(each, torch.Tensor)]
        self.numbers = max([self.numbers, *(each.numel() for each in tensors)])
        return made


def test_no_matrix_of_all_pairs_is_made():
    tokens, position, style = torch.randn(3, 1, 640, 512)
    encoder, decoder = EncoderLayer().requires_grad_(False), DecoderLayer().requires_grad_(False)

    def largest():
        with Largest() as seen:
            decoder(encoder(tokens, position), position, style)
        return seen.numbers

    assert largest() == 640 * 2048  # what the hidden layer widens to
    with sdpa_kernel(SDPBackend.MATH):
        assert largest() == 8 * 640 * 640
