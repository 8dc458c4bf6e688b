"""The content's colors, kept: Gatys et al., "Preserving color in neural artistic style transfer".

https://arxiv.org/abs/1606.05897
"""

from __future__ import annotations

import numpy as np

from vidstyle.contracts import HostArray, Pixels

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # BT.709
_FAINT = 1e-3  # of a color's range: deviations below it are no colors to speak of


def with_luminance_of(drawn: Pixels, content: Pixels) -> Pixels:
    """`content` with the luminance of `drawn`: both [H, W, 3], of one depth (section 3.2).

    The luminance that is added to a pixel changes no difference between its colors.
    """
    difference = drawn.astype(np.float32)
    difference -= content
    added = difference @ _LUMA
    kept = content + added[..., None]
    top = np.iinfo(content.dtype).max
    # Colors that leave the range are drawn towards gray of their luminance, not clipped to others.
    luminance = np.clip(kept @ _LUMA, 0, top)[..., None]
    chroma = kept - luminance
    highest, lowest = chroma.max(2, keepdims=True), chroma.min(2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.minimum((top - luminance) / highest, luminance / -lowest)
    share = np.where(chroma.any(2, keepdims=True), np.clip(room, 0, 1), 0)
    colored: Pixels = np.rint(luminance + share * chroma).clip(0, top).astype(content.dtype)
    return colored


def recolored(style: Pixels, content: Pixels) -> Pixels:
    """`style` with the mean and covariance of the colors of `content` (section 3.1).

    x -> A (x - mean_s) + mean_c with A S A^T = C, by the symmetric roots of both covariances: of
    all such maps they change colors least.

    Args:
        style: uint8 [H, W, 3].
        content: uint8 or uint16 [H, W, 3], of any other size.
    """
    mean_s, root_s, inverse_s = _colors(style)
    mean_c, root_c, _ = _colors(content)
    # S^-1/2 (S^1/2 C S^1/2)^1/2 S^-1/2, the optimal transport between two normal distributions.
    between, _ = _roots(root_s @ root_c @ root_c @ root_s)
    matrix = inverse_s @ between @ inverse_s
    moved = (style.astype(np.float64) / 255 - mean_s) @ matrix.T + mean_c
    found: Pixels = np.rint(moved.clip(0, 1) * 255).astype(np.uint8)
    return found


def _colors(pixels: Pixels) -> tuple[HostArray, HostArray, HostArray]:
    """Mean of the colors, 0..1, the root of their covariance, and the inverse of that root."""
    colors = pixels.reshape(-1, 3) / np.iinfo(pixels.dtype).max
    covariance = np.cov(colors.T) + _FAINT**2 * np.eye(3)
    return colors.mean(0), *_roots(covariance)


def _roots(covariance: HostArray) -> tuple[HostArray, HostArray]:
    values, axes = np.linalg.eigh(covariance)
    deviations = np.sqrt(np.maximum(values, _FAINT**4))
    return (axes * deviations) @ axes.T, (axes / deviations) @ axes.T
