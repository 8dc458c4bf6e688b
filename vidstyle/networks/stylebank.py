"""StyleBank: each style is a bank of learned filters, between an encoder and a decoder for all.

Chen, Yuan, Liao, Yu, Hua, "StyleBank: An explicit representation for neural image style transfer",
CVPR 2017, https://arxiv.org/abs/1703.09210. Its authors published no code: layers and files are
those of https://github.com/jxcodetw/Stylebank.
"""

from __future__ import annotations

from copy import deepcopy
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.errors import UsageError
from vidstyle.networks.statistics import blend

CHANNELS = 256  # of the features that a bank filters, at a quarter of the size


class StyleBank(nn.Module):
    """A style by number: two convolutions, whose filters are all that differs between styles.

    Args:
        styles: how many it holds.
    """

    code_names: ClassVar[tuple[str, ...]] = ("first", "second")  # each [256, 256, 3, 3]
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 16  # pixels a side, so that a quarter of it varies
    least_strength: ClassVar[float] = 1.0  # it has no strength of its own

    def __init__(self, styles: int = 2) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            _conv(3, 32, 9, 2), nn.InstanceNorm2d(32), nn.ReLU(),
            _conv(32, 64, 3, 2), nn.InstanceNorm2d(64), nn.ReLU(),
            _conv(64, 128), nn.InstanceNorm2d(128), nn.ReLU(),
            _conv(128, CHANNELS), nn.InstanceNorm2d(CHANNELS), nn.ReLU(),
        )  # fmt: skip
        self.banks = nn.ModuleList(_bank() for _ in range(styles))
        self.decoder = nn.Sequential(
            _transposed(CHANNELS, 128), nn.InstanceNorm2d(128), nn.ReLU(),
            _transposed(128, 64), nn.InstanceNorm2d(64), nn.ReLU(),
            _transposed(64, 32, 3, 2), nn.InstanceNorm2d(32), nn.ReLU(),
            _transposed(32, 3, 9, 2),
        )  # fmt: skip

    @property
    def style_names(self) -> tuple[str, ...]:
        """What its styles are asked for by: their numbers, counted from 0."""
        return tuple(map(str, range(len(self.banks))))

    def encode(self, place: Tensor) -> tuple[Tensor, ...]:
        """The filters of one style.

        Args:
            place: int64 [1], the number of the style, counted from 0.

        Raises:
            UsageError: there is no style of that number. An exported graph does not check it.
        """
        if not torch.compiler.is_compiling():
            self._check(int(place))
        layers = zip(*self.banks, strict=True)
        return tuple(
            torch.stack([bank.weight for bank in layer]).index_select(0, place)[0]
            for layer in layers
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
        beyond = (0, (1 - width) % 4, 0, (1 - height) % 4)  # only 4 k + 1 pixels come back as many
        features = self.encoder(F.pad(content, beyond, mode="replicate"))
        for filters in code:
            features = F.relu(F.instance_norm(F.conv2d(features, filters, padding=1)))
        drawn = self.decoder(features)[..., :height, :width]
        return blend(content, drawn, strength), memory

    def with_another_style(self) -> StyleBank:
        """A copy with one more style, the last, whose filters are still to be trained.

        All else is frozen, so that its training changes no other style: what the paper calls
        incremental training.
        """
        larger = deepcopy(self).requires_grad_(False)
        larger.banks.append(_bank().to(next(self.parameters()).device))
        return larger

    def official_keys(self) -> dict[str, dict[str, str]]:
        """For each published file, its keys and where they belong here."""
        parts = {
            part: {f"{place}.weight": f"{part}.{place}.weight" for place in (0, 3, 6, 9)}
            for part in ("encoder", "decoder")
        }
        banks = {
            f"bank_{number}": {
                "0.weight": f"banks.{number}.0.weight",
                "3.weight": f"banks.{number}.1.weight",
            }
            for number in range(len(self.banks))
        }
        return parts | banks

    def _check(self, place: int) -> None:
        styles = len(self.banks)
        if not 0 <= place < styles:
            raise UsageError(
                f"This bank has {styles} styles, numbered 0 to {styles - 1}; got {place}."
            )


def _bank() -> nn.ModuleList:
    return nn.ModuleList([_conv(CHANNELS, CHANNELS), _conv(CHANNELS, CHANNELS)])


def _conv(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    """Padded with zeros, unlike `layers.conv`, as in the published code."""
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)


def _transposed(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, size, stride, size // 2, bias=False)
