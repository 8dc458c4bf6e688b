"""Roots of covariances: the exact ones and those by matrix products."""

import pytest
import torch

from vidstyle.networks.roots import exact_roots, roots, roots_by_products

each_way = pytest.mark.parametrize("ways", [exact_roots, roots_by_products])


def covariance(values, channels=24, seed=0):
    """One with the eigenvalues `values`, the rest zero, about random axes: [1, C, C]."""
    torch.manual_seed(seed)
    axes, _ = torch.linalg.qr(torch.randn(channels, channels, dtype=torch.float64))
    spread = torch.zeros(channels, dtype=torch.float64)
    spread[: len(values)] = torch.as_tensor(values, dtype=torch.float64)
    return (axes @ torch.diag(spread) @ axes.T).float()[None]


@each_way
def test_a_root_times_itself_is_the_covariance(ways):
    given = covariance(torch.logspace(1, -3, 24))
    root, _ = ways(given)
    assert torch.allclose(root @ root, given, atol=2e-5 * float(given.norm()))


@each_way
def test_the_inverse_whitens(ways):
    given = covariance(torch.logspace(1, -2, 24))
    _, inverse = ways(given)
    assert torch.allclose(inverse @ given @ inverse, torch.eye(24), atol=5e-3)


@each_way
def test_what_does_not_vary_stays_so(ways):
    given = covariance([4.0, 1.0, 0.25])
    root, inverse = ways(given)
    assert torch.allclose(root @ root, given, atol=5e-4)
    assert torch.allclose(given @ inverse @ inverse @ given, given, atol=1e-3)
    assert float(inverse.norm()) < 1e2  # 1 / sqrt of nothing is not taken


@each_way
def test_of_a_flat_picture_nothing_is_made(ways):
    for found in ways(torch.zeros(1, 8, 8)):
        assert torch.equal(found, torch.zeros(1, 8, 8))


@each_way
def test_each_of_a_batch_has_its_own(ways):
    given = torch.cat([covariance(torch.logspace(1, -1, 24), seed=seed) for seed in (0, 1)])
    together = ways(given)
    for place in (0, 1):
        for part, alone in zip(together, ways(given[place : place + 1]), strict=True):
            assert torch.allclose(part[place], alone[0], atol=1e-4)


def test_outside_of_an_export_they_are_exact():
    given = covariance(torch.logspace(1, -6, 24))
    assert all(map(torch.equal, roots(given), exact_roots(given)))
