"""AdaIN: the style's means and deviations, given to the content's VGG features.

Huang, Belongie, "Arbitrary style transfer in real-time with adaptive instance normalization",
ICCV 2017, https://arxiv.org/abs/1703.06868. As the published PyTorch weights have it.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from vidstyle.networks.layers import MIRRORED_DECODER_KEYS, mirrored_decoder
from vidstyle.networks.statistics import adain, blend, mean_std
from vidstyle.networks.vgg import VGG, official_keys


class AdaIN(nn.Module):
    """Style transfer by the statistics of one layer.

    Args:
        layer: "relu4_1" as published, or "relu3_1", whose drawings are finer and cheaper.
    """

    code_names: ClassVar[tuple[str, ...]] = ("mean", "std")  # each [1, 512, 1, 1], or 256
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 16  # pixels a side: relu4_1 is then 2x2
    least_strength: ClassVar[float] = 0.1  # at 0 the content is not given back

    def __init__(self, layer: str = "relu4_1") -> None:
        super().__init__()
        self.layer = layer
        self.encoder = VGG(layer)
        self.decoder = mirrored_decoder(layer)

    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """Mean and deviation of the style's features."""
        return mean_std(self._features(style))

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`; `strength` blends the features before they are decoded."""
        features = self._features(content)
        styled = adain(features, *code)
        drawn = self.decoder(blend(features, styled, strength))
        return drawn[..., : content.shape[2], : content.shape[3]], memory

    def official_keys(self) -> dict[str, dict[str, str]]:
        """For each published file, its keys and where they belong in a network of relu4_1."""
        return {
            "vgg": official_keys("encoder", "relu4_1"),
            "decoder": {
                f"{theirs}.{kind}": f"decoder.{ours}.{kind}"
                for theirs, ours in MIRRORED_DECODER_KEYS.items()
                for kind in ("weight", "bias")
            },
        }

    def _features(self, image: Tensor) -> Tensor:
        features: Tensor = self.encoder(image, self.layer)[0]
        return features
