"""VGG-19, normalized: the encoder of most style networks, layers asked for by name.

Simonyan, Zisserman, "Very deep convolutional networks for large-scale image recognition",
ICLR 2015. The weights are those of the style-transfer literature (vgg_normalised): scaled so
that each channel's mean activation is one, padded by reflection, and with a first 1x1
convolution that takes RGB 0..1 to the BGR and the range that VGG was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.networks.layers import conv

DEPTHS = (2, 2, 4, 4, 4)  # convolutions of each block
WIDTHS = (64, 128, 256, 512, 512)  # channels of each block
PRUNED = (16, 32, 64, 128, 128)  # those of its 16 times smaller likeness (Wang et al., CVPR 2020)

_OFFICIAL_PLACES = (2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42, 45, 48, 51)


def _convolutions(widths: Sequence[int] = WIDTHS) -> list[tuple[str, int, int]]:
    """Name, input and output channels of all sixteen: ("conv1_1", 3, 64), …"""
    rows, channels = [], 3
    for block, (count, width) in enumerate(zip(DEPTHS, widths, strict=True), 1):
        for place in range(1, count + 1):
            rows.append((f"conv{block}_{place}", channels, width))
            channels = width
    return rows


class VGG(nn.Module):
    """VGG-19 from the picture down to one layer.

    Args:
        deepest: the last layer wanted, such as "relu4_1"; what lies below it is left out.
        widths: channels of each block; pruned likenesses of VGG-19 have fewer.
    """

    def __init__(self, deepest: str = "relu5_4", widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.preprocess = nn.Conv2d(3, 3, 1)
        for name, inputs, outputs in _convolutions(widths):
            self.add_module(name, conv(inputs, outputs))
            if name == deepest.replace("relu", "conv"):
                return
        raise ValueError(f"VGG-19 has no layer {deepest!r}")

    def forward(self, image: Tensor, *names: str) -> tuple[Tensor, ...]:
        """Features [B, C, H', W'] of `image` at each layer of `names`, such as "relu3_1".

        H' and W' are halved, rounded up, before each block but the first.
        """
        wanted = {name.replace("relu", "conv") for name in names}
        found = {}
        features = self.preprocess(image)
        for name, layer in self.named_children():
            if name == "preprocess":
                continue
            if name.endswith("_1") and name != "conv1_1":
                features = F.max_pool2d(features, 2, ceil_mode=True)
            features = F.relu(layer(features))
            if name in wanted:
                found[name] = features
            if len(found) == len(wanted):
                break
        return tuple(found[name.replace("relu", "conv")] for name in names)


def official_keys(prefix: str, deepest: str) -> dict[str, str]:
    """Key in vgg_normalised.pth -> key in a network that holds a `VGG(deepest)` at `prefix`."""
    names = [name for name, _, _ in _convolutions()]
    names = names[: names.index(deepest.replace("relu", "conv")) + 1]
    places = {0: "preprocess", **dict(zip(_OFFICIAL_PLACES, names, strict=False))}
    return {
        f"{place}.{kind}": f"{prefix}.{name}.{kind}"
        for place, name in places.items()
        for kind in ("weight", "bias")
    }
