"""swift: a compact network of our own for any style; nothing heavy happens at full resolution.

Space-to-depth brings the picture to a quarter of its size, where a trunk of separable
convolutions works; depth-to-space brings it back. The trunk's plan, two adaptive instance
normalizations each followed by a residual block that the style steers, and the style encoder are
those of MicroAST (Wang et al., AAAI 2023, https://arxiv.org/abs/2211.15313), whose published
weights the training starts from. What differs: convolutions at a quarter of the size alone, each
a depthwise one followed by a mixing of channels; a head that the style steers too; shares, read
from a style once, by which the weights of decoder and head are mixed from those of several
experts; and a code that is corrected by what it draws (feedback.py): both at no cost per frame.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.networks import microast
from vidstyle.networks.feedback import Feedback
from vidstyle.networks.statistics import adain, blend

CHANNELS = 64  # of the trunk and of each vector of a code
VECTORS = 10  # of a code: eight as MicroAST's, and a scale and a shift for the head
FOLD = 4  # pixels a side that space-to-depth folds into one place
MARGIN = FOLD  # pixels drawn beyond each border and cut off: the outermost come out dotted
SIGNALS = 8 * CHANNELS  # numbers that MicroAST reads from a style


class Reading(NamedTuple):
    """What swift takes from a style, once."""

    signals: Tensor  # of MicroAST's encoder and modulator: eight vectors in a row, [B, 512, 1, 1]
    seen: Tensor  # by the feedback's eye


class Swift(nn.Module):
    """Stem, two encoder blocks, two decoder blocks that the style steers, and a head.

    Args:
        stem: channels inside the stem.
        block: a row of BLOCKS, what the trunk is made of.
        mix: a row of MIXES, the first layer of stem and head.
        experts: how many sets of weights decoder and head have beside their own.
    """

    code_names: ClassVar[tuple[str, ...]] = (  # each [1, 64, 1, 1], the last [1, experts, 1, 1]
        *microast.MicroAST.code_names, "head_scale", "head_shift", "shares",
    )  # fmt: skip
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 16  # pixels a side
    least_strength: ClassVar[float] = 1.0  # fading costs less after the graph than in it

    def __init__(
        self, stem: int = 96, block: str = "separable", mix: str = "dense", experts: int = 4
    ) -> None:
        super().__init__()
        make, mixed = BLOCKS[block], MIXES[mix]
        self.style_encoder = microast.Encoder()
        self.modulator = microast.Modulator()
        self.refinement = Refinement(experts)
        self.feedback = Feedback(VECTORS * CHANNELS)
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(FOLD), mixed(3 * FOLD**2, stem, 0), nn.ReLU(),
            MixedConv(stem, CHANNELS, 1),
        )  # fmt: skip
        self.outer_encoder, self.inner_encoder = make(0), make(0)
        self.inner_decoder, self.outer_decoder = make(experts), make(experts)
        self.head = Head(mixed, experts)

    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """The vectors that steer, and the shares, from a style [1, 3, H, W]."""
        return self.code_of(self.read(style))

    def read(self, style: Tensor) -> Reading:
        """All that is taken from the picture of a style, by parts that stay as they are."""
        return Reading(self.signals(style), self.feedback.seen(style))

    def signals(self, style: Tensor) -> Tensor:
        """What MicroAST reads from `style`: eight vectors in a row, [B, 512, 1, 1]."""
        return torch.cat(microast.read(self.style_encoder, self.modulator, style), 1)

    def code_of(self, reading: Reading) -> tuple[Tensor, ...]:
        """The code of a style that has been read: refined, then corrected by its own drawing."""
        vectors, shares = self.refinement(reading.signals)
        first = code_from(vectors, shares)
        seen = reading.seen
        return code_from(
            self.feedback(vectors, seen, lambda image: self.draw(image, first)), shares
        )

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`; `strength` is the share of the drawing, so that 0 is `content` itself."""
        height, width = content.shape[2:]
        drawn = self.draw(F.pad(content, 4 * (MARGIN,), mode="replicate"), code)
        drawn = drawn[..., MARGIN : MARGIN + height, MARGIN : MARGIN + width]
        return blend(content, drawn, strength), memory

    def draw(self, content: Tensor, code: tuple[Tensor, ...]) -> Tensor:
        """Images [B, 3, H, W] in one style -> Images of the same shape, in 0..1 but for errors."""
        height, width = content.shape[2:]
        shares = code[10].flatten(1)
        beyond = (0, -width % FOLD, 0, -height % FOLD)
        x = F.relu(self.stem(F.pad(content, beyond, mode="replicate")))
        x = self.inner_encoder(self.outer_encoder(x))
        for block, (mean, std, scale, shift) in (
            (self.inner_decoder, code[4:8]),
            (self.outer_decoder, code[:4]),
        ):
            x = block(adain(x, mean, std), scale, shift, shares)
        drawn: Tensor = self.head(x, *code[8:10], shares)
        return drawn[..., :height, :width]


def code_from(vectors: Tensor, shares: Tensor) -> tuple[Tensor, ...]:
    """A code from its ten vectors in a row, [1, 640, 1, 1], and its shares.

    Handed out apart they stay float32 in OpenVINO's bf16; split in the graph, colors would shift.
    """
    return *torch.split(vectors, CHANNELS, 1), shares


class MixedConv(nn.Conv2d):
    """A convolution that keeps the size, padded by its border; its weights may be mixed.

    With shares s: weight + sum over experts k of s_k * bank_k. The bias stays as it is: to mix it
    would be a step of its own in OpenVINO. After Yang et al., "CondConv: conditionally
    parameterized convolutions for efficient inference", NeurIPS 2019,
    https://arxiv.org/abs/1904.04971.
    """

    def __init__(
        self, inputs: int, outputs: int, size: int = 3, groups: int = 1, experts: int = 0
    ) -> None:
        super().__init__(
            inputs, outputs, size, padding=size // 2, groups=groups, padding_mode="replicate"
        )
        self.bank = None
        if experts:
            self.bank = nn.Parameter(torch.zeros(experts, self.weight.numel()))

    def forward(self, x: Tensor, shares: Tensor | None = None) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H, W]; `shares` [1, experts] are of one style."""
        if shares is None or self.bank is None:
            return super().forward(x)
        weight = self.weight + (shares @ self.bank).view_as(self.weight)
        mixed: Tensor = self._conv_forward(x, weight, self.bias)
        return mixed


class Separable(nn.Sequential):
    """A 5x5 convolution of each channel alone, then a mixing of channels at each place."""

    def __init__(self, inputs: int, outputs: int, experts: int) -> None:
        super().__init__(
            MixedConv(inputs, inputs, 5, groups=inputs, experts=experts),
            MixedConv(inputs, outputs, 1, experts=experts),
        )

    def forward(self, x: Tensor, shares: Tensor | None = None) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H, W]; `shares` [1, experts]."""
        depthwise, mix = self
        mixed: Tensor = mix(depthwise(x, shares), shares)
        return mixed


class Dense(microast.Residual):
    """MicroAST's own block, whose weights are not mixed."""

    def __init__(self, experts: int) -> None:
        super().__init__()

    def forward(
        self,
        x: Tensor,
        scale: Tensor | None = None,
        shift: Tensor | None = None,
        shares: Tensor | None = None,
    ) -> Tensor:
        """Features [B, 64, H, W], the same shape out; steered as in BLOCKS."""
        drawn: Tensor = super().forward(x, scale, shift)
        return drawn


class Residual(nn.Module):
    """MicroAST's block with separable convolutions: x + conv2(relu(conv1(x))).

    Steered with a scale w and a shift b: h = relu(w * conv1(x) + b * x), then
    x + w * conv2(h) + b * h.
    """

    def __init__(self, experts: int) -> None:
        super().__init__()
        self.conv1 = Separable(CHANNELS, CHANNELS, experts)
        self.conv2 = Separable(CHANNELS, CHANNELS, experts)
        nn.init.zeros_(self.conv2.get_parameter("1.weight"))  # begins as what goes in

    def forward(self, x: Tensor, *steering: Tensor) -> Tensor:
        """Features [B, 64, H, W], the same shape out; `steering` as in BLOCKS."""
        if not steering:
            branch: Tensor = self.conv2(F.relu(self.conv1(x)))
            return x + branch
        scale, shift, shares = steering
        hidden = F.relu(scale * self.conv1(x, shares) + shift * x)
        steered: Tensor = x + scale * self.conv2(hidden, shares) + shift * hidden
        return steered


class ShortResidual(nn.Module):
    """x + conv2(relu(conv1(x))) with a 5x5 separable conv1 and a conv2 that only mixes channels.

    Steered with a scale w and a shift b: x + w * conv2(relu(conv1(x))) + b.
    """

    def __init__(self, experts: int) -> None:
        super().__init__()
        self.conv1 = Separable(CHANNELS, CHANNELS, experts)
        self.conv2 = MixedConv(CHANNELS, CHANNELS, 1, experts=experts)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor, *steering: Tensor) -> Tensor:
        """Features [B, 64, H, W], the same shape out; `steering` as in BLOCKS."""
        scale, shift, shares = steering or (1.0, 0.0, None)
        branch: Tensor = self.conv2(F.relu(self.conv1(x, shares)), shares)
        return x + scale * branch + shift


def _dense_mix(inputs: int, outputs: int, experts: int) -> MixedConv:
    return MixedConv(inputs, outputs, experts=experts)


# A block is steered with scale and shift [1, 64, 1, 1] and shares [1, experts], or with nothing.
BLOCKS: dict[str, Callable[[int], nn.Module]] = {
    "dense": Dense,
    "separable": Residual,
    "short": ShortResidual,
}
MIXES: dict[str, Callable[[int, int, int], nn.Module]] = {
    "dense": _dense_mix,
    "separable": Separable,
}


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

    def __init__(self, mix: Callable[[int, int, int], nn.Module], experts: int) -> None:
        super().__init__()
        self.mix = mix(CHANNELS, CHANNELS, experts)
        self.color = MixedConv(CHANNELS // 4, 12, experts=experts)
        last = self.mix[-1] if isinstance(self.mix, Separable) else self.mix
        for layer in (last, self.color):
            assert isinstance(layer, MixedConv) and layer.bias is not None
            layer.weight.data = layer.weight.data[::4].repeat_interleave(4, 0)
            layer.bias.data = layer.bias.data[::4].repeat_interleave(4, 0)

    def forward(
        self, x: Tensor, scale: Tensor, shift: Tensor, shares: Tensor | None = None
    ) -> Tensor:
        """Features [B, 64, H / 4, W / 4] -> Image [B, 3, H, W]; scale and shift [1, 64, 1, 1]."""
        hidden = F.pixel_shuffle(F.relu(scale * self.mix(x, shares) + shift), 2)
        return F.pixel_shuffle(self.color(hidden, shares), 2)


class Refinement(nn.Module):
    """What training adds to a style's signals: shares of the experts, and what follows from them: a
    correction of each signal, and two more vectors for the head.

    Shares are the leading principal components of the signals over the styles of the training
    (`acquaint`): few enough that 85 styles teach what to make of the next one. A hidden layer in
    their place learned the styles of the training by heart.
    """

    center: Tensor
    spread: Tensor

    def __init__(self, experts: int) -> None:
        super().__init__()
        self.register_buffer("center", torch.zeros(SIGNALS))
        self.register_buffer("spread", torch.ones(SIGNALS))
        self.share = nn.Linear(SIGNALS, experts)
        self.correct = nn.Linear(experts, VECTORS * CHANNELS)
        for layer in (self.share, self.correct):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, signals: Tensor) -> tuple[Tensor, Tensor]:
        """Eight vectors in a row, [B, 512, 1, 1] -> ten, and shares [B, experts, 1, 1]."""
        shares = self.share(self._standard(signals))
        scale, shift = (
            torch.ones_like(signals[:, :CHANNELS]),
            torch.zeros_like(signals[:, :CHANNELS]),
        )
        neutral = torch.cat([signals, scale, shift], 1)
        return neutral + self.correct(shares)[..., None, None], shares[..., None, None]

    @property
    def is_new(self) -> bool:
        """Whether `acquaint` is still to be called."""
        return bool((self.share.weight == 0).all())

    @torch.no_grad()
    def acquaint(self, signals: Tensor) -> None:
        """See the signals of all styles of a training, [S, 512, 1, 1]."""
        every = signals.flatten(1)
        self.center.copy_(every.mean(0))
        self.spread.copy_(every.std(0) + _LEAST_SPREAD)
        standard = self._standard(signals)
        _, lengths, axes = torch.linalg.svd(standard - standard.mean(0), full_matrices=False)
        lengths = (lengths / len(standard) ** 0.5).clamp_min(lengths[0] / 100)
        leading = _SHARE * (axes / lengths[:, None])[: self.share.out_features]
        self.share.weight[: len(leading)] = leading
        self.share.bias[: len(leading)] = -leading @ standard.mean(0)

    def _standard(self, signals: Tensor) -> Tensor:
        """Of mean 0 and deviation 1: signals hardly differ beside what they have in common."""
        standard = (signals.flatten(1) - self.center) / self.spread
        return standard.clamp(-3, 3)  # 3: for styles never seen


_LEAST_SPREAD = 1e-4  # of a signal over the styles, where it hardly varies
_SHARE = 0.3  # deviation of a share: weights' own steps stay larger than those of the experts
