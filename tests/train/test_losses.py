"""Each term against its formula, computed naively in float64."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from models import picture

from vidstyle.train.losses import (
    attended,
    beyond_range,
    content_loss,
    feature_loss,
    high_pass,
    lattice,
    moments,
    quantiles,
    similarity_loss,
    sliced_wasserstein,
    style_loss,
    unsteadiness,
)

torch.manual_seed(0)
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # float32 sums of some thousand numbers


def features(*shape, seed=0):
    """Rectified, as those of a VGG."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).relu()


def image(seed=0, size=64):
    return torch.from_numpy(picture(size, size, seed)).permute(2, 0, 1)[None].float() / 255


def exact_moments(x):
    """Mean and deviation [B, C] in float64."""
    x = x.double()
    mean = x.mean((2, 3))
    return mean, ((x - mean[..., None, None]).square().mean((2, 3)) + 1e-5).sqrt()


def test_moments_are_mean_and_deviation_over_the_picture():
    x = features(2, 3, 9, 7)
    for ours, exact in zip(moments(x), exact_moments(x), strict=True):
        assert ours.dtype == torch.float32
        assert torch.allclose(ours.double(), exact, **CLOSE)


def test_the_gradient_of_moments_is_that_of_their_formula():
    x = features(2, 3, 9, 7).requires_grad_()
    weights = torch.randn(2, 2, 3, generator=torch.Generator().manual_seed(1))
    ours, exact = (
        torch.autograd.grad(sum((m * w).sum() for m, w in zip(found, weights, strict=True)), x)[0]
        for found in (moments(x), exact_moments(x))
    )
    assert torch.allclose(ours, exact, **CLOSE)


def test_moments_of_a_flat_picture_have_a_finite_gradient():
    x = torch.full((1, 2, 8, 8), 3.0, requires_grad=True)
    moments(x).std.sum().backward()
    assert torch.isfinite(x.grad).all()


def test_moments_of_bf16_are_those_of_the_same_numbers():
    x = features(1, 2, 32, 32).bfloat16()
    for ours, exact in zip(moments(x), exact_moments(x), strict=True):
        assert torch.allclose(ours.double(), exact, rtol=0.01)  # squares are rounded to 8 bits


def test_style_loss_is_the_distance_of_moments_over_the_styles_own():
    layers = [(features(2, 4, 6, 6), features(2, 4, 6, 6, seed=1)) for _ in range(2)]
    exact = torch.zeros(2, dtype=torch.float64)
    for drawn, style in layers:
        for a, b in zip(exact_moments(drawn), exact_moments(style), strict=True):
            exact += (a - b).square().sum(1) / b.square().sum(1)
    found = style_loss(*([moments(x) for x in side] for side in zip(*layers, strict=True)))
    assert torch.allclose(found.double(), exact, **CLOSE)


def test_quiet_styles_count_less_with_a_least():
    drawn, loud = (moments(features(1, 4, 6, 6, seed=seed)) for seed in (0, 1))
    quiet = type(loud)(loud.mean / 100, loud.std / 100)
    plain, eased = (style_loss([drawn], [quiet], least) for least in (None, torch.ones(2, 1)))
    assert eased < plain / 100
    assert torch.allclose(
        eased,
        (drawn.mean - quiet.mean).square().mean() / (quiet.mean.square().mean() + 1)
        + (drawn.std - quiet.std).square().mean() / (quiet.std.square().mean() + 1),
    )


def test_content_loss_is_the_distance_of_normalized_features():
    drawn, content = features(2, 4, 16, 16), features(2, 4, 16, 16, seed=1)
    normalized = [
        (x.double() - mean[..., None, None]) / std[..., None, None]
        for x, (mean, std) in ((x, exact_moments(x)) for x in (drawn, content))
    ]
    exact = (normalized[0] - normalized[1]).square().mean((1, 2, 3))
    found = content_loss(drawn, content, moments(drawn), moments(content))
    assert torch.allclose(found.double(), exact, **CLOSE)


def test_contrast_and_color_do_not_count_as_content():
    content = features(1, 4, 16, 16)
    drawn = 3 * content + 1
    assert content_loss(drawn, content, moments(drawn), moments(content)).abs().item() < 1e-3


def test_quantiles_are_evenly_spread_over_the_sorted_projections():
    x, directions = features(2, 5, 40), F.normalize(torch.randn(3, 5), dim=1)
    found, variance = quantiles(x, directions, 8)
    projected = np.sort((directions @ x).double().numpy())
    assert np.allclose(found, projected[..., [2, 7, 12, 17, 22, 27, 32, 37]], **CLOSE)
    assert np.allclose(variance, projected.var(-1, ddof=1), **CLOSE)


def test_equal_distributions_have_no_sliced_distance():
    x, directions = features(2, 5, 300), F.normalize(torch.randn(6, 5), dim=1)
    elsewhere = x[..., torch.randperm(300)]
    style, variance = quantiles(x, directions, 32)
    drawn, _ = quantiles(elsewhere, directions, 32)
    assert sliced_wasserstein(drawn, style, variance).max() < 1e-10  # sums in another order


def test_a_sliced_distance_is_that_of_quantiles_over_the_variance():
    drawn, style = (torch.rand(2, 3, 8, dtype=torch.float64) for _ in range(2))
    variance = torch.rand(2, 3, dtype=torch.float64) + 0.1
    exact = [
        np.mean([((drawn[b, d] - style[b, d]) ** 2).mean() / variance[b, d] for d in range(3)])
        for b in range(2)
    ]
    assert np.allclose(sliced_wasserstein(drawn, style, variance), exact)


def test_feature_loss_is_the_squared_distance_over_the_variance():
    wanted = torch.tensor([[[[0.0, 2.0]], [[0.0, 4.0]]]])  # variances 2 and 8
    drawn = wanted + torch.tensor([[[[1.0, 1.0]], [[2.0, 4.0]]]])  # mean squares 1 and 10
    assert feature_loss(drawn, wanted).tolist() == pytest.approx([5.5 / 5])


def test_attended_features_have_the_statistics_of_similar_points():
    content = [features(1, 2, 8, 6, seed=2), features(1, 3, 4, 3, seed=3)]
    style = [features(1, 2, 5, 5, seed=4), features(1, 3, 5, 5, seed=5)]
    normalized = []
    for shallow, deep in (content, style):
        stride = shallow.shape[2] // deep.shape[2]
        x = torch.cat([shallow[..., ::stride, ::stride], deep], 1).double()
        mean, std = x.mean((2, 3), keepdim=True), x.flatten(2).std(2, correction=0)
        normalized.append(((x - mean) / std[..., None, None])[0].flatten(1))
    weights = torch.softmax(normalized[0].T @ normalized[1], 1)
    values = style[1][0].flatten(1).double()
    expected = torch.empty(3, 12, dtype=torch.float64)
    for place, share in enumerate(weights):
        mean = (share * values).sum(1)
        variance = (share * (values - mean[:, None]).square()).sum(1)
        expected[:, place] = variance.sqrt() * normalized[0][-3:, place] + mean
    found = attended(content, style)
    assert torch.allclose(found.double(), expected.view(1, 3, 4, 3), **CLOSE)


def test_attention_does_not_depend_on_how_loud_features_are():
    content = [features(1, 2, 8, 8, seed=2), features(1, 3, 4, 4, seed=3)]
    style = [features(1, 2, 5, 5, seed=4), features(1, 3, 5, 5, seed=5)]
    loud = attended(content, style)
    quiet = attended([1e-2 * maps for maps in content], [1e-2 * maps for maps in style])
    assert torch.allclose(1e2 * quiet, loud, rtol=1e-2)


def test_a_similarity_is_a_cosine_distance_over_its_mean():
    drawn, again, content, content_again = (
        features(2, 4, n, 1, seed=n)[..., 0] for n in (5, 6, 7, 8)
    )
    content, content_again = content[..., :5], content_again[..., :6]
    expected = torch.zeros(2, dtype=torch.float64)
    for picture_ in range(2):
        both = []
        for some, others in ((drawn, again), (content, content_again)):
            distance = torch.tensor(
                [
                    [1 - float(F.cosine_similarity(some[picture_, :, i], others[picture_, :, j], 0))
                     for j in range(6)]
                    for i in range(5)
                ], dtype=torch.float64,
            )  # fmt: skip
            both.append(distance / distance.mean(0))
        expected[picture_] = (both[0] - both[1]).abs().mean()
    found = similarity_loss(drawn, again, content, content_again)
    assert torch.allclose(found.double(), expected, **CLOSE)


def test_drawings_that_are_the_photographs_are_as_alike_as_these():
    some, others = features(1, 4, 5, 5).flatten(2), features(1, 4, 5, 5, seed=1).flatten(2)
    assert similarity_loss(3 * some, others, some, others).item() < 1e-6


def test_high_pass_is_the_picture_less_its_mean_over_5x5_pixels():
    x = image(size=16).double()
    padded = np.pad(x[0].numpy(), ((0, 0), (2, 2), (2, 2)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(1, 2))
    assert np.allclose(high_pass(x)[0], x[0].numpy() - windows.mean((-1, -2)))


def grid(drawn, content):
    """RMS over the 8 x 8 positions modulo 8 of the mean high-pass where the content is flat."""
    rough = F.avg_pool2d(high_pass(content).pow(2).mean(1, keepdim=True), 9, 1, 4)
    flat = (rough < 0.015**2).double()
    flat[..., :8, :] = flat[..., -8:, :] = flat[..., :8] = flat[..., -8:] = 0
    total = 0.0
    for row in range(8):
        for column in range(8):
            here = flat[..., row::8, column::8]
            pattern = (high_pass(drawn)[..., row::8, column::8] * here).sum((0, 2, 3))
            total += (pattern / here.sum().clamp_min(1)).pow(2).mean()
    return (total / 64).sqrt(), flat.mean()


@pytest.mark.parametrize("contrast", [0.02, 0.1, 0.3], ids=str)
def test_lattice_is_the_squared_grid_weighted_by_how_much_is_flat(contrast):
    content = 0.5 + contrast * (image(1).double() - 0.5)
    drawn = image(2).double()
    found, flat = grid(drawn, content)
    assert float(lattice(drawn, content)) == pytest.approx(
        float(found**2 * min(1, 4 * flat)), rel=1e-6
    )


def test_a_pattern_of_four_pixels_counts_and_one_of_seven_does_not():
    flat = torch.full((1, 3, 112, 112), 0.5)
    four, seven = (torch.zeros(112).index_fill(0, torch.arange(0, 112, n), 0.1) for n in (4, 7))
    assert lattice(flat + four, flat).item() > 20 * lattice(flat + seven, flat).item()


def test_each_picture_of_a_batch_is_judged_alone():
    contents, drawings = torch.cat([image(1), image(2)]) * 0.1, torch.cat([image(3), image(4)])
    alone = [lattice(drawings[n : n + 1], contents[n : n + 1]) for n in range(2)]
    assert torch.allclose(lattice(drawings, contents), torch.cat(alone), **CLOSE)


def test_the_same_drawn_twice_is_steady():
    assert unsteadiness(image(), image()) == 0
    assert unsteadiness(image(), image() + 0.1).item() == pytest.approx(0.01, rel=1e-4)


def test_only_what_lies_beyond_the_range_counts():
    assert beyond_range(image()) == 0
    drawn = torch.tensor([-0.5, 0.5, 1.25]).view(1, 3, 1, 1)
    assert beyond_range(drawn).item() == pytest.approx((0.5**2 + 0.25**2) / 3)


def test_a_style_has_no_distance_from_itself():
    found = [moments(features(1, 2, 4, 4))]
    assert style_loss(found, found) == 0
