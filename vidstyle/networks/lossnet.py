"""The networks whose features losses compare: they are read, never taught."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidstyle.checkpoints import read_checkpoint
from vidstyle.errors import InputError
from vidstyle.networks.vgg import PRUNED, VGG

CONTENT_LAYERS = (2, 3)  # relu3_1 and relu4_1, of the four


class LossNetwork(nn.Module):
    """relu1_1, relu2_1 and relu3_1 of the normalized VGG-19, and a relu4_1.

    Args:
        shallow: the normalized VGG-19, at least up to relu3_1.
        deep: its pruned likeness, whose relu4_1 costs a sixteenth; None where `shallow` reaches
            relu4_1 itself.
    """

    def __init__(self, shallow: VGG, deep: VGG | None) -> None:
        super().__init__()
        self.shallow, self.deep = shallow, deep
        self.requires_grad_(False).to(memory_format=torch.channels_last)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Four feature maps of an Image [B, 3, H, W], from fine to coarse, in the weights' type."""
        image = image.to(self.shallow.preprocess.weight.dtype)
        image = image.contiguous(memory_format=torch.channels_last)
        names = ["relu1_1", "relu2_1", "relu3_1"]
        if self.deep is None:
            return (*self.shallow(image, *names, "relu4_1"),)
        return *self.shallow(image, *names), *self.deep(image, "relu4_1")


def load_loss_network(shallow: Path, deep: Path | None) -> LossNetwork:
    """The loss network from its authors' files.

    Args:
        shallow: a normalized VGG-19, whole or up to relu3_1.
        deep: a 16x pruned one; None: `shallow` is whole.

    Raises:
        InputError: a file that cannot be read, or holds another network.
    """
    if deep is None:
        return LossNetwork(_filled(VGG("relu4_1"), shallow), None)
    return LossNetwork(_filled(VGG("relu3_1"), shallow), load_pruned(deep))


def load_pruned(path: Path) -> VGG:
    """A 16x pruned VGG-19 up to relu4_1 from its authors' file.

    Raises:
        InputError: a file that cannot be read, or holds another network.
    """
    return _filled(VGG("relu4_1", widths=PRUNED), path)


def _filled(network: VGG, path: Path) -> VGG:
    """`network` with the convolutions of the file, which every such file keeps in their order."""
    tensors = iter(read_checkpoint(path).items())
    filled = {}
    for ours, wanted in network.state_dict().items():
        theirs, found = next(tensors, ("nothing more", None))
        shape = tuple(found.shape) if isinstance(found, Tensor) else None
        if shape != wanted.shape:
            raise InputError(
                f"{str(path)!r} is not the loss network wanted: it has {theirs} of shape {shape} "
                f"where {ours} of shape {tuple(wanted.shape)} belongs."
            )
        filled[ours] = found
    network.load_state_dict(filled)
    return network
