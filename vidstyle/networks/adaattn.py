"""AdaAttN: each place takes the statistics of those points of the style that resemble it.

Liu, Lin, He, Li, Wang, Li, Sun, Li, Ding, "AdaAttN: Revisit attention mechanism in arbitrary
neural style transfer", ICCV 2021, https://arxiv.org/abs/2108.03647. AdaIN gives all places the
same mean and deviation; here queries of the content weigh keys of the style, and each place is
given the mean and deviation of the style's values under its own weights. The network for video
weighs by the cosine, the one for pictures by softmax. As the published PyTorch weights have it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.networks.layers import MIRRORED_DECODER_KEYS, conv
from vidstyle.networks.statistics import EPSILON, blend
from vidstyle.networks.vgg import VGG, WIDTHS, official_keys

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
MOST_POINTS = 4096  # of a style at one layer of `AdaAttNImage`: relu4_1 of a style of 512x512
STRIDE = 7919  # in which they are taken, around and around: a prime, so that none comes twice


class AdaAttN(nn.Module):
    """The network for video: cosine attention at relu3_1, at the same cost for any style.

    Args:
        widths: channels of each block of the encoder, as `VGG` has them.
        decoder: a row of DECODERS.
    """

    code_names: ClassVar[tuple[str, ...]] = (  # what `CosineAttention.read` gives
        "value", "square", "key", "key_value", "key_square",
    )  # fmt: skip
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 16  # pixels a side: relu3_1 is then 4x4
    least_strength: ClassVar[float] = 0.1  # at 0 the content is not given back

    def __init__(self, widths: Sequence[int] = WIDTHS, decoder: str = "mirrored") -> None:
        super().__init__()
        self.encoder = VGG("relu3_1", widths)
        self.attention = CosineAttention(widths[:3])
        self.decoder = DECODERS[decoder](widths)

    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """Means over the style's places; codes of several styles mix by a weighted sum."""
        return self.attention.encode(self.encoder(style, *LAYERS[:3]))

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`; `strength` blends the features before they are decoded."""
        styled = self.attention(self.encoder(content, *LAYERS[:3]), code, strength)
        drawn = self.decoder(styled)
        return drawn[..., : content.shape[2], : content.shape[3]], memory

    def official_keys(self) -> dict[str, dict[str, str]]:
        """For each published file, its keys and where they belong here."""
        return {
            "vgg": official_keys("encoder", "relu3_1"),
            "transformer": _official("", "attention.", ATTENTION_KEYS),
            "decoder": _official("decoder.", "decoder.", DECODER_KEYS),
        }


class AdaAttNImage(nn.Module):
    """The network for pictures: softmax attention at relu3_1, relu4_1 and relu5_1.

    A code grows with the style, up to MOST_POINTS at each layer.
    """

    code_names: ClassVar[tuple[str, ...]] = (  # what each `SoftmaxAttention.read` gives
        "keys_3", "values_3", "keys_4", "values_4", "keys_5", "values_5",
    )  # fmt: skip
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 32  # pixels a side: relu5_1 is then 2x2
    least_strength: ClassVar[float] = 0.1  # at 0 the content is not given back
    mixes: ClassVar[bool] = False  # points of several styles have nothing to do with each other

    def __init__(self) -> None:
        super().__init__()
        self.encoder = VGG("relu5_1")
        self.attention_3 = SoftmaxAttention(WIDTHS[:3], fold=4)
        self.attention_4 = SoftmaxAttention(WIDTHS[:4], fold=2)
        self.attention_5 = SoftmaxAttention(WIDTHS[:5], fold=1)
        self.merge = conv(512, 512)
        self.deep_decoder = nn.Sequential(conv(512, 256), nn.ReLU(), nn.Upsample(scale_factor=2))
        self.decoder = mirrored(WIDTHS, 2 * 256)

    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """Keys and values of the style's points at each of the three layers."""
        features = self.encoder(style, *LAYERS)
        return (
            *self.attention_3.encode(features[:3]),
            *self.attention_4.encode(features[:4]),
            *self.attention_5.encode(features[:5]),
        )

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`; `strength` blends the features of all three layers."""
        height, width = content.shape[2:]
        # To a multiple of 16, so that relu5_1 doubled is as large as relu4_1; written so that the
        # export to ONNX sees that it is one.
        right, below = (16 * ((side + 15) // 16) - side for side in (width, height))
        padded = F.pad(content, (0, right, 0, below), mode="replicate")
        features = self.encoder(padded, *LAYERS)
        shallow = self.attention_3(features[:3], code[:2], strength)
        middle = self.attention_4(features[:4], code[2:4], strength)
        deep = self.attention_5(features[:5], code[4:], strength)
        merged = self.merge(middle + F.interpolate(deep, scale_factor=2.0))
        drawn = self.decoder(torch.cat([self.deep_decoder(merged), shallow], 1))
        return drawn[..., :height, :width], memory

    def official_keys(self) -> dict[str, dict[str, str]]:
        """For each published file, its keys and where they belong here."""
        return {
            "vgg": official_keys("encoder", "relu5_1"),
            "adaattn_3": _official("", "attention_3.", ATTENTION_KEYS),
            "transformer": {
                **_official("attn_adain_4_1.", "attention_4.", ATTENTION_KEYS),
                **_official("attn_adain_5_1.", "attention_5.", ATTENTION_KEYS),
                **_official("merge_conv", "merge", {"": ""}),
            },
            "decoder": {
                **_official("decoder_layer_1.1", "deep_decoder.0", {"": ""}),
                **_official("decoder_layer_2.", "decoder.", DECODER_KEYS),
            },
        }


class Attention(nn.Module, ABC):
    """The paper's block, for either kind of weights.

    A place is known by its features at one layer and all shallower ones, normalized: of them come
    queries and keys. Values come of the style's features at that layer as they are.

    Args:
        widths: channels of the shallower layers, then of the one that is drawn.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.query = nn.Conv2d(sum(widths), sum(widths), 1)
        self.key = nn.Conv2d(sum(widths), sum(widths), 1)
        self.value = nn.Conv2d(widths[-1], widths[-1], 1)
        nn.init.dirac_(self.value.weight)  # so it begins much like AdaIN, whose values are features

    def encode(self, features: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The style's features, shallow to deep -> what is kept of them."""
        return self.read(self.key(_described(features)), self.value(features[-1]))

    def forward(
        self, features: Sequence[Tensor], code: tuple[Tensor, ...], strength: Tensor | None
    ) -> Tensor:
        """The content's features, shallow to deep -> the deepest, drawn: [B, C, H, W]."""
        content, described = features[-1], _described(features)
        mean, std = self.attend(self.query(described), code)
        normalized = described[:, -content.shape[1] :]
        return blend(content, normalized * std + mean, strength)

    @abstractmethod
    def read(self, keys: Tensor, values: Tensor) -> tuple[Tensor, ...]:
        """Keys [1, K, Hs, Ws] and values [1, C, Hs, Ws] of a style -> what is kept of them."""

    @abstractmethod
    def attend(self, queries: Tensor, code: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Mean and deviation of a style's values for queries [B, K, H, W]: [B, C, H, W] each."""


class CosineAttention(Attention):
    """A point of the style weighs 1 + cos(query, key): affine in the query, so sums suffice.

    The published code forms all weights, content by style, and sets negative ones to zero; there
    are none. Summed over the style before the content is known, they give the same numbers.
    """

    def read(self, keys: Tensor, values: Tensor) -> tuple[Tensor, ...]:
        """Means over the style of values v and v^2, unit keys k, and their products with k.

        Each is a sum over N places by N + 1e-5: the published code adds 1e-5 to the sum of the
        weights. Shaped as 1x1 convolutions of queries are: [1, C, 1, 1] twice, [1, K, 1, 1], and
        [C, K, 1, 1] twice.
        """
        places = keys.new_ones(()) * (keys.shape[2] * keys.shape[3]) + EPSILON
        unit = (keys / _length(keys)).flatten(2)
        points = torch.cat([values, values.square()], 1).flatten(2)
        products = (points @ unit.mT / places)[0, ..., None, None]
        sums = (points.sum(2) / places)[..., None, None]
        key = (unit.sum(2) / places)[..., None, None]
        return *sums.chunk(2, 1), key, *products.chunk(2, 0)

    def attend(self, queries: Tensor, code: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Mean and deviation: those of the whole style, and what each query adds to them.

        Products become covariances first, in float32 and once for all places: in half precision a
        small variance that is the difference of two large numbers would be lost.
        """
        value, square, key, key_value, key_square = code
        column = value.transpose(0, 1)
        pull = key_value - column * key
        spread = key_square - square.transpose(0, 1) * key - 2 * column * pull
        weights = _length(queries) + F.conv2d(queries, key)  # summed; 1 + cos times the length
        shift = F.conv2d(queries, pull) / weights
        variance = F.conv2d(queries, spread) / weights + (square - value.square()) - shift.square()
        return value + shift, _root(variance)


class SoftmaxAttention(Attention):
    """The points of the style weigh softmax(query . key).

    Args:
        widths: as `Attention` has them.
        fold: the queries are taken in fold x fold parts, one after the other, so that the weights
            of one part exist at a time; height and width are multiples of it.
    """

    def __init__(self, widths: Sequence[int], fold: int) -> None:
        super().__init__(widths)
        self.fold = fold

    def read(self, keys: Tensor, values: Tensor) -> tuple[Tensor, ...]:
        """Keys [1, K, N] and values [1, N, C] of N points."""
        places = torch.arange(keys.shape[2] * keys.shape[3], device=keys.device)
        chosen = _chosen(places)
        return keys.flatten(2)[..., chosen], values.flatten(2)[..., chosen].mT

    def attend(self, queries: Tensor, code: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Mean and deviation, the values' own mean taken off first to keep small differences."""
        keys, values = code
        center = values.mean(1, keepdim=True)
        points = torch.cat([values - center, (values - center).square()], 2)
        folded = F.pixel_unshuffle(queries, self.fold)
        batch, channels = queries.shape[:2]
        blocks = folded.reshape(batch, channels, self.fold**2, -1).unbind(2)  # each [B, K, N]
        drawn = [(torch.softmax(block.mT @ keys, 2) @ points).mT for block in blocks]
        unfolded = torch.stack(drawn, 2).reshape(batch, -1, *folded.shape[2:])
        shift, square = F.pixel_shuffle(unfolded, self.fold).chunk(2, 1)
        return center.mT[..., None] + shift, _root(square - shift.square())


def _described(features: Sequence[Tensor]) -> Tensor:
    """All features at the deepest's size, each channel of mean 0 and deviation 1: [B, K, H, W]."""
    *shallower, deepest = features
    size = deepest.shape[2:]
    every = torch.cat([*(F.interpolate(maps, size) for maps in shallower), deepest], 1)
    places = every.new_ones(()) * (size[0] * size[1])
    unbiased = torch.sqrt((places - 1) / places)  # instance_norm divides by N, the paper by N - 1
    return F.instance_norm(every, eps=EPSILON) * unbiased


def _length(vectors: Tensor) -> Tensor:
    """Of each place's vector [B, K, H, W], as the published code has it: [B, 1, H, W]."""
    length: Tensor = vectors.norm(dim=1, keepdim=True)
    return length + EPSILON


def _root(variance: Tensor) -> Tensor:
    """Its square root; never quite that of 0, by whose slope nothing can be trained."""
    return variance.clamp_min(1e-10).sqrt()


def _chosen(places: Tensor) -> Tensor:
    """All of the numbers 0, 1, … or, above MOST_POINTS, so many from all over, none twice.

    The authors draw them anew for each picture; a drawing must not change from frame to frame.
    """
    return places[:MOST_POINTS] * STRIDE % (places.new_ones(()) * places.shape[0])


def mirrored(widths: Sequence[int] = WIDTHS, inputs: int | None = None) -> nn.Sequential:
    """From relu3_1 features [B, C, H / 4, W / 4] back to an Image: `mirrored_decoder` from there.

    Args:
        widths: channels of each block of the encoder.
        inputs: channels going in, where they are not the third block's.
    """
    shallow, middle, deep = widths[:3]
    return nn.Sequential(
        conv(inputs or deep, deep), nn.ReLU(), conv(deep, deep), nn.ReLU(),
        conv(deep, deep), nn.ReLU(), conv(deep, middle), nn.ReLU(), nn.Upsample(scale_factor=2),
        conv(middle, middle), nn.ReLU(), conv(middle, shallow), nn.ReLU(),
        nn.Upsample(scale_factor=2), conv(shallow, shallow), nn.ReLU(), conv(shallow, 3),
    )  # fmt: skip


ATTENTION_KEYS = {"f": "query", "g": "key", "h": "value"}  # as published -> in `Attention`
DECODER_KEYS = {  # place in the published files -> place in `mirrored`
    theirs - 4: ours - 3 for theirs, ours in MIRRORED_DECODER_KEYS.items() if ours
}


def separable(widths: Sequence[int] = WIDTHS) -> nn.Sequential:
    """From relu3_1 features [B, C, H / 4, W / 4] back to an Image, nothing done at full size.

    Four residual blocks, then two depth-to-space steps.
    """
    deep = widths[2]
    return nn.Sequential(
        *(Separable(deep) for _ in range(4)),
        _even(conv(deep, deep)), nn.PixelShuffle(2), nn.ReLU(),
        _even(conv(deep // 4, 12)), nn.PixelShuffle(2),
    )  # fmt: skip


class Separable(nn.Module):
    """x plus a 5x5 convolution of each channel alone and two mixings of channels, of x.

    It begins as x, so that what is learned first comes through all blocks.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            conv(width, width, 5, groups=width),
            conv(width, 2 * width, 1), nn.ReLU(), conv(2 * width, width, 1),
        )  # fmt: skip
        for last in self.branch[-1].parameters():
            nn.init.zeros_(last)

    def forward(self, x: Tensor) -> Tensor:
        """Features [B, width, H, W] -> the same shape."""
        drawn: Tensor = x + self.branch(x)
        return drawn


def _even(layer: nn.Conv2d) -> nn.Conv2d:
    """`layer`, with the same weights for the four pixels that PixelShuffle makes of a place.

    So the picture begins without a pattern locked to them (Aitken et al., 2017,
    https://arxiv.org/abs/1707.02937).
    """
    assert layer.bias is not None
    layer.weight.data = layer.weight.data[::4].repeat_interleave(4, 0)
    layer.bias.data = layer.bias.data[::4].repeat_interleave(4, 0)
    return layer


DECODERS: dict[str, Callable[[Sequence[int]], nn.Module]] = {
    "mirrored": mirrored,
    "separable": separable,
}


def _official(theirs: str, ours: str, layers: Mapping[Any, Any]) -> dict[str, str]:
    """Keys of weights and biases as published -> here, for layers that begin so and so."""
    return {
        f"{theirs}{their}.{kind}": f"{ours}{our}.{kind}"
        for their, our in layers.items()
        for kind in ("weight", "bias")
    }
