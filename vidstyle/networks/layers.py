"""Layers that several networks share."""

from __future__ import annotations

from torch import nn


def conv(inputs: int, outputs: int, size: int = 3, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution with bias that keeps the size, padded by reflection as style networks are.

    Zero padding would paint a frame around the picture.
    """
    return nn.Conv2d(
        inputs, outputs, size, stride, size // 2, groups=groups, padding_mode="reflect"
    )


def mirrored_decoder() -> nn.Sequential:
    """From relu4_1 features [B, 512, H / 8, W / 8] back to an Image: VGG-19 turned around.

    Max-pooling becomes doubling by the nearest neighbor; the last layer is linear. AdaIN,
    StyTr2 and others share this shape. The places in the sequence differ from the published
    files', whose paddings are layers of their own: see `MIRRORED_DECODER_KEYS`.
    """
    return nn.Sequential(
        conv(512, 256), nn.ReLU(), nn.Upsample(scale_factor=2),
        conv(256, 256), nn.ReLU(), conv(256, 256), nn.ReLU(), conv(256, 256), nn.ReLU(),
        conv(256, 128), nn.ReLU(), nn.Upsample(scale_factor=2),
        conv(128, 128), nn.ReLU(), conv(128, 64), nn.ReLU(), nn.Upsample(scale_factor=2),
        conv(64, 64), nn.ReLU(), conv(64, 3),
    )  # fmt: skip


MIRRORED_DECODER_KEYS = {  # place in the published files -> place in `mirrored_decoder`
    1: 0, 5: 3, 8: 5, 11: 7, 14: 9, 18: 12, 21: 14, 25: 17, 28: 19,
}  # fmt: skip
