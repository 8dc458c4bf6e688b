"""StyTr2: patches of the content ask patches of the style, by attention alone.

Deng, Tang, Dong, Ma, Pan, Wang, Xu, "StyTr2: Image style transfer with transformers", CVPR 2022,
https://arxiv.org/abs/2105.14576. As the published weights have it. 35 M parameters.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.networks.layers import MIRRORED_DECODER_KEYS, mirrored_decoder
from vidstyle.networks.statistics import blend

PATCH = 8  # pixels a side that become one token
CHANNELS = 512  # of a token
HEADS = 8  # of an attention, each on its share of the channels
HIDDEN = 2048  # channels between the two layers at each token
DEPTH = 3  # layers of each of the three transformers
BINS = 18  # places a side that positions are read from, whatever the size


class StyTr2(nn.Module):
    """A transformer for the content, one for the style, one that joins them, and a decoder.

    A code holds the style's tokens, N = Hs / 8 * Ws / 8, sides rounded up. The keys and values
    that are made of them, twice in each joining layer, would be twelve times as many numbers to
    keep, to save 3 % of the products for a frame (512x512, the style 384x384).
    """

    code_names: ClassVar[tuple[str, ...]] = ("tokens",)  # [1, N, 512]
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 16  # pixels a side, so that reflection finds a neighbor
    least_strength: ClassVar[float] = 1.0  # the paper has no strength
    mixes: ClassVar[bool] = False  # tokens of several styles have nothing to do with each other

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Conv2d(3, CHANNELS, PATCH, PATCH)
        self.position = Position()
        self.content_encoder = nn.ModuleList(EncoderLayer() for _ in range(DEPTH))
        self.style_encoder = nn.ModuleList(EncoderLayer() for _ in range(DEPTH))
        self.transformer_decoder = nn.ModuleList(DecoderLayer() for _ in range(DEPTH))
        self.norm = nn.LayerNorm(CHANNELS)
        self.decoder = mirrored_decoder()

    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """The style's tokens, which have seen each other but know no position."""
        tokens = _tokens(self._embedded(style))
        for layer in self.style_encoder:
            tokens = layer(tokens)
        return (tokens,)

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`; `strength` is the share of the drawing, so that 0 is `content` itself."""
        (style,) = code
        features = self._embedded(content)
        position = _tokens(self.position(features))
        tokens = _tokens(features)
        for layer in self.content_encoder:
            tokens = layer(tokens, position)
        for layer in self.transformer_decoder:
            tokens = layer(tokens, position, style)
        features = self.norm(tokens).transpose(1, 2).view_as(features)
        drawn = self.decoder(features)[..., : content.shape[2], : content.shape[3]]
        return blend(content, drawn, strength), memory

    def official_keys(self) -> dict[str, dict[str, str]]:
        """For each published file, its keys and where they belong here."""
        transformer = {"new_ps.": "position.mix.", "decoder.norm.": "norm."}
        for theirs, ours, blocks in (
            ("encoder_c", "content_encoder", ENCODER_BLOCKS),
            ("encoder_s", "style_encoder", ENCODER_BLOCKS),
            ("decoder", "transformer_decoder", DECODER_BLOCKS),
        ):
            for place in range(DEPTH):
                transformer |= {
                    f"{theirs}.layers.{place}.{their_block}": f"{ours}.{place}.{our_block}"
                    for their_block, our_block in blocks.items()
                }
        decoder = {
            f"{theirs}.": f"decoder.{ours}." for theirs, ours in MIRRORED_DECODER_KEYS.items()
        }
        return {
            "transformer": _weights_and_biases(transformer),
            "embedding": _weights_and_biases({"proj.": "embedding."}),
            "decoder": _weights_and_biases(decoder),
        }

    def _embedded(self, image: Tensor) -> Tensor:
        """Image [B, 3, H, W] -> [B, 512, H / 8, W / 8], the last patches filled by the border."""
        height, width = image.shape[2:]
        beyond = (0, -width % PATCH, 0, -height % PATCH)
        features: Tensor = self.embedding(F.pad(image, beyond, mode="replicate"))
        return features


ENCODER_BLOCKS = {  # how the keys of a layer begin in the published file, and here
    "self_attn.in_proj_": "attention.project.", "self_attn.out_proj.": "attention.mix.",
    "norm1.": "attention.norm.",
    "linear1.": "feed.widen.", "linear2.": "feed.narrow.", "norm2.": "feed.norm.",
}  # fmt: skip
DECODER_BLOCKS = {  # "self_attn" looks at the style too
    "self_attn.in_proj_": "first.project.", "self_attn.out_proj.": "first.mix.",
    "norm1.": "first.norm.",
    "multihead_attn.in_proj_": "second.project.", "multihead_attn.out_proj.": "second.mix.",
    "norm2.": "second.norm.",
    "linear1.": "feed.widen.", "linear2.": "feed.narrow.", "norm3.": "feed.norm.",
}  # fmt: skip


def _weights_and_biases(beginnings: dict[str, str]) -> dict[str, str]:
    return {
        theirs + kind: ours + kind
        for theirs, ours in beginnings.items()
        for kind in ("weight", "bias")
    }


def _tokens(features: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, N, C], row by row."""
    return features.flatten(2).transpose(1, 2)


class Position(nn.Module):
    """Content-aware positional encoding: what stands where, roughly, whatever the size.

    The authors' code brings it to the style's grid, and they draw squares as large as the style.
    Here it is brought to the content's own grid: the same for them, and right for any content.
    """

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(CHANNELS, CHANNELS, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Features [B, 512, H, W] -> positions of the same shape."""
        height, width = features.shape[2:]
        pooled = _pooling(height, features) @ features @ _pooling(width, features).T
        return F.interpolate(self.mix(pooled), (height, width), mode="bilinear")


def _pooling(places: int, like: Tensor) -> Tensor:
    """Adaptive average pooling of a side as a matrix [18, places]: ONNX has none for any size.

    A bin is the mean of all places that it touches, in whole or in part.
    """
    place = torch.arange(places, device=like.device)
    bins = torch.arange(BINS, device=like.device)[:, None]
    touched = (place * BINS < (bins + 1) * places) & ((place + 1) * BINS > bins * places)
    share = touched.to(like.dtype)
    return share / share.sum(1, keepdim=True)


class Attention(nn.Module):
    """Each token takes from others what answers it; added to the token, and normalized.

    softmax(q k^T / sqrt(64)) v in each head, never with a matrix of all pairs: for a content of
    1280x720 that would be 6 GiB.
    """

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(CHANNELS, 3 * CHANNELS)  # queries, keys and values in a row
        self.mix = nn.Linear(CHANNELS, CHANNELS)
        self.norm = nn.LayerNorm(CHANNELS)

    def forward(self, tokens: Tensor, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Tokens and queries [B, N, 512], keys and values [B or 1, Ns, 512] -> [B, N, 512]."""
        weights, biases = self.project.weight.chunk(3), self.project.bias.chunk(3)
        q, k, v = (
            F.linear(x, weight, bias).view(x.shape[0], -1, HEADS, CHANNELS // HEADS).transpose(1, 2)
            for x, weight, bias in zip((queries, keys, values), weights, biases, strict=True)
        )  # each [B, 8, N, 64]
        k, v = (x.expand(q.shape[0], -1, -1, -1) for x in (k, v))
        taken = F.scaled_dot_product_attention(q, k, v)
        normalized: Tensor = self.norm(tokens + self.mix(taken.transpose(1, 2).flatten(2)))
        return normalized


class Feed(nn.Module):
    """A hidden layer at each token alone; added to the token, and normalized."""

    def __init__(self) -> None:
        super().__init__()
        self.widen = nn.Linear(CHANNELS, HIDDEN)
        self.narrow = nn.Linear(HIDDEN, CHANNELS)
        self.norm = nn.LayerNorm(CHANNELS)

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, N, 512] -> the same shape."""
        normalized: Tensor = self.norm(tokens + self.narrow(F.relu(self.widen(tokens))))
        return normalized


class EncoderLayer(nn.Module):
    """Tokens of one picture look at each other."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = Attention()
        self.feed = Feed()

    def forward(self, tokens: Tensor, position: Tensor | None = None) -> Tensor:
        """[B, N, 512], positions of the same shape for the content -> [B, N, 512]."""
        placed = tokens if position is None else tokens + position
        fed: Tensor = self.feed(self.attention(tokens, placed, placed, tokens))
        return fed


class DecoderLayer(nn.Module):
    """Tokens of the content look at the style's, twice; at each other they do not."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Attention()
        self.second = Attention()
        self.feed = Feed()

    def forward(self, tokens: Tensor, position: Tensor, style: Tensor) -> Tensor:
        """Content and positions [B, N, 512], style [B or 1, Ns, 512] -> [B, N, 512]."""
        for attention in (self.first, self.second):
            tokens = attention(tokens, tokens + position, style, style)
        fed: Tensor = self.feed(tokens)
        return fed
