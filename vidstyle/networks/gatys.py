"""Style transfer by optimization: no network draws, the pixels of the drawing are moved.

Gatys, Ecker, Bethge, "Image style transfer using convolutional neural networks", CVPR 2016,
https://doi.org/10.1109/CVPR.2016.265, from coarse to fine as in "Controlling perceptual factors in
neural style transfer", CVPR 2017, https://arxiv.org/abs/1611.07865. Clips as in Ruder, Dosovitskiy,
Brox, "Artistic style transfer for videos", GCPR 2016, https://arxiv.org/abs/1604.08610.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import ClassVar, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.contracts import OnStep, Precision, Step
from vidstyle.networks.descent import OPTIMIZERS
from vidstyle.networks.lossnet import CONTENT_LAYERS, LossNetwork
from vidstyle.networks.motion import Carried, carry
from vidstyle.networks.msgnet import gram
from vidstyle.networks.vgg import PRUNED, VGG

# What each term counts for, the content 1: chosen by eye, on photographs of 384x256.
STYLE_WEIGHT = 40.0  # at full strength
VARIATION_WEIGHT = 4.0
RANGE_WEIGHT = 1000.0
TEMPORAL_WEIGHT = 300.0  # more leaves all that the style lacks to where nothing is carried

_COARSEST = 64  # pixels that the shorter side has at least where a drawing begins
_SAME_SCENE = 0.5  # share of a frame that must show what the one before did
_SAME_STYLE = 0.1  # distance that a fade goes at most from frame to frame

Features: TypeAlias = Sequence[Tensor]  # relu1_1 to relu4_1, each [1, C, H', W'], float32


class Gatys(nn.Module):
    """Draws by moving pixels until their features show the content and match the style.

    It is computed on the device and in the precision of its loss network.

    Args:
        steps: at each scale. A frame that begins with the last drawing takes half of them.
        optimizer: "lbfgs"; or "adam", which is more restless and takes a tenth of the memory.
    """

    code_names: ClassVar[tuple[str, ...]] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    memory_names: ClassVar[tuple[str, ...]] = ("content", "drawing", *code_names)  # before
    smallest: ClassVar[int] = 16  # pixels a side: relu4_1 is then 2x2
    least_strength: ClassVar[float] = 0.0
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32", "bf16")  # fp16 loses small gradients
    optimizes: ClassVar[bool] = True

    def __init__(self, steps: int = 30, optimizer: str = "lbfgs") -> None:
        super().__init__()
        self.losses = LossNetwork(VGG("relu3_1"), VGG("relu4_1", widths=PRUNED))
        self._steps, self._optimizer = steps, optimizer

    @torch.no_grad()
    def encode(self, style: Tensor) -> tuple[Tensor, ...]:
        """The Gram matrix [1, C, C] of each layer, for a style Image [1, 3, H, W]."""
        return tuple(map(gram, self._features(style)))

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
        on_step: OnStep | None = None,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw one picture, or the next frame of a clip.

        Args:
            content: Image [1, 3, H, W].
            code: of the style.
            strength: [1], 0..1; the style's weight grows by its square. None: in full.
            memory: what the frame before gave; empty for a picture and for a clip's first frame.
            on_step: called after each step; may raise, to end it.

        Returns:
            The drawing, an Image [1, 3, H, W], and the memory for the next frame.
        """
        style_weight = STYLE_WEIGHT * (1.0 if strength is None else strength.item() ** 2)
        carried = _carried(content, code, memory)
        fades = not all(map(torch.equal, code, memory[2:]))
        steps = self._steps if carried is None else math.ceil(self._steps / 2)
        sizes = list(_coarse_to_fine(*content.shape[2:]))
        numbers = count(1)
        drawing = content
        for size in sizes:
            shown, start = _resized(content, size), _resized(drawing, size)
            known = None if carried is None else Carried(*(_resized(x, size) for x in carried))
            if known is not None:
                start = start + known.trust * (known.drawing - start)
            held = None if fades else known  # the last style must not hold back the next
            for losses, drawing in self._improve(start, steps, shown, code, style_weight, held):
                if on_step is not None:
                    seen = drawing.clamp(0, 1)
                    on_step(Step(next(numbers), steps * len(sizes), losses, seen))
        drawing = drawing.clamp(0, 1)
        return drawing, (content, drawing, *code)

    def _improve(
        self,
        start: Tensor,
        steps: int,
        content: Tensor,
        code: tuple[Tensor, ...],
        style_weight: float,
        carried: Carried | None,
    ) -> Iterator[tuple[dict[str, float], Tensor]]:
        """After each step at one scale, the losses of what it tried and the drawing so far."""
        with torch.no_grad():
            wanted = self._features(content)
        losses: dict[str, Tensor] = {}

        def evaluate(pixels: Tensor) -> tuple[float, Tensor]:
            with torch.enable_grad():
                image = pixels.view(start.shape).requires_grad_()
                features = self._features(image)
                losses["content"] = content_loss(features, wanted)
                losses["style"] = style_weight * style_loss(features, code)
                losses["variation"] = VARIATION_WEIGHT * total_variation(image)
                losses["range"] = RANGE_WEIGHT * beyond_range(image)
                if carried is not None:
                    losses["temporal"] = TEMPORAL_WEIGHT * temporal_loss(image, carried)
                total = torch.stack([*losses.values()]).sum()
            (gradient,) = torch.autograd.grad(total, image)
            return total.item(), gradient.flatten()

        descent = OPTIMIZERS[self._optimizer](evaluate, start.flatten())
        for pixels in islice(descent, steps):
            values = {name: loss.item() for name, loss in losses.items()}
            yield values, pixels.view(start.shape)

    def _features(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(layer.float() for layer in self.losses(image))


def style_loss(drawn: Features, grams: Sequence[Tensor]) -> Tensor:
    """How far the Gram matrices of a drawing are from a style's.

    Gatys et al. 2016, equations 3 to 5, but relative to the style, so that one weight suits every
    style.

    Args:
        drawn: features of the drawing.
        grams: of the style, [1, C, C] for each layer.
    """
    return distance([gram(layer) for layer in drawn], grams)


def distance(grams: Sequence[Tensor], style: Sequence[Tensor]) -> Tensor:
    """mean over layers of |G - A|^2 / |A|^2, A the Gram matrices of the style, [1, C, C] each."""
    distances = [
        (ours - theirs).square().sum() / theirs.square().sum()
        for ours, theirs in zip(grams, style, strict=True)
    ]
    return torch.stack(distances).mean()


def content_loss(drawn: Features, content: Features) -> Tensor:
    """How far the features of a drawing are from its content's.

    mean over relu3_1 and relu4_1 of |F - P|^2 / |P|^2, F those of the drawing and P those of the
    content. Gatys et al. 2016, equation 1, but relative to the content.
    """
    distances = [
        (drawn[layer] - content[layer]).square().sum() / content[layer].square().sum()
        for layer in CONTENT_LAYERS
    ]
    return torch.stack(distances).mean()


def total_variation(image: Tensor) -> Tensor:
    """The mean of (right - left)^2 plus that of (lower - upper)^2, over an Image [B, 3, H, W].

    Mahendran, Vedaldi, "Understanding deep image representations by inverting them", CVPR 2015,
    https://arxiv.org/abs/1412.0035, with beta = 2.
    """
    return image.diff(dim=3).square().mean() + image.diff(dim=2).square().mean()


def beyond_range(image: Tensor) -> Tensor:
    """Mean square of what lies outside 0..1, and will be cut off."""
    return (image - image.clamp(0, 1)).square().mean()


def temporal_loss(image: Tensor, carried: Carried) -> Tensor:
    """mean of c (x - w)^2, x the drawing, w the moved one of the frame before, c its trust.

    The temporal consistency loss of Ruder et al. 2016.
    """
    return (carried.trust * (image - carried.drawing).square()).mean()


def _carried(
    content: Tensor, code: tuple[Tensor, ...], memory: tuple[Tensor, ...]
) -> Carried | None:
    """What can be gone on with of the frame before; None where a scene or style begins."""
    if not memory:
        return None
    seen, drawn, *code_before = memory
    if distance(code, code_before) > _SAME_STYLE:
        return None
    carried = carry(content, seen, drawn)
    return carried if carried.trust.mean() >= _SAME_SCENE else None


def _coarse_to_fine(height: int, width: int) -> Iterator[tuple[int, int]]:
    """Sizes that double, the last one the given one."""
    if min(height, width) >= 2 * _COARSEST:
        yield from _coarse_to_fine(math.ceil(height / 2), math.ceil(width / 2))
    yield height, width


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(image, size, mode="bilinear", antialias=True)
