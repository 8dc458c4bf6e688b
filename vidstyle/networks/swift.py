"""swift: a compact network of our own for any style; nothing heavy happens at full resolution.

Space-to-depth brings the picture to a quarter of its size, where a trunk of separable
convolutions works; depth-to-space brings it back. The trunk's plan, two adaptive instance
normalizations each followed by a residual block that the style steers, and the style encoder are
those of MicroAST (Wang et al., AAAI 2023, https://arxiv.org/abs/2211.15313), whose published
weights the training starts from. What differs: convolutions at a quarter of the size alone, each
a depthwise one followed by a mixing of channels; a head that the style steers too; and a learned
refinement of the code, which costs nothing per frame since a style is read once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.networks import microast
from vidstyle.networks.statistics import adain, blend

CHANNELS = 64  # of the trunk and of each vector of a code
FOLD = 4  # pixels a side that space-to-depth folds into one place


class Swift(nn.Module):
    """Stem, two encoder blocks, two decoder blocks that the style steers, and a head.

    Args:
        stem: channels inside the stem.
        block: a row of BLOCKS, what the trunk is made of.
        mix: a row of MIXES, the first layer of stem and head.
    """

    code_names: ClassVar[tuple[str, ...]] = (  # each [1, 64, 1, 1]
        *microast.MicroAST.code_names, "head_scale", "head_shift",
    )  # fmt: skip
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 16  # pixels a side

    def __init__(self, stem: int = 96, block: str = "separable", mix: str = "dense") -> None:
        super().__init__()
        make, mixed = BLOCKS[block], MIXES[mix]
        self.style_encoder = microast.Encoder()
        self.modulator = microast.Modulator()
        self.refinement = Refinement(len(self.code_names))
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(FOLD), mixed(3 * FOLD**2, stem), nn.ReLU(), conv(stem, CHANNELS, 1)
        )
        self.outer_encoder, self.inner_encoder = make(), make()
        self.inner_decoder, self.outer_decoder = make(), make()
        self.head = Head(mixed)

    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """Statistics of the style's two feature maps and the signals that steer the blocks."""
        code: tuple[Tensor, ...] = self.refinement(self.signals(style))
        return code

    def signals(self, style: Tensor) -> tuple[Tensor, ...]:
        """What MicroAST reads from `style`, before it is refined: eight vectors [B, 64, 1, 1]."""
        return microast.read(self.style_encoder, self.modulator, style)

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor,
        memory: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`; `strength` acts on the statistics, the modulation stays the style's."""
        height, width = content.shape[2:]
        beyond = (0, -width % FOLD, 0, -height % FOLD)
        x = F.relu(self.stem(F.pad(content, beyond, mode="replicate")))
        x = self.inner_encoder(self.outer_encoder(x))
        for block, (mean, std, scale, shift) in (
            (self.inner_decoder, code[4:8]),
            (self.outer_decoder, code[:4]),
        ):
            x = block(blend(x, adain(x, mean, std), strength), scale, shift)
        image: Tensor = self.head(x, *code[8:])
        return image[..., :height, :width], memory


def conv(inputs: int, outputs: int, size: int = 3, groups: int = 1) -> nn.Conv2d:
    """A convolution with bias that keeps the size, padded by its border, so at any size."""
    return nn.Conv2d(
        inputs, outputs, size, padding=size // 2, groups=groups, padding_mode="replicate"
    )


def separable(inputs: int, outputs: int) -> nn.Sequential:
    """A 5x5 convolution of each channel alone, then a mixing of channels at each place."""
    return nn.Sequential(conv(inputs, inputs, 5, groups=inputs), conv(inputs, outputs, 1))


class Residual(nn.Module):
    """MicroAST's block with separable convolutions: x + conv2(relu(conv1(x))).

    Steered with a scale w and a shift b: h = relu(w * conv1(x) + b * x), then
    x + w * conv2(h) + b * h.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = separable(CHANNELS, CHANNELS)
        self.conv2 = separable(CHANNELS, CHANNELS)
        nn.init.zeros_(self.conv2.get_parameter("1.weight"))  # begins as what goes in

    def forward(
        self, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None
    ) -> Tensor:
        """Features [B, 64, H, W], the same shape out; `scale` and `shift` are [B, 64, 1, 1]."""
        if scale is None or shift is None:
            branch: Tensor = self.conv2(F.relu(self.conv1(x)))
            return x + branch
        hidden = F.relu(scale * self.conv1(x) + shift * x)
        steered: Tensor = x + scale * self.conv2(hidden) + shift * hidden
        return steered


class ShortResidual(nn.Module):
    """x + conv2(relu(conv1(x))) with a 5x5 separable conv1 and a conv2 that only mixes channels.

    Steered with a scale w and a shift b: x + w * conv2(relu(conv1(x))) + b.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = separable(CHANNELS, CHANNELS)
        self.conv2 = conv(CHANNELS, CHANNELS, 1)
        nn.init.zeros_(self.conv2.weight)

    def forward(
        self, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None
    ) -> Tensor:
        """Features [B, 64, H, W], the same shape out; `scale` and `shift` are [B, 64, 1, 1]."""
        branch: Tensor = self.conv2(F.relu(self.conv1(x)))
        if scale is None or shift is None:
            return x + branch
        return x + scale * branch + shift


BLOCKS: dict[str, Callable[[], nn.Module]] = {
    "dense": microast.Residual,
    "separable": Residual,
    "short": ShortResidual,
}
MIXES: dict[str, Callable[[int, int], nn.Module]] = {"dense": conv, "separable": separable}


def landmarks(network: nn.Module) -> dict[str, nn.Module]:
    """The stem and the four blocks of a swift, or what they stand for in a MicroAST.

    What comes out of a stem is not rectified yet.
    """
    if isinstance(network, microast.MicroAST):
        encoder, decoder = network.content_encoder, network.decoder
        *_, stem, _, outer = encoder.outer
        (inner,) = encoder.inner
        parts = stem, outer, inner, decoder.inner, decoder.outer
        return dict(zip(LANDMARKS, parts, strict=True))
    return {name: network.get_submodule(name) for name in LANDMARKS}


LANDMARKS = ("stem", "outer_encoder", "inner_encoder", "inner_decoder", "outer_decoder")


class Head(nn.Module):
    """From the trunk's features up to the picture, by two depth-to-space steps.

    The style steers the hidden layer: relu(scale * mix(x) + shift). Both layers before a
    depth-to-space begin with the same weights for its four pixels, so that the picture begins
    without a pattern locked to them (Aitken et al., 2017, https://arxiv.org/abs/1707.02937).
    """

    def __init__(self, mix: Callable[[int, int], nn.Module]) -> None:
        super().__init__()
        self.mix = mix(CHANNELS, CHANNELS)
        self.color = conv(CHANNELS // 4, 12)
        last = self.mix[-1] if isinstance(self.mix, nn.Sequential) else self.mix
        for layer in (last, self.color):
            assert isinstance(layer, nn.Conv2d) and layer.bias is not None
            layer.weight.data = layer.weight.data[::4].repeat_interleave(4, 0)
            layer.bias.data = layer.bias.data[::4].repeat_interleave(4, 0)

    def forward(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """Features [B, 64, H / 4, W / 4] -> Image [B, 3, H, W]; scale and shift [B, 64, 1, 1]."""
        hidden = F.pixel_shuffle(F.relu(scale * self.mix(x) + shift), 2)
        return F.pixel_shuffle(self.color(hidden), 2)


class Refinement(nn.Module):
    """What training adds to a style's signals: a correction of each, and two more for the head.

    Begins as none: the code is then MicroAST's, and the head is not steered.
    """

    def __init__(self, vectors: int) -> None:
        super().__init__()
        self.vectors = vectors
        self.read = nn.Sequential(nn.LayerNorm(8 * CHANNELS), nn.Linear(8 * CHANNELS, 256))
        self.write = nn.Linear(256, vectors * CHANNELS)
        nn.init.zeros_(self.write.weight)
        nn.init.zeros_(self.write.bias)

    def forward(self, signals: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Eight vectors [B, 64, 1, 1] -> as many as a code has."""
        flat = torch.cat(signals, 1).flatten(1)  # [B, 8 * 64]
        correction = self.write(F.relu(self.read(flat))).unflatten(1, (self.vectors, CHANNELS))
        neutral = torch.ones_like(signals[0]), torch.zeros_like(signals[0])
        return tuple(
            signal + correction[:, place, :, None, None]
            for place, signal in enumerate((*signals, *neutral))
        )
