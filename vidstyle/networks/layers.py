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


def mirrored_decoder(deepest: str = "relu4_1") -> nn.Sequential:
    """From VGG-19's features at `deepest` back to an Image: VGG-19 turned around.

    Takes relu4_1, [B, 512, H / 8, W / 8], or relu3_1, [B, 256, H / 4, W / 4]. Max-pooling becomes
    doubling by the nearest neighbor; the last layer is linear. AdaIN, StyTr2 and others share this
    shape. The places in the sequence differ from the published files', whose paddings are layers of
    their own: see `MIRRORED_DECODER_KEYS`.
    """
    from_relu4_1 = [
        conv(512, 256), nn.ReLU(), nn.Upsample(scale_factor=2),
        conv(256, 256), nn.ReLU(), conv(256, 256), nn.ReLU(), conv(256, 256), nn.ReLU(),
    ] if deepest == "relu4_1" else []  # fmt: skip
    return nn.Sequential(
        *from_relu4_1, conv(256, 128), nn.ReLU(), nn.Upsample(scale_factor=2),
        conv(128, 128), nn.ReLU(), conv(128, 64), nn.ReLU(), nn.Upsample(scale_factor=2),
        conv(64, 64), nn.ReLU(), conv(64, 3),
    )  # fmt: skip


MIRRORED_DECODER_KEYS = {  # place in the published files -> place in `mirrored_decoder`
    1: 0, 5: 3, 8: 5, 11: 7, 14: 9, 18: 12, 21: 14, 25: 17, 28: 19,
}  # fmt: skip
