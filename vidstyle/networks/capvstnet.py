"""CAP-VSTNet: a reversible network; between its two ways the style's covariance is given.

Wen, Gao, Zou, "CAP-VSTNet: content affinity preserved versatile style transfer", CVPR 2023,
https://arxiv.org/abs/2303.17803. As the published PyTorch weights have it: 4.09 M parameters, used
both ways, so that nothing of the content is lost between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.contracts import Precision
from vidstyle.networks.layers import conv
from vidstyle.networks.whitening import affine, cholesky, mean_covariance

QUARTER = 4  # pixels a side that a place at quarter size covers
SIDES = {"photo": 1, "art": 2}  # pixels a side that a place of z covers
REFINING = 2  # blocks at the end, which the published files name apart
BEGUN = 0.1  # of a branch's usual first weights: a new network does little but fold
FEWEST = 10  # pixels: a label that has no more, in content or style, is not drawn …
FARTHEST = 100  # … nor one that has as many times more in the one than in the other


class CAPVSTNet(nn.Module):
    """Forward to z, an affine map of z to the style's mean and covariance, and back.

    With labels, each region of the content is drawn with the style's region of the same label,
    and comes back as it is where there is none. Without labels, all is label 0.

    Args:
        mode: "photo" keeps the content's texture. "art" takes on the style's: there z has half the
            picture's size, and four times the channels.
        blocks: how many there are at full, half and quarter size.
        width: channels of each half of the state at full size; four times as many at half size,
            sixteen times at quarter size. z has twice as many, in "art" eight times.
    """

    code_names: ClassVar[tuple[str, ...]] = (  # of K labels; z has C channels
        "means",  # [K, C, 1]
        "factors",  # Cholesky's, of the covariances: [K, C, C]
        "counts",  # of pixels: [K]
    )
    memory_names: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 8  # pixels a side, so that reflection finds a neighbor at a quarter
    least_strength: ClassVar[float] = 0.01  # at 0 the content comes back, but for rounding
    reads_whole: ClassVar[bool] = True  # grain counts, which resizing changes
    steady: ClassVar[bool] = True  # its authors trained it for video, as do its recipes
    # In half precision blocks give nothing back, and nothing factors.
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32",)

    def __init__(
        self,
        mode: Literal["photo", "art"] = "photo",
        blocks: Sequence[int] = (10, 10, 12),
        width: int = 16,
    ) -> None:
        super().__init__()
        self.side, self.width = SIDES[mode], width
        self.channels = 2 * width * self.side**2  # of z
        self.blocks = nn.ModuleList(
            Block(width * 4**size, folds=size > 0 and place == 0)
            for size, count in enumerate(blocks)
            for place in range(count)
        )

    def encode(self, style: Tensor, labels: Tensor | None = None) -> tuple[Tensor, ...]:
        """Mean and covariance of the style's z, for each of its `labels`: integers [H, W]."""
        z = self.forward(style)
        if labels is None:
            return *read(z), z.new_ones(1) * (style.shape[2] * style.shape[3])
        at, counts = self._labels_of_z(labels), torch.bincount(labels.flatten())
        regions = [read(z[:, :, None, at == label]) for label in range(len(counts))]
        means, factors = zip(*regions, strict=True)
        seen = torch.bincount(at.flatten(), minlength=len(counts)) > 0  # a thin line can get lost
        return torch.cat(means), torch.cat(factors), (counts * seen).to(z.dtype)

    def stylize(
        self,
        content: Tensor,
        code: tuple[Tensor, ...],
        strength: Tensor | None = None,
        memory: tuple[Tensor, ...] = (),
        labels: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Draw `content`, with its `labels`, integers [H, W]; `strength` blends the statistics."""
        height, width = content.shape[2:]
        means, factors, _ = code
        z = self.forward(content)
        if labels is None and len(means) == 1:
            z = transfer(z, means, factors, strength)
        else:
            if labels is None:
                labels = torch.zeros(height, width, dtype=torch.uint8, device=content.device)
            z = self._transfer_by_labels(z, code, strength, labels)
        return self.inverse(z)[..., :height, :width], memory

    def forward(self, image: Tensor) -> Tensor:
        """Image [B, 3, H, W] -> z [B, C, H', W'], its places in the order of `gather`.

        The border continues the picture to multiples of 4 pixels.
        """
        height, width = image.shape[2:]
        below, right = (
            (side + QUARTER - 1) // QUARTER * QUARTER - side for side in (height, width)
        )
        whole = F.pad(image, (0, right, 0, below), mode="replicate")
        first, second = F.pad(whole, (0, 0, 0, 0, 0, 2 * self.width - 3)).chunk(2, 1)
        for block in self.blocks:
            first, second = block(first, second)
        return gather((first, second), self.channels)

    def inverse(self, z: Tensor) -> Tensor:
        """The picture whose `forward` is `z`, with what continued it."""
        first, second = scatter(z, self.width * QUARTER**2)
        for block in reversed(cast(Sequence[Block], self.blocks)):
            first, second = block.inverse(first, second)
        return first[:, :3]

    def official_keys(self) -> dict[str, dict[str, str]]:
        """For each published file, its keys and where they belong here."""
        return {"checkpoint": {self._official_key(name): name for name in self.state_dict()}}

    def _official_key(self, name: str) -> str:
        """ "blocks.3.branch.2.bias" is published as "stack.3.conv.4.bias"."""
        _, place, _, layer, kind = name.split(".")
        refining = int(place) - (len(self.blocks) - REFINING)
        block = f"stack.{place}"
        if refining >= 0:
            block = f"channel_reduction.block_list.{refining}"
        return f"{block}.conv.{OFFICIAL_LAYERS[layer]}.{kind}"

    def _transfer_by_labels(
        self, z: Tensor, code: tuple[Tensor, ...], strength: Tensor | None, labels: Tensor
    ) -> Tensor:
        at = self._labels_of_z(labels)
        counts = torch.bincount(labels.flatten(), minlength=len(code[0]))
        styled = z.clone()
        for label, (mean, factor, count) in enumerate(zip(*code, strict=True)):
            fewer, more = sorted((int(counts[label]), int(count)))
            region = at == label
            if fewer > FEWEST and more < FARTHEST * fewer and region.any():
                drawn = transfer(z[:, :, None, region], mean[None], factor[None], strength)
                styled[:, :, region] = drawn[:, :, 0]
        return styled

    def _labels_of_z(self, labels: Tensor) -> Tensor:
        """Labels [H, W] of a picture -> those of its z's places [H', W'].

        At half the size by the nearest, which is Pillow's: of 2x2 pixels the bottom right one.
        """
        rows, columns = (_centers(length, self.side) for length in labels.shape)
        folded = labels[rows[:, None], columns][None, None]
        while folded.shape[1] * self.side**2 < QUARTER**2:
            folded = fold(folded)
        return gather(folded.chunk(2, 1), channels=1)[0, 0]


OFFICIAL_LAYERS = {"0": "1", "2": "4", "4": "7"}  # theirs has the paddings as layers


class Block(nn.Module):
    """A reversible step: (x1, x2) -> (x2, x1 + branch(x2)), its branch a bottleneck.

    Args:
        width: channels of x1 and x2 after it.
        folds: whether height and width are halved, for four times the channels.
    """

    def __init__(self, width: int, folds: bool) -> None:
        super().__init__()
        inside = width // 4
        self.folds = folds
        self.branch = nn.Sequential(
            conv(width // 4, inside, stride=2) if folds else conv(width, inside), nn.ReLU(),
            conv(inside, inside), nn.ReLU(),
            conv(inside, width),
        )  # fmt: skip
        with torch.no_grad():
            for weight in self.branch[-1].parameters():
                weight.mul_(BEGUN)

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Both halves of the state, [B, width, H, W], before it -> after it."""
        branch = self.branch(second)
        if self.folds:
            first, second = fold(first), fold(second)
        return second, branch.to(first.dtype).add_(first)

    def inverse(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Both halves of the state after it -> before it."""
        if self.folds:
            first = unfold(first)
        before = self.branch(first).to(second.dtype).neg_().add_(second)
        return unfold(before) if self.folds else before, first


def read(z: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [B, C, 1] of `z`, and the Cholesky factor [B, C, C] of its covariance."""
    with _float32(z):
        mean, covariance = mean_covariance(z)
        return mean, cholesky(covariance)[0]


def transfer(z: Tensor, mean: Tensor, factor: Tensor, strength: Tensor | None) -> Tensor:
    """`z` with the style's `mean` and covariance, that of the Cholesky `factor` L_s.

    T z + b, with T = L_s L_c^-1 and b = mean - T mean_c: section 3.3 of the paper. With a strength
    s, L_s is s L_s + (1 - s) L_c and the mean is blended so too: T is s T + (1 - s) I, and b is
    s b. The published code calls 1 - s `alpha_c`.
    """
    with _float32(z):
        own_mean, covariance = mean_covariance(z)
        matrix = factor @ cholesky(covariance)[1]
        shift = mean - matrix @ own_mean
        if strength is not None:
            share = strength[:, None, None]
            identity = torch.eye(z.shape[1], device=z.device)
            matrix, shift = torch.lerp(identity, matrix, share), share * shift
        return affine(z, matrix, shift)


def _centers(length: int, side: int) -> Tensor:
    """At which of `length` pixels is the center of each place that covers `side` of them."""
    return torch.arange(side // 2, length + -length % QUARTER, side).clamp_max(length - 1)


def _float32(z: Tensor) -> torch.autocast:
    """Nothing of z in half precision, whatever is around: no covariance of it could be factored."""
    return torch.autocast(z.device.type, enabled=False)


def fold(x: Tensor) -> Tensor:
    """Space to depth: [B, C, H, W] -> [B, 4 C, H / 2, W / 2], channel (2 y + x) C + c."""
    batch, channels, height, width = x.shape
    squares = x.reshape(batch, channels, height // 2, 2, width // 2, 2)
    places = squares.permute(0, 3, 5, 1, 2, 4)
    return places.reshape(batch, 4 * channels, height // 2, width // 2)


def unfold(x: Tensor) -> Tensor:
    """Depth to space: [B, 4 C, H, W] -> [B, C, 2 H, 2 W], the inverse of `fold`."""
    batch, channels, height, width = x.shape
    places = x.reshape(batch, 2, 2, channels // 4, height, width)
    squares = places.permute(0, 3, 4, 1, 5, 2)
    return squares.reshape(batch, channels // 4, 2 * height, 2 * width)


def gather(halves: Sequence[Tensor], channels: int) -> Tensor:
    """Both halves of the state [B, D, H, W] -> one map [B, `channels`, H, 2 D W / `channels`].

    The published code unfolds it to a picture. Statistics do not ask for the order of places, so
    here those that were folded into one stay side by side, and nothing is moved.
    """
    rows = torch.cat([*halves], 1).permute(0, 2, 3, 1)  # [B, H, W, 2 D]
    return rows.reshape(*rows.shape[:2], -1, channels).permute(0, 3, 1, 2)


def scatter(z: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """The two halves, `width` channels each, of what `gather` gave."""
    rows = z.permute(0, 2, 3, 1)
    state = rows.reshape(*rows.shape[:2], -1, 2 * width).permute(0, 3, 1, 2)
    first, second = state.chunk(2, 1)
    return first, second
