"""The network of fast neural style, as an ONNX file: each such file knows one style by heart.

Johnson, Alahi, Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution",
ECCV 2016, https://arxiv.org/abs/1603.08155, with instance normalization and enlargement by the
nearest neighbor, as the ONNX model zoo and PyTorch's examples have it. The weights are seeded, not
taught: what it draws is no style, and takes as long.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidstyle.networks.layers import conv


class Residual(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), of 128 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.branch = nn.Sequential(*normed(128, 128, 3), nn.ReLU(), *normed(128, 128, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Features [B, 128, H, W], the same shape out."""
        return x + self.branch(x)


def normed(inputs: int, outputs: int, size: int, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    """A convolution, and the normalization of what it gives."""
    return conv(inputs, outputs, size, stride), nn.InstanceNorm2d(outputs, affine=True)


def fast_neural_style() -> nn.Sequential:
    """RGB in 0..255, [B, 3, H, W], to a drawing likewise; sides are multiples of 4."""
    torch.manual_seed(0)
    return nn.Sequential(
        *normed(3, 32, 9), nn.ReLU(),
        *normed(32, 64, 3, stride=2), nn.ReLU(),
        *normed(64, 128, 3, stride=2), nn.ReLU(),
        *(Residual() for _ in range(5)),
        nn.Upsample(scale_factor=2), *normed(128, 64, 3), nn.ReLU(),
        nn.Upsample(scale_factor=2), *normed(64, 32, 3), nn.ReLU(),
        conv(32, 3, 9),
    ).eval()  # fmt: skip


def export(path: Path, width: int, height: int) -> str:
    """Store the network for pictures of one size."""
    content = torch.zeros(1, 3, height, width)
    torch.onnx.export(
        fast_neural_style(), (content,), path, external_data=False, dynamo=True, verbose=False
    )
    return str(path)
