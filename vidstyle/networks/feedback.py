"""A style's code, corrected once by what comes of it.

What is read from a style predicts only roughly what the code will draw. So three small photographs
are drawn with it, a pruned VGG compares the drawings with the style, and the code moves by a linear
map of what it finds: a step of Gauss and Newton with the mean response, which training measures
(vidstyle/train/response.py). To read a style takes longer by it, to draw a frame does not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from vidstyle.image import read_picture
from vidstyle.networks.vgg import PRUNED, VGG

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
_WIDTHS = PRUNED[:4]
_RANK = 64  # of the map: 640 numbers of a code hardly answer in more directions
_FURTHEST = 1.5  # that a drawing may seem from its style: what is linear nearby is not far away
_LEAST_VARIANCE = 1e-10  # those at relu4_1 are about 1e-6


class Feedback(nn.Module):
    """Corrects the vectors of a code.

    Args:
        vectors: how many of them, each of `channels` numbers.
        channels: of the network that draws.
    """

    photographs: Tensor
    least: Tensor
    look: Tensor
    act: Tensor

    def __init__(self, vectors: int, channels: int) -> None:
        super().__init__()
        self.eye = VGG(LAYERS[-1], PRUNED)
        self.register_buffer("photographs", _photographs(), persistent=False)
        self.register_buffer("least", torch.zeros(2 * len(LAYERS)))
        self.register_buffer("look", torch.zeros(2 * sum(_WIDTHS) + 1, _RANK))
        self.register_buffer("act", torch.zeros(_RANK, vectors * channels))

    def forward(
        self,
        code: tuple[Tensor, ...],
        style: tuple[Tensor, ...],
        draw: Callable[[Tensor, tuple[Tensor, ...]], Tensor],
    ) -> tuple[Tensor, ...]:
        """Correct a code.

        Args:
            code: its vectors, each [1, C, 1, 1], then tensors that stay as they are.
            style: `seen` of the style.
            draw: Images [B, 3, H, W] and a code -> Images of the same shape.

        Returns:
            The tensors of the corrected code. Gradients pass through `code` alone.
        """
        error = self.error(code, style, draw)
        steps = (error @ self.look @ self.act).view(-1, code[0].shape[1])
        count = len(steps)
        moved = (part + step.view_as(part) for part, step in zip(code[:count], steps, strict=True))
        return *moved, *code[count:]

    @torch.no_grad()
    def error(
        self,
        code: tuple[Tensor, ...],
        style: tuple[Tensor, ...],
        draw: Callable[[Tensor, tuple[Tensor, ...]], Tensor],
    ) -> Tensor:
        """How the photographs drawn with `code` differ from the style: [481], the last one a 1."""
        drawn = self.seen(draw(self.photographs, code).clamp(0, 1))
        found = difference(drawn, style, self.least)
        near = found * (_FURTHEST / found.norm().clamp_min(_FURTHEST))
        return torch.cat([near, near.new_ones(1)])

    @torch.no_grad()
    def seen(self, image: Tensor) -> tuple[Tensor, ...]:
        """Moments of what the eye sees in Images [B, 3, H, W], as `moments_of` gives them."""
        return moments_of(self.eye(image, *LAYERS))


def moments_of(layers: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Mean and deviation over each picture of every channel, then their means over the pictures.

    Args:
        layers: features [B, C, H, W].

    Returns:
        For each layer two vectors [C], float32.
    """
    found: list[Tensor] = []
    for features in layers:
        wide = features.float()
        mean = wide.mean((2, 3), keepdim=True)
        variance = (wide - mean).square().mean((2, 3))
        # Not added: the exporter takes so small a number for 0.
        found += [mean.mean((0, 2, 3)), variance.clamp_min(_LEAST_VARIANCE).sqrt().mean(0)]
    return tuple(found)


def difference(drawn: tuple[Tensor, ...], style: tuple[Tensor, ...], least: Tensor) -> Tensor:
    """How far moments are from those of a style, in one vector whose square is a style loss.

    sum of squares = sum over layers of mean(m - m_s)^2 / (mean(m_s^2) + l), and the same of the
    deviations; l are the numbers of `least`, which keep quiet styles from counting for more.
    """
    parts = [
        (a - b) / ((b.square().mean() + low) * len(b)).sqrt()
        for a, b, low in zip(drawn, style, least, strict=True)
    ]
    return torch.cat(parts)


@cache
def _photographs() -> Tensor:
    """Three photographs side by side in a file -> [3, 3, 96, 96]."""
    strip = torch.from_numpy(read_picture(Path(__file__).with_name("feedback.png")).pixels.copy())
    return torch.stack(strip.permute(2, 0, 1).chunk(3, dim=2)).float() / 255
