"""MSG-Net: a style is one Gram matrix, matched by a layer inside the network.

Zhang, Dana, "Multi-style generative network for real-time transfer", 2017,
https://arxiv.org/abs/1703.06953. As the published PyTorch weights have it: inside, pictures are
BGR 0..255. It draws the styles that it was trained on, and others poorly.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.networks.layers import conv
from vidstyle.networks.statistics import blend

EXPANSION = 4  # channels that a bottleneck gives for each that it has inside
BOTTLENECKS = 6  # between the matching and the way up


class MSGNet(nn.Module):
    """Down to a quarter of the size, the style matched there, and up again.

    Args:
        width: channels inside the bottlenecks at a quarter of the size, which have four times as
            many outside: 128 in the published weights; 64 is the authors' default.
    """

    code_names: ClassVar[tuple[str, ...]] = ("gram",)  # [1, 4 * width, 4 * width]
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 16  # pixels a side, so that a quarter of it varies
    least_strength: ClassVar[float] = 1.0  # the paper has no strength

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        channels = EXPANSION * width
        self.encoder = nn.Sequential(
            conv(3, 64, 7), nn.InstanceNorm2d(64), nn.ReLU(),
            Bottleneck(64, 128, down=2), Bottleneck(128, channels, down=2),
        )  # fmt: skip
        self.comatch = CoMatch(channels)
        self.decoder = nn.Sequential(
            *(Bottleneck(channels, channels) for _ in range(BOTTLENECKS)),
            Bottleneck(channels, 128, up=2), Bottleneck(128, 64, up=2),
            nn.InstanceNorm2d(64), nn.ReLU(), conv(64, 3, 7),
        )  # fmt: skip

    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """The Gram matrix of the style's features."""
        return (gram(self._features(style)),)

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`; `strength` is the share of the drawing, so that 0 is `content` itself."""
        matched = self.comatch(self._features(content), *code)
        drawn = self.decoder(matched).flip(1) / 255
        drawn = drawn[..., : content.shape[2], : content.shape[3]]
        return blend(content, drawn, strength), memory

    def official_keys(self) -> dict[str, dict[str, str]]:
        """For each published file, its keys and where they belong here.

        The file has the encoder and the matching twice; each is named once.
        """
        return {"model": {_official_key(name): name for name in self.state_dict()}}

    def _features(self, image: Tensor) -> Tensor:
        features: Tensor = self.encoder(255 * image.flip(1))
        return features


def gram(features: Tensor) -> Tensor:
    """How strongly each two channels appear together: F F^T / (C H W), with F as [C, H W].

    Args:
        features: [B, C, H, W].

    Returns:
        [B, C, C].
    """
    rows = features.float().flatten(2)  # the sums over a picture overflow half precision
    return (rows @ rows.mT / rows[0].numel()).to(features.dtype)


class CoMatch(nn.Module):
    """Features matched to a style's Gram matrix G: (W G)^T F, with W learned."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, channels, channels).uniform_(0, 0.02))

    def forward(self, features: Tensor, target: Tensor) -> Tensor:
        """Features [B, C, H, W], a Gram matrix [1, C, C] -> the same shape as the features."""
        matched = (self.weight @ target).mT @ features.flatten(2)
        return matched.view(features.shape)


class Bottleneck(nn.Module):
    """x + widen(filter(narrow(x))), each normalized and rectified first; scaled by `down` or `up`.

    Where the size changes, x passes a 1x1 convolution.
    """

    def __init__(self, inputs: int, outputs: int, down: int = 1, up: int = 1) -> None:
        super().__init__()
        inner = outputs // EXPANSION
        resized = down != up
        self.shortcut = nn.Conv2d(inputs, outputs, 1, down) if resized else nn.Identity()
        self.narrow = nn.Conv2d(inputs, inner, 1)
        self.enlarge = nn.Upsample(scale_factor=up) if up > 1 else nn.Identity()
        self.filter = conv(inner, inner, 3, down)
        self.widen = nn.Conv2d(inner, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Features [B, inputs, H, W] -> [B, outputs, H / down * up, W / down * up], rounded up."""
        branch = self.narrow(_active(x))
        branch = self.filter(self.enlarge(_active(branch)))
        branch = self.widen(_active(branch))
        # Enlarged last: a 1x1 convolution of the small picture gives the same for a quarter.
        enlarged: Tensor = self.enlarge(self.shortcut(x)) + branch
        return enlarged


def _active(x: Tensor) -> Tensor:
    return F.relu(F.instance_norm(x))


def _official_key(name: str) -> str:
    """ "decoder.6.filter.weight" is published as "model.8.conv_block.5.conv2d.weight"."""
    if name == "comatch.weight":
        return "ins.weight"
    part, place, *layer, kind = name.split(".")
    block = f"model1.{place}" if part == "encoder" else f"model.{int(place) + 2}"
    up = part == "decoder"  # there a shortcut is padded, like all that have "conv2d" in their names
    inner = {
        "": "conv2d",
        "shortcut": "residual_layer.conv2d" if up else "residual_layer",
        "narrow": "conv_block.2",
        "filter": "conv_block.5.conv2d",
        "widen": "conv_block.8",
    }["".join(layer)]
    return f"{block}.{inner}.{kind}"
