"""Square roots of covariances, exact and by matrix products."""

from __future__ import annotations

import torch
from torch import Tensor

NEGLIGIBLE = 1e-5  # eigenvalues below it are dropped, as all published WCT code does
ROUNDING = 1e-6  # over the norm: ten times what float32 makes of an eigenvalue of zero
STEPS = 20  # each takes a small eigenvalue 2.25 times further: 17 from 1e-6 to 1, then it settles


def roots(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """The square root of a covariance, and the inverse of that root.

    Exact; but by matrix products where a graph is exported, since graphs know no eigenvectors.

    Args:
        covariance: float32 [B, C, C].

    Returns:
        Two symmetric matrices [B, C, C].
    """
    if torch.compiler.is_exporting():
        return roots_by_products(covariance)
    return exact_roots(covariance)


def exact_roots(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """V D^(1/2) V^T and V D^(-1/2) V^T, without the directions that hardly vary.

    Li et al., "Universal style transfer via feature transforms", NeurIPS 2017, equations 2 and 3.
    """
    # In float32, LAPACK gives NaN for some covariances of features that are mostly zero.
    values, vectors = torch.linalg.eigh(covariance.double())
    kept = values >= NEGLIGIBLE
    deviations = values.clamp(min=NEGLIGIBLE).sqrt()
    root = (vectors * (deviations * kept).unsqueeze(-2)) @ vectors.mT
    inverse = (vectors * (kept / deviations).unsqueeze(-2)) @ vectors.mT
    return root.to(covariance.dtype), inverse.to(covariance.dtype)


def roots_by_products(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Both roots of A = C + (1e-5 + 1e-6 |C|) I, by the coupled iteration of Newton and Schulz.

    From Y = A / |A| and Z = I, with T = (3 I - Z Y) / 2: Y <- Y T tends to the root of A / |A| and
    Z <- T Z to its inverse. Times C A^-1, which is 0 for what does not vary and nearly 1 for all
    else: around the limit, directions fade where `exact_roots` drops them.

    Higham, "Functions of matrices: theory and computation", SIAM 2008, equation 6.35.
    """
    identity = torch.eye(covariance.shape[-1], dtype=covariance.dtype, device=covariance.device)
    ridged = covariance + (NEGLIGIBLE + ROUNDING * _norm(covariance)) * identity
    norm = _norm(ridged)
    root, inverse = ridged / norm, identity.expand_as(ridged)
    for _ in range(STEPS):
        step = 1.5 * identity - 0.5 * inverse @ root
        root, inverse = root @ step, step @ inverse
    root, inverse = root * norm.sqrt(), inverse / norm.sqrt()
    varying = inverse @ covariance @ inverse  # C A^-1, since all of them commute
    return varying @ root, varying @ inverse


def _norm(matrix: Tensor) -> Tensor:
    """Frobenius', which no eigenvalue exceeds: [B, 1, 1]."""
    return matrix.square().sum((-2, -1), keepdim=True).sqrt()
