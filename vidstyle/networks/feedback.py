"""A style's code, corrected once by what comes of it.

What is read from a style predicts only roughly what the code will draw. So three small photographs
are drawn with it, a pruned VGG compares the drawings with the style, and the code moves by a linear
map of what it finds. The map begins as a step of Gauss and Newton with the mean response, which
training measures (vidstyle/train/response.py), and is taught from there with all the rest. To read
a style takes longer by it, to draw a frame does not.
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
WIDTHS = PRUNED[:4]
_RANK = 64  # of the map: 640 numbers of a code hardly answer in more directions
_FURTHEST = 1.5  # that a drawing may seem from its style: what is linear nearby is not far away
_LEAST_VARIANCE = 1e-10  # those at relu4_1 are about 1e-6


class Feedback(nn.Module):
    """Corrects the numbers of a code.

    Args:
        numbers: how many are corrected.
    """

    photographs: Tensor
    least: Tensor

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.eye = VGG(LAYERS[-1], PRUNED)
        self.register_buffer("photographs", _photographs(), persistent=False)
        self.register_buffer("least", torch.zeros(2, len(LAYERS)))
        self.look = nn.Parameter(torch.zeros(2 * sum(WIDTHS) + 1, _RANK))
        self.act = nn.Parameter(torch.zeros(_RANK, numbers))

    @property
    def is_new(self) -> bool:
        """Whether its maps are still to be fitted; until then it corrects nothing."""
        return bool((self.act == 0).all())

    def forward(self, numbers: Tensor, style: Tensor, draw: Callable[[Tensor], Tensor]) -> Tensor:
        """Correct the numbers of a code.

        Args:
            numbers: [1, N, 1, 1].
            style: `seen` of the style.
            draw: Images [B, 3, H, W] -> Images of the same shape, with these numbers.

        Returns:
            The corrected numbers. Gradients pass through `numbers` and the map, not the drawing.
        """
        step = self.error(style, draw) @ self.look @ self.act
        return numbers + step.view_as(numbers)

    @torch.no_grad()
    def error(self, style: Tensor, draw: Callable[[Tensor], Tensor]) -> Tensor:
        """How the photographs are drawn otherwise than the style is: [481], the last one a 1."""
        drawn = self.seen(draw(self.photographs).clamp(0, 1))
        found = difference(drawn, style, self.least, WIDTHS)
        near = found * (_FURTHEST / found.norm().clamp_min(_FURTHEST))
        return torch.cat([near, near.new_ones(1)])

    @torch.no_grad()
    def seen(self, image: Tensor) -> Tensor:
        """Moments [480] of what the eye sees in Images [B, 3, H, W], as `moments_of` gives them."""
        return moments_of(self.eye(image, *LAYERS))


def moments_of(layers: tuple[Tensor, ...]) -> Tensor:
    """Mean and deviation over each picture of every channel, then their means over the pictures.

    Args:
        layers: features [B, C, H, W], each with a C of its own.

    Returns:
        The means of all layers, then the deviations of all, one vector in float32.
    """
    means = [layer.float().mean((2, 3), keepdim=True) for layer in layers]
    variances = [
        (layer.float() - mean).square().mean((2, 3))
        for layer, mean in zip(layers, means, strict=True)
    ]
    # Not added: the exporter takes so small a number for 0.
    deviations = torch.cat(variances, 1).clamp_min(_LEAST_VARIANCE).sqrt()
    return torch.cat([*(mean.flatten(1) for mean in means), deviations], 1).mean(0)


def difference(drawn: Tensor, style: Tensor, least: Tensor, widths: tuple[int, ...]) -> Tensor:
    """How moments are from those of a style, in one vector whose square is a style loss.

    sum of squares = sum over layers of mean(m - m_s)^2 / (mean(m_s^2) + l), and the same of the
    deviations; l are the numbers of `least`, which keep quiet styles from counting for more.

    Args:
        drawn: moments of a drawing.
        style: those of the style.
        least: for the means and for the deviations of each layer, [2, layers].
        widths: channels of each layer.
    """
    belongs = _belongs(widths, style)
    floors = (mean_squares(style, widths) + least).flatten() * belongs.sum(1)
    return (drawn - style) / (floors @ belongs).sqrt()


def mean_squares(moments: Tensor, widths: tuple[int, ...]) -> Tensor:
    """Of the means and of the deviations of each layer, [2, layers]; arguments as above."""
    belongs = _belongs(widths, moments)
    return (belongs @ moments.square() / belongs.sum(1)).view(2, -1)


def _belongs(widths: tuple[int, ...], like: Tensor) -> Tensor:
    """1 where a moment is one of a layer's means or deviations, else 0: [2 layers, moments]."""
    rows = [like.new_ones(1, width) for width in 2 * widths]
    belongs: Tensor = torch.block_diag(*rows)  # type: ignore[no-untyped-call]
    return belongs


@cache
def _photographs() -> Tensor:
    """Three photographs side by side in a file -> [3, 3, 96, 96]."""
    strip = torch.from_numpy(read_picture(Path(__file__).with_name("feedback.png")).pixels.copy())
    return torch.stack(strip.permute(2, 0, 1).chunk(3, dim=2)).float() / 255
