"""MicroAST: a style is eight short vectors, read by a tiny encoder of its own.

Wang, Zhao, Zuo, Li, Chen, Xing, Lu, "MicroAST: Towards super-fast ultra-resolution arbitrary style
transfer", AAAI 2023, https://arxiv.org/abs/2211.15313. 0.47 M parameters.
"""

from __future__ import annotations

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.contracts import Precision
from vidstyle.networks.layers import conv
from vidstyle.networks.statistics import adain, blend, mean_std


class MicroAST(nn.Module):
    """Two encoders of one layout, a modulator, and a decoder that the style steers twice."""

    code_names: ClassVar[tuple[str, ...]] = (  # each [1, 64, 1, 1]
        "outer_mean", "outer_std", "outer_scale", "outer_shift",
        "inner_mean", "inner_std", "inner_scale", "inner_shift",
    )  # fmt: skip
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 16  # pixels a side, so that reflection finds a neighbor at a quarter
    # In bf16 some drawings are 36 dB from those in fp32: eight bits are too few for its features.
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32", "fp16")
    least_strength: ClassVar[float] = 1.0  # with less of its own it draws nothing of use

    def __init__(self) -> None:
        super().__init__()
        self.content_encoder = Encoder()
        self.style_encoder = Encoder()
        self.modulator = Modulator()
        self.decoder = Decoder()

    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """Statistics of the style's two feature maps, and the modulator's signals."""
        return read(self.style_encoder, self.modulator, style)

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`; `strength` acts on the statistics, the modulation stays the style's."""
        _, features = self.content_encoder(content)
        drawn = self.decoder(features, code[:4], code[4:], strength)
        return drawn[..., : content.shape[2], : content.shape[3]], memory

    def official_keys(self) -> dict[str, dict[str, str]]:
        """For each published file, its keys and where they belong here."""
        return {
            part: {
                _official_key(part, name): f"{part}.{name}"
                for name in self.get_submodule(part).state_dict()
            }
            for part in OFFICIAL_BLOCKS
        }


def read(encoder: nn.Module, modulator: nn.Module, style: Tensor) -> tuple[Tensor, ...]:
    """The eight vectors of a style, each [B, 64, 1, 1], in the order of `code_names`."""
    outer, inner = encoder(style)
    outer_scale, outer_shift, inner_scale, inner_shift = modulator(outer, inner)
    return (
        *mean_std(outer), outer_scale, outer_shift,
        *mean_std(inner), inner_scale, inner_shift,
    )  # fmt: skip


OFFICIAL_BLOCKS = {  # for each published file, its blocks' names by ours
    "content_encoder": {"outer": "enc1", "inner": "enc2"},
    "style_encoder": {"outer": "enc1", "inner": "enc2"},
    "modulator": {
        "outer_scale": "weight1.0", "outer_shift": "bias1.0",
        "inner_scale": "weight2.0", "inner_shift": "bias2.0",
    },
    "decoder": {"inner": "dec1", "outer": "dec2", "up": "dec3"},
}  # fmt: skip


def _official_key(part: str, name: str) -> str:
    """ "outer.0.weight" of an encoder is published as "enc1.0.conv_layer.weight"."""
    block, _, rest = name.partition(".")
    layer, _, kind = rest.rpartition(".")
    return ".".join(filter(None, [OFFICIAL_BLOCKS[part][block], layer, "conv_layer", kind]))


class Residual(nn.Module):
    """x + conv(relu(conv(x))); modulated: each convolution scaled, and its input added shifted.

    With a scale w and a shift b: h = relu(w * conv1(x) + b * x), then x + w * conv2(h) + b * h.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = conv(64, 64)
        self.conv2 = conv(64, 64)

    def forward(
        self, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None
    ) -> Tensor:
        """Features [B, 64, H, W], the same shape out; `scale` and `shift` are [B, 64, 1, 1]."""
        if scale is None or shift is None:
            branch: Tensor = self.conv2(F.relu(self.conv1(x)))
            return x + branch
        hidden = F.relu(scale * self.conv1(x) + shift * x)
        modulated: Tensor = x + scale * self.conv2(hidden) + shift * hidden
        return modulated


class Encoder(nn.Module):
    """Two feature maps of 64 channels at a quarter of the size: outer, then inner."""

    def __init__(self) -> None:
        super().__init__()
        self.outer = nn.Sequential(
            conv(3, 16, 9), nn.ReLU(),
            conv(16, 32, stride=2, groups=16), nn.ReLU(), conv(32, 32, 1), nn.ReLU(),
            conv(32, 64, stride=2, groups=32), nn.ReLU(), conv(64, 64, 1), nn.ReLU(),
            Residual(),
        )  # fmt: skip
        self.inner = nn.Sequential(Residual())

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Image [B, 3, H, W] -> outer and inner [B, 64, H / 4, W / 4], rounded up."""
        outer = self.outer(image)
        return outer, self.inner(outer)


class Modulator(nn.Module):
    """From the style's features, the scale and shift of each modulated block."""

    def __init__(self) -> None:
        super().__init__()
        self.outer_scale = conv(64, 64, groups=64)
        self.outer_shift = conv(64, 64, groups=64)
        self.inner_scale = conv(64, 64, groups=64)
        self.inner_shift = conv(64, 64, groups=64)

    def forward(self, outer: Tensor, inner: Tensor) -> tuple[Tensor, ...]:
        """Outer scale and shift, inner scale and shift: each [B, 64, 1, 1]."""
        maps = (
            self.outer_scale(outer), self.outer_shift(outer),
            self.inner_scale(inner), self.inner_shift(inner),
        )  # fmt: skip
        return tuple(signal.mean((2, 3), keepdim=True) for signal in maps)


class Decoder(nn.Module):
    """The style's statistics and modulation from inside out, then up to full size."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Residual()
        self.outer = Residual()
        self.up = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear"),
            conv(64, 32, groups=32), nn.ReLU(), conv(32, 32, 1), nn.ReLU(),
            nn.Upsample(scale_factor=2, mode="bilinear"),
            conv(32, 16, groups=16), nn.ReLU(), conv(16, 16, 1), nn.ReLU(),
            conv(16, 3, 9),
        )  # fmt: skip

    def forward(
        self,
        features: Tensor,
        outer: tuple[Tensor, ...],
        inner: tuple[Tensor, ...],
        strength: Tensor | None,
    ) -> Tensor:
        """Inner features [B, 64, H, W], both halves of a code -> Image of four times the size."""
        for block, (mean, std, scale, shift) in ((self.inner, inner), (self.outer, outer)):
            features = blend(features, adain(features, mean, std), strength)
            features = block(features, scale, shift)
        image: Tensor = self.up(features)
        return image
