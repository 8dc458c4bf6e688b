"""Covariances and their Cholesky factors: what whitening and coloring are made of."""

from __future__ import annotations

import torch
from torch import Tensor

EPSILON = 2e-5  # added to the variances of a singular covariance, as in published code
NOISE = 3e-6  # of the variances: so much of a covariance may be rounding
FAINT = 1e-4  # a variance below it counts as so much
NEWTON_STEPS = 28  # enough for eigenvalues a hundred million times apart, beyond float32 anyway
FARTHEST = 1e6  # no number of an inverse is larger then; products of so large ones are still finite
CONVERGED = 0.5  # of W A W^T - I, at most: far above rounding, far below what never converges


def mean_covariance(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean of the channels over the picture, and covariance: sum of x x^T / (N - 1), x centered.

    Of no places at all both are zero.

    Args:
        features: [B, C, H, W], best with channels last in memory.

    Returns:
        Mean [B, C, 1] and covariance [B, C, C].
    """
    rows = features.permute(0, 2, 3, 1)  # [B, H, W, C]
    places = rows.shape[1] * rows.shape[2]
    mean = rows.sum((1, 2), keepdim=True) / max(places, 1)
    centered = rows - mean
    products = centered.mT @ centered  # of each row apart: one long sum would lose digits
    return mean[:, 0].mT, products.sum(1) / max(places - 1, 1)


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

    Exact; but by Newton's method where a graph is exported, since graphs know no factoring.

    The covariance of a flat picture, or of few places, is singular. Where rounding by 3e-6 of the
    variances could change a pivot by as much as it is, 2e-5 is added to all variances, once. Any
    other covariance stays as it is.

    Args:
        covariance: float32 [B, C, C].

    Returns:
        Two matrices of the same shape.
    """
    factorize = newton_cholesky if torch.compiler.is_exporting() else exact_cholesky
    variances = covariance.diagonal(dim1=1, dim2=2)[:, :, None]
    mean = variances.mean(1, keepdim=True)
    raised = covariance + EPSILON * mean.clamp_min(1) * _identity(covariance)
    both = factorize(torch.cat([covariance, raised]))
    (factor, other_factor), (inverse, other_inverse) = (
        matrices.reshape(2, *covariance.shape) for matrices in both
    )
    # By a change E, pivot i changes by w E w^T of itself, w the row i of the inverse.
    change = (inverse.square() @ variances.clamp_min(FAINT)).amax(1, keepdim=True)
    regular = (change > 0) & (NOISE * change < 1)  # it is 0 where there is no factor
    return torch.where(regular, factor, other_factor), torch.where(regular, inverse, other_inverse)


def exact_cholesky(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Factor of `matrix` [B, C, C] and its inverse, by LAPACK in float64. Zero if there is none."""
    exactly, identity = matrix.double(), _identity(matrix.double())
    failed = (torch.linalg.cholesky_ex(exactly.detach())[1] > 0)[:, None, None]
    # Else the gradient of what has no factor would be NaN, not zero.
    factor = torch.linalg.cholesky_ex(torch.where(failed, identity, exactly))[0]
    inverse = torch.linalg.solve_triangular(factor, identity, upper=False)
    return (
        factor.masked_fill(failed, 0).to(matrix.dtype),
        inverse.masked_fill(failed, 0).to(matrix.dtype),
    )


def newton_cholesky(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The same by products of matrices alone: Newton's method for W A W^T = I, W = L^-1.

    W <- (3/2 I - lower(W A W^T)) W, where lower() takes half of the diagonal. Begun at a multiple
    of I with W A W^T <= I, it grows by half a step at most, and then converges quadratically.

    Without a factor it diverges, so it is kept within bounds: no number becomes NaN, which
    runtimes compare and choose by in ways of their own.
    """
    variances = matrix.diagonal(dim1=1, dim2=2)[:, :, None]
    scale = variances.clamp_min(NOISE * FAINT).rsqrt()
    scaled = scale * matrix * scale.mT  # its diagonal is 1: variances may differ by orders
    identity = _identity(matrix)
    lower = torch.ones_like(matrix).tril() - 0.5 * identity
    largest = scaled.abs().sum(2, keepdim=True).amax(1, keepdim=True)  # eigenvalue, at most
    inverse = largest.clamp_min(1).rsqrt() * identity
    for _ in range(NEWTON_STEPS):
        product = inverse @ scaled @ inverse.mT
        inverse = (1.5 * inverse - (lower * product) @ inverse).clamp(-FARTHEST, FARTHEST)
    left = (inverse @ scaled @ inverse.mT - identity).abs().amax((1, 2), keepdim=True)
    inverse = torch.where(left < CONVERGED, inverse * scale.mT, 0.0)
    return (matrix @ inverse.mT).tril(), inverse


def _identity(matrix: Tensor) -> Tensor:
    return torch.eye(matrix.shape[1], dtype=matrix.dtype, device=matrix.device).expand_as(matrix)
