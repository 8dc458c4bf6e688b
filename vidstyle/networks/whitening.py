"""Covariances and their Cholesky factors: what whitening and coloring are made of."""

from __future__ import annotations

import torch
from torch import Tensor

EPSILON = 2e-5  # added to the variances of a singular covariance, as in published code
NOISE = 1e-5  # of the mean variance: a pivot below it may be but rounding
FAINT = 1e-4  # a mean variance below it counts as so much


def mean_covariance(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean of the channels over the picture, and covariance: sum of x x^T / (N - 1), x centered.

    Of no places at all both are zero.

    Args:
        features: [B, C, H, W], best with channels last in memory.

    Returns:
        Mean [B, C, 1] and covariance [B, C, C].
    """
    places = features.shape[2] * features.shape[3]
    mean = features.sum((2, 3), keepdim=True) / max(places, 1)
    rows = (features - mean).permute(0, 2, 3, 1)  # [B, H, W, C]
    products = rows.mT @ rows  # of each row apart: one long sum would lose digits
    return mean.flatten(2), products.sum(1) / max(places - 1, 1)


def affine(features: Tensor, matrix: Tensor, shift: Tensor) -> Tensor:
    """`matrix` @ x + `shift` at every place x: a 1x1 convolution that each picture has its own.

    Args:
        features: [B, C, H, W], best with channels last in memory, as the result has them.
        matrix: [B, C, C].
        shift: [B, C, 1].
    """
    places = features.permute(0, 2, 3, 1)
    mapped = torch.baddbmm(shift.mT, places.flatten(1, 2), matrix.mT)
    return mapped.view_as(places).permute(0, 3, 1, 2)


def cholesky(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Lower triangular L with L L^T = `covariance`, and its inverse.

    Exact; but by elimination where a graph is exported, since graphs know no factoring.

    The covariance of a flat picture, or of few places, is singular. Where a pivot is not above
    1e-5 of the mean variance, 2e-5 is added to all variances, once; any other stays as it is.

    Args:
        covariance: float32 [B, C, C].

    Returns:
        Two matrices of the same shape.
    """
    factorize = cholesky_by_elimination if torch.compiler.is_exporting() else exact_cholesky
    variance = covariance.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
    pivots = factorize(covariance)[0].diagonal(dim1=1, dim2=2)[:, None].square()
    regular = (pivots > NOISE * variance.clamp_min(FAINT)).all(2, keepdim=True)  # NaN is not above
    raised = torch.where(regular, 0.0, EPSILON * variance.clamp_min(1))
    return factorize(covariance + raised * _identity(covariance))


def exact_cholesky(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Factor of `matrix` [B, C, C] and its inverse, by LAPACK in float64. NaN if there is none."""
    factor, failed = torch.linalg.cholesky_ex(matrix.double())
    factor = factor.masked_fill(failed[:, None, None] > 0, torch.nan)
    inverse = torch.linalg.solve_triangular(factor, _identity(factor), upper=False)
    return factor.to(matrix.dtype), inverse.to(matrix.dtype)


def cholesky_by_elimination(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The same by products, quotients and square roots alone.

    Gauss's elimination, with each row over the root of its pivot, makes of [matrix, identity]
    [L^T, L^-1].
    """
    size = matrix.shape[1]
    rest, rows = torch.cat([matrix, _identity(matrix)], 2), []
    for place in range(size):
        row = rest[:, place : place + 1]
        row = row / row[:, :, place : place + 1].sqrt()
        rest = rest - row[:, :, :size].mT * row  # the rows above have been taken out
        rows.append(row)
    factor, inverse = torch.cat(rows, 1).chunk(2, 2)
    return factor.triu().mT, inverse  # below the diagonal is what rounding left


def _identity(matrix: Tensor) -> Tensor:
    return torch.eye(matrix.shape[1], dtype=matrix.dtype, device=matrix.device).expand_as(matrix)
