"""WCT: the style's covariances, given to the content's VGG features at five depths.

Li, Fang, Yang, Wang, Lu, Yang, "Universal style transfer via feature transforms", NeurIPS 2017,
https://arxiv.org/abs/1705.08086. It was never taught a style: its decoders only learned to turn
features back into the picture that they came from.

The pruned network has 16 times fewer weights: Wang, Li, Wang, Hu, Yang, "Collaborative distillation
for ultra-resolution universal style transfer", CVPR 2020, https://arxiv.org/abs/2003.08436.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import ClassVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.contracts import Precision
from vidstyle.networks.layers import conv
from vidstyle.networks.roots import roots
from vidstyle.networks.statistics import blend
from vidstyle.networks.vgg import PRUNED, VGG, WIDTHS, official_keys
from vidstyle.networks.whitening import affine, mean_covariance

LAYERS = ("relu5_1", "relu4_1", "relu3_1", "relu2_1", "relu1_1")  # coarse to fine, as they draw
MULTIPLE = 16  # pixels a side, so that every pooling halves exactly
LEAST = 32  # pixels a side: relu5_1 is then 2x2, and reflection finds a neighbor
SHARED = {"relu5_1": WIDTHS}  # channels of the one encoder that reaches all layers
APART = {**dict.fromkeys(LAYERS, PRUNED), "relu1_1": (24, *PRUNED[1:])}  # of one for each layer


class WCT(nn.Module):
    """Whitening and coloring at five layers: each one draws on what the deeper one has drawn.

    Args:
        pruned: the small network, which has an encoder for each layer; else all share one.
    """

    code_names: ClassVar[tuple[str, ...]] = (  # each mean [1, C, 1], each root [1, C, C]
        "mean5", "root5", "mean4", "root4", "mean3", "root3", "mean2", "root2", "mean1", "root1",
    )  # fmt: skip
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 16  # pixels a side
    least_strength: ClassVar[float] = 0.1  # at 0 the content is not given back
    # In half precision roots of covariances come out as no numbers.
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32",)
    farthest: ClassVar[float] = 5e-2  # graphs find roots by products, and fade what torch drops

    def __init__(self, pruned: bool = False) -> None:
        super().__init__()
        self.pruned = pruned
        widths = APART if pruned else SHARED
        self.encoders = nn.ModuleDict({layer: VGG(layer, row) for layer, row in widths.items()})
        self.decoders = nn.ModuleDict(
            {layer: Decoder(self._encoder(layer), layer) for layer in LAYERS}
        )

    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """Mean and root of the covariance at each layer, the deepest first."""
        image, code = pad(style), []
        for layer in LAYERS:
            mean, covariance = mean_covariance(self._features(image, layer))
            root, _ = roots(covariance)
            code += [mean, root]
        return tuple(code)

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`; `strength` blends the features at each layer before they are decoded."""
        drawn = pad(content, MULTIPLE)
        for layer, mean, root in zip(LAYERS, code[::2], code[1::2], strict=True):
            features = self._features(drawn, layer)
            styled = transfer(features, mean, root)
            drawn = self.decoders[layer](blend(features, styled, strength))
        return drawn[..., : content.shape[2], : content.shape[3]], memory

    def official_keys(self) -> dict[str, dict[str, str]]:
        """For each published file, its keys and where they belong here."""
        if self.pruned:
            return {
                f"{kind}{layer[4]}": {
                    _pruned_key(name): f"{kind}s.{layer}.{name}" for name in part.state_dict()
                }
                for kind, parts in (("encoder", self.encoders), ("decoder", self.decoders))
                for layer, part in parts.items()
            }
        decoders = {
            f"decoder{layer[4]}": {
                f"{place}.{kind}": f"decoders.{layer}.{name}.{kind}"
                for name, place in _places(decoder)
                for kind in ("weight", "bias")
            }
            for layer, decoder in self.decoders.items()
        }
        return {"encoder": official_keys("encoders.relu5_1", "relu5_1"), **decoders}

    def _encoder(self, layer: str) -> nn.Module:
        return self.encoders[layer if self.pruned else "relu5_1"]

    def _features(self, image: Tensor, layer: str) -> Tensor:
        features: Tensor = self._encoder(layer)(image, layer)[0]
        return features


def _pruned_key(name: str) -> str:
    """ "conv1_1.weight" is published as "conv11.weight"."""
    return name.replace("preprocess", "conv0").replace("_", "")


def _places(decoder: nn.Module) -> Iterator[tuple[str, int]]:
    """Convolutions and their places in the published decoders, in which all steps are layers.

    One convolution follows another after a relu and a padding, and a doubling at a block's end.
    """
    names = [name for name, _ in decoder.named_children()]
    steps = (4 if name.endswith("_1") else 3 for name in names)
    return zip(names, accumulate(steps, initial=1), strict=False)


class Decoder(nn.Module):
    """A VGG turned around, from the features of one layer back to the picture.

    Max-pooling becomes doubling by the nearest neighbor; the last convolution is linear.

    Args:
        encoder: a VGG that reaches that layer.
        layer: such as "relu4_1".
    """

    def __init__(self, encoder: nn.Module, layer: str) -> None:
        super().__init__()
        rows = [row for row in encoder.named_children() if row[0] != "preprocess"]
        deepest = [name for name, _ in rows].index(layer.replace("relu", "conv"))
        for name, mirrored in reversed(rows[: deepest + 1]):
            assert isinstance(mirrored, nn.Conv2d)
            self.add_module(name, conv(mirrored.out_channels, mirrored.in_channels))

    def forward(self, features: Tensor) -> Tensor:
        """Features [B, C, H, W] -> Image [B, 3, H', W']."""
        for name, layer in self.named_children():
            features = layer(features)
            if name == "conv1_1":
                break
            features = F.relu(features)
            if name.endswith("_1"):
                features = F.interpolate(features, scale_factor=2)
        return features


def pad(image: Tensor, multiple: int = 1) -> Tensor:
    """`image` continued by its border, right and below, to a multiple and the least of pixels."""
    height, width = (
        torch.sym_max(LEAST, (side + multiple - 1) // multiple * multiple)
        for side in image.shape[2:]
    )
    margins = (0, width - image.shape[3], 0, height - image.shape[2])
    return F.pad(image, cast(tuple[int, ...], margins), mode="replicate")


def transfer(features: Tensor, mean: Tensor, root: Tensor) -> Tensor:
    """`features` with the style's `mean` and the covariance whose `root` is given.

    T (x - m) + mean, where T = root C^(-1/2), and m and C are mean and covariance of `features`.
    Li et al., equations 2 and 3.

    Args:
        features: [B, C, H, W].
        mean: [1, C, 1].
        root: [1, C, C].
    """
    own_mean, covariance = mean_covariance(features)
    _, whitening = roots(covariance)
    matrix = root @ whitening
    return affine(features, matrix, mean - matrix @ own_mean)
