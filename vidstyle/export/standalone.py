"""Graphs that need nothing beside them: any picture goes in, and what comes out is in 0..1."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.contracts import Graph, Network, Port
from vidstyle.weights import Model

_LOBES = 3  # of Lanczos's window, on each side


class Reader(nn.Module):
    """`encode`, of a style of any size.

    Args:
        network: what reads.
        side: pixels of the square that it reads; None for one that reads a style as it is.
        pixels: the style comes as uint8 [1, H, W, 3] rather than as an Image.
    """

    def __init__(self, network: Network, side: int | None, pixels: bool) -> None:
        super().__init__()
        self.network, self.side, self.pixels = network, side, pixels

    def forward(self, style: Tensor) -> tuple[Tensor, ...]:
        """Style -> the tensors of its code; of a network with styles of its own, the place."""
        if style.dim() == 1:
            return self.network.encode(style)
        image = _to_image(style) if self.pixels else style
        if self.side is None:
            return self.network.encode(_padded(image, self.network.smallest))
        return self.network.encode(squared(image, self.side))


class Painter(nn.Module):
    """`stylize`, of a content of any size, at any strength.

    Args:
        network: what draws.
        pixels: pictures come and go as uint8 [B, H, W, 3] rather than as Images.
    """

    def __init__(self, network: Network, pixels: bool) -> None:
        super().__init__()
        self.network, self.pixels = network, pixels

    def forward(self, *inputs: Tensor) -> tuple[Tensor]:
        """Content, the tensors of a code, strength [B] of 0..1 -> image.

        Below the least strength of the network's own, the drawing fades into the content.
        """
        content, *code, strength = inputs
        content = _to_image(content) if self.pixels else content
        least = self.network.least_strength
        own = strength.clamp_min(least) if least < 1 else None
        drawn, _ = self.network.stylize(_padded(content, self.network.smallest), tuple(code), own)
        drawn = drawn[..., : content.shape[2], : content.shape[3]].clamp(0, 1)
        share = (strength / least).clamp(0, 1)[:, None, None, None]
        image = torch.lerp(content, drawn, share)
        return (_to_pixels(image) if self.pixels else image,)


def reading_graph(network: Network, model: Model, side: int | None, pixels: bool) -> Graph:
    """The graph "encode" of a loaded network, for use by itself; arguments as `Reader` has them."""
    stored = model.graph("encode")
    style, *_ = stored.inputs
    if style.is_picture:
        style = Port("style", (1, "H", "W", 3) if pixels else (1, 3, "H", "W"))
    module = Reader(network, side, pixels).eval()
    return Graph(stored.name, module, (style,), stored.outputs, stored.digest)


def painting_graph(network: Network, model: Model, pixels: bool) -> Graph:
    """The graph "stylize" of a loaded network, for use by itself; arguments as `Painter`'s."""
    stored = model.graph("stylize")
    picture = ("B", "H", "W", 3) if pixels else ("B", 3, "H", "W")
    code = stored.inputs[1 : 1 + len(network.code_names)]
    inputs = (Port("content", picture), *code, Port("strength", ("B",)))
    module = Painter(network, pixels).eval()
    return Graph(stored.name, module, inputs, (Port("image", picture),), stored.digest)


def squared(image: Tensor, side: int) -> Tensor:
    """An Image as a square, as `styles.squared` makes one of Pixels: first in width, then height.

    Two products of matrices, since no operator of ONNX resizes so.
    """
    height, width = image.shape[2:]
    narrowed = (image @ _lanczos(width, side, image).T).clamp(0, 1)
    return (_lanczos(height, side, image) @ narrowed).clamp(0, 1)


def _lanczos(places: int, side: int, like: Tensor) -> Tensor:
    """Lanczos's resampling of `places` to `side` as a matrix [side, places].

    A place weighs sinc(d) sinc(d / 3), d its distance in places or, where the picture shrinks, in
    places of the result. Duchon, "Lanczos filtering in one and two dimensions", 1979.
    """
    step = like.new_ones(()) * places / side
    centers = (torch.arange(side, device=like.device) + 0.5) * step
    distance = torch.arange(places, device=like.device) + 0.5 - centers[:, None]
    distance = distance / step.clamp_min(1)
    weights = torch.sinc(distance) * torch.sinc(distance / _LOBES) * (distance.abs() < _LOBES)
    return weights / weights.sum(1, keepdim=True)


def _padded(image: Tensor, least: int) -> Tensor:
    """An Image of at least so many pixels a side, continued by its border, right and below."""
    below, right = (torch.sym_max(side, least) - side for side in image.shape[2:])
    margins = cast(tuple[int, ...], (0, right, 0, below))
    return F.pad(image, margins, mode="replicate")


def _to_image(pixels: Tensor) -> Tensor:
    """Made float first: TensorRT does nothing else with uint8."""
    return pixels.float().permute(0, 3, 1, 2) / 255


def _to_pixels(image: Tensor) -> Tensor:
    """Rounded to the nearest, half to even as all runtimes do."""
    return (255 * image).round().permute(0, 2, 3, 1).to(torch.uint8)
