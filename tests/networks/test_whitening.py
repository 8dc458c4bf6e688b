"""Covariances and their factors, exact and by matrix products."""

import pytest
import torch

from vidstyle.networks.whitening import (
    affine,
    cholesky,
    exact_cholesky,
    mean_covariance,
    newton_cholesky,
)

FORMS = {"exact": exact_cholesky, "newton": newton_cholesky}


def covariance(channels, condition, seed=0, batch=1):
    """With eigenvalues from 1 down to 1 / condition, in directions of no axis."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(batch, channels, channels, dtype=torch.float64, generator=generator)
    directions, _ = torch.linalg.qr(noise)
    values = torch.logspace(0, -torch.log10(torch.tensor(condition)), channels).double()
    return ((directions * values) @ directions.mT).float()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_mean_and_covariance_are_those_of_all_places(layout):
    features = torch.rand(2, 5, 30, 41).contiguous(memory_format=layout) + 3
    mean, found = mean_covariance(features)
    for place, picture in enumerate(features.double().flatten(2)):
        assert torch.allclose(mean[place].double(), picture.mean(1, keepdim=True))
        assert torch.allclose(found[place].double(), picture.cov(), atol=1e-6)


def test_no_places_and_one_place_have_a_covariance_of_zero():
    for places in (0, 1):
        mean, found = mean_covariance(torch.ones(1, 4, 1, places))
        assert (mean == places).all() and (found == 0).all()


def test_an_affine_map_is_the_same_at_every_place_and_each_pictures_own():
    features, matrix, shift = torch.rand(2, 6, 7, 9), torch.randn(2, 6, 6), torch.randn(2, 6, 1)
    expected = (matrix @ features.flatten(2) + shift).view_as(features)
    assert torch.allclose(affine(features, matrix, shift), expected, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("channels", [1, 2, 5, 32, 128])
def test_a_factor_is_triangular_and_its_square_the_covariance(form, channels):
    matrix = covariance(channels, 100, batch=2)
    factor, inverse = FORMS[form](matrix)
    assert torch.equal(factor, factor.tril()) and torch.equal(inverse, inverse.tril())
    assert torch.allclose(factor @ factor.mT, matrix, atol=1e-6)
    assert torch.allclose(factor @ inverse, torch.eye(channels).expand_as(matrix), atol=1e-5)


@pytest.mark.parametrize(("condition", "gap"), [(1e2, 2e-6), (1e4, 1e-4), (1e6, 3e-3)])
@pytest.mark.parametrize("channels", [32, 128])
def test_newtons_method_is_nearly_exact(channels, condition, gap):
    """By the map from one picture's covariance to another's, which is what is drawn with."""
    content, style = covariance(channels, condition, 1), covariance(channels, condition, 2)
    exact, found = (form(style)[0] @ form(content)[1] for form in FORMS.values())
    assert (found - exact).norm() < gap * exact.norm()


def test_a_covariance_that_is_regular_is_factored_as_it_is():
    matrix = covariance(32, 1e4)
    for found, expected in zip(cholesky(matrix), exact_cholesky(matrix), strict=True):
        assert torch.equal(found, expected)


def test_a_covariance_is_regular_though_its_variances_differ_by_orders():
    scale = torch.logspace(0, -2.5, 32)
    matrix = scale[:, None] * covariance(32, 1e2) * scale
    for found, expected in zip(cholesky(matrix), exact_cholesky(matrix), strict=True):
        assert torch.equal(found, expected)


def singular():
    generator = torch.Generator().manual_seed(0)
    spanned = torch.randn(1, 32, 5, generator=generator)
    colors = torch.rand(1, 32, 2, 1, generator=generator).expand(1, 32, 2, 999)
    return {
        "zero": torch.zeros(1, 32, 32),
        "of rounding alone": 1e-14 * covariance(32, 10),
        "of rank five": spanned @ spanned.mT,
        "of two colors": mean_covariance(colors)[1],
        "a little negative": covariance(32, 10) - 0.1000001 * torch.eye(32),
    }


class Cholesky(torch.nn.Module):
    def forward(self, matrix):
        return cholesky(matrix)


@pytest.fixture(scope="module")
def exported():
    return torch.export.export(Cholesky(), (covariance(32, 10),)).module()


@pytest.mark.parametrize("kind", singular())
def test_a_singular_covariance_is_factored_with_its_variances_raised(kind, exported):
    matrix = singular()[kind]
    raised = matrix + 2e-5 * max(1, matrix.diagonal(dim1=1, dim2=2).mean()) * torch.eye(32)
    for factor, inverse in (cholesky(matrix), exported(matrix)):
        assert torch.allclose(factor @ factor.mT, raised, atol=5e-6 * max(1, matrix.max()))
        assert inverse.isfinite().all() and inverse.abs().max() < 3e2


def test_few_places_over_and_over_are_singular_however_their_rounding_falls(exported):
    """Of 32 places in 32 channels: rounding makes the least eigenvalue often a little positive."""
    generator = torch.Generator().manual_seed(0)
    places = torch.randn(64, 32, 1, 32, generator=generator).repeat(1, 1, 30, 2)
    _, matrices = mean_covariance(places)
    variances = matrices.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
    raised = matrices + 2e-5 * variances.clamp_min(1) * torch.eye(32)
    factors, _ = cholesky(matrices)
    assert torch.allclose(factors @ factors.mT, raised, atol=5e-6)
    for matrix, expected in zip(matrices[:8, None], factors[:8, None], strict=True):
        assert torch.allclose(exported(matrix)[0], expected, atol=1e-4)


@pytest.mark.parametrize("form", FORMS)
def test_what_has_no_factor_gets_zeros(form):
    matrix = covariance(32, 10) - 0.5 * torch.eye(32)
    assert all((found == 0).all() for found in FORMS[form](matrix))


def test_one_singular_covariance_of_a_batch_leaves_the_others_as_they_are():
    matrix = covariance(32, 100, batch=3)
    matrix[1] = 0
    factor, inverse = cholesky(matrix)
    assert inverse.isfinite().all()
    assert torch.equal(factor[::2], exact_cholesky(matrix[::2])[0])


def test_an_exported_graph_knows_no_factoring(exported):
    targets = {str(node.target) for node in exported.graph.nodes}
    assert not any("linalg" in target for target in targets)
    matrix = covariance(32, 100)
    for found, exact in zip(exported(matrix), cholesky(matrix), strict=True):
        assert torch.allclose(found, exact, atol=1e-5)
