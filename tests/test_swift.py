"""What swift adds to MicroAST: a code that training refines, and weights that a style mixes."""

import pytest
import torch
import torch.nn.functional as F

from vidstyle.networks.swift import (
    BLOCKS,
    MIXES,
    SIGNALS,
    MixedConv,
    Refinement,
    Swift,
    code_from,
)

STYLES, EXPERTS = 40, 3


def signals_of(styles, seed=0):
    """Signals that differ little between styles beside what they have in common."""
    generator = torch.Generator().manual_seed(seed)
    common = torch.randn(1, SIGNALS, 1, 1, generator=generator)
    own = torch.randn(styles, SIGNALS, 1, 1, generator=generator)
    return 3 * common + 0.05 * own


@pytest.fixture
def refinement():
    torch.manual_seed(0)
    return Refinement(EXPERTS)


@pytest.fixture
def acquainted(refinement):
    refinement.acquaint(signals_of(STYLES))
    return refinement


@pytest.mark.parametrize("groups", [1, 4])
def test_weights_are_mixed_by_their_shares(groups):
    torch.manual_seed(0)
    conv = MixedConv(4, 8, 3, groups, EXPERTS)
    torch.nn.init.normal_(conv.bank)
    x, shares = torch.randn(2, 4, 9, 7), torch.tensor([[0.5, -1.0, 2.0]])
    weight = conv.weight + sum(
        share * expert.view_as(conv.weight)
        for share, expert in zip(shares[0], conv.bank, strict=True)
    )
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    expected = F.conv2d(padded, weight, conv.bias, groups=groups)
    assert torch.allclose(conv(x, shares), expected, atol=1e-5)


def test_without_shares_the_weights_are_their_own():
    conv = MixedConv(4, 8, 3, experts=EXPERTS)
    torch.nn.init.normal_(conv.bank)
    x = torch.randn(1, 4, 9, 7)
    assert torch.allclose(conv(x), conv(x, torch.zeros(1, EXPERTS)), atol=1e-6)


def test_a_new_refinement_leaves_the_signals_as_they_are(refinement):
    signals = signals_of(2)
    *vectors, scale, shift, shares = code_from(*refinement(signals))
    assert torch.equal(torch.cat(vectors, 1), signals)
    assert (scale == 1).all() and (shift == 0).all() and (shares == 0).all()
    assert shares.shape == (2, EXPERTS, 1, 1)


def test_shares_tell_styles_apart_along_different_directions(acquainted):
    shares = acquainted(signals_of(STYLES))[-1].flatten(1)
    covariance = shares.T @ shares / STYLES
    assert torch.allclose(covariance, 0.09 * torch.eye(EXPERTS), atol=0.01)
    assert torch.allclose(shares.mean(0), torch.zeros(EXPERTS), atol=1e-3)


def test_acquainted_is_acquainted(refinement):
    assert refinement.is_new
    refinement.acquaint(signals_of(STYLES))
    assert not refinement.is_new


def test_fewer_styles_than_experts_will_do(refinement):
    refinement.acquaint(signals_of(2))
    assert torch.isfinite(refinement(signals_of(2))[-1]).all()


def test_a_style_like_none_before_gets_no_extreme_shares(acquainted):
    far = 100 * signals_of(1, seed=1)
    largest = acquainted(signals_of(STYLES))[-1].abs().max()
    assert acquainted(far)[-1].abs().max() < 20 * largest


def test_a_correction_follows_from_the_shares(acquainted):
    torch.nn.init.normal_(acquainted.correct.weight, std=0.1)
    signals = signals_of(2)
    vectors, shares = acquainted(signals)
    expected = acquainted.correct(shares.flatten(1))[:, :SIGNALS]
    assert torch.allclose((vectors[:, :SIGNALS] - signals).flatten(1), expected, atol=1e-5)


@pytest.mark.parametrize("block", list(BLOCKS))
@pytest.mark.parametrize("mix", list(MIXES))
def test_every_form_draws(block, mix):
    network = Swift(stem=8, block=block, mix=mix, experts=2)
    code = network.encode(torch.rand(1, 3, 32, 40))
    drawn, _ = network.stylize(torch.rand(2, 3, 21, 34), code, torch.ones(2))
    assert drawn.shape == (2, 3, 21, 34)


def test_shares_change_the_drawing_once_experts_have_learned():
    torch.manual_seed(0)
    network = Swift(stem=8, experts=2)
    code = network.encode(torch.rand(1, 3, 32, 40))
    other = *code[:-1], torch.ones(1, 2, 1, 1)
    content = torch.rand(1, 3, 32, 32)
    first, second = (network.stylize(content, c, torch.ones(1))[0] for c in (code, other))
    assert torch.allclose(first, second, atol=1e-6)
    torch.nn.init.normal_(network.head.color.bank, std=0.1)
    first, second = (network.stylize(content, c, torch.ones(1))[0] for c in (code, other))
    assert (first - second).abs().max() > 0.01


def multiply_adds(network):
    """Thousands for each pixel of a frame of 640x360, its margin included."""
    height, width, total = 360, 640, []

    def count(module, inputs, output):
        places = output.shape[2] * output.shape[3]
        total.append(places * module.weight.numel())

    code = network.encode(torch.rand(1, 3, 32, 32))
    for module in network.modules():
        if isinstance(module, MixedConv):
            module.register_forward_hook(count)
    network.stylize(torch.rand(1, 3, height, width), code, torch.ones(1))
    return sum(total) / (height * width) / 1000


@pytest.mark.parametrize(
    ("config", "most"), [({}, 10), ({"stem": 64, "block": "short", "mix": "separable"}, 5)]
)
def test_it_is_as_small_as_is_said(config, most):
    network = Swift(**config)
    assert sum(weight.numel() for weight in network.parameters()) < 1e6
    assert most / 2 < multiply_adds(network) < most
