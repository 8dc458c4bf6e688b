"""Flow by RAFT, a network: with its published weights better than DIS, and slower.

Teed, Deng, "RAFT: Recurrent all-pairs field transforms for optical flow", ECCV 2020,
https://arxiv.org/abs/2003.12039, as torchvision has it, in float32.
"""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor, nn
from torchvision.models.optical_flow import raft_large, raft_small

from vidstyle.checkpoints import checked_tensor, read_checkpoint
from vidstyle.contracts import Pixels
from vidstyle.image import resize, to_uint8
from vidstyle.temporal.flow import Flow, Motion, Numbers
from vidstyle.temporal.flow_weights import flow_weights, stored_path
from vidstyle.temporal.occlusion import motion_both_ways
from vidstyle.temporal.warp import resized
from vidstyle.weights import published_checkpoint

_NETWORKS = {"raft-small": raft_small, "raft-large": raft_large}
_UPDATES = 12  # of the flow, as in the paper
_STEP = 8  # pixels to one of the coarse flow
_LEAST = 128  # pixels a side, below which the coarsest of its four levels vanishes
# Every coarse pixel is compared with every other: 1.1 GB at this size, and it would be 5.6 GB at
# 1920x1080. Larger pictures are shrunk to it.
_MOST = 1280 * 720  # pixels


class Raft:
    """Flow by a network.

    Args:
        network: a `FlowNetwork` on `device`.
        device: where pictures are brought to, such as "cpu" or "cuda:0".
    """

    def __init__(self, network: FlowNetwork, device: str = "cpu") -> None:
        self._network, self._device = network, device

    def flow(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> Flow:
        """The backward flow, from `current` to `previous`."""
        height, width = current.shape[:2]
        scale = min(1, math.sqrt(_MOST / (height * width)))
        size = round(height * scale), round(width * scale)
        with torch.inference_mode():
            images = [self._image(resize(pixels, *size)) for pixels in (previous, current)]
            flow = self._network(*images)[0].cpu().numpy()
        return resized(flow, height, width)

    def motion(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> Motion:
        """The backward flow and where not to trust it."""
        return motion_both_ways(self.flow, previous, current)

    def _image(self, pixels: Pixels) -> Tensor:
        """Pixels as an Image [1, 3, H, W]."""
        if not isinstance(pixels, Tensor):
            pixels = torch.from_numpy(to_uint8(pixels))
        levels = 255 if pixels.dtype == torch.uint8 else 65535
        return pixels.to(self._device).permute(2, 0, 1)[None].float() / levels


class FlowNetwork(nn.Module):
    """Two Images [1, 3, H, W] of any size -> the flow from the second to the first, [1, H, W, 2].

    Args:
        raft: torchvision's network.
    """

    def __init__(self, raft: nn.Module) -> None:
        super().__init__()
        self.raft = raft

    def forward(self, previous: Tensor, current: Tensor) -> Tensor:
        """Pad, go from 0..1 to -1..1, and take the last of its flows."""
        height, width = current.shape[2:]
        margins = 0, _missing(width), 0, _missing(height)
        before, now = (
            2 * F.pad(image, margins, mode="replicate") - 1 for image in (previous, current)
        )
        flow: Tensor = self.raft(now, before, num_flow_updates=_UPDATES)[-1]
        return flow[:, :, :height, :width].permute(0, 2, 3, 1)


def load_raft(name: str, device: str = "cpu") -> Raft:
    """The estimator "raft-small" or "raft-large", with its weights.

    Raises:
        VidstyleError: they are not here; the message says how to get them.
        InputError: they are damaged, or of another network.
    """
    if torch.device(device).type == "cuda":
        torch.backends.cudnn.allow_tf32 = False  # of 11 bits: flow is wanted in float32
    return Raft(load_network(name).to(device), device)


small = partial(load_raft, "raft-small")
large = partial(load_raft, "raft-large")


def load_network(name: str) -> FlowNetwork:
    """The network of `load_raft`, on the CPU."""
    raft = _NETWORKS[name]()
    raft.load_state_dict(_read(name, raft, flow_weights(name)))
    return FlowNetwork(raft.eval().requires_grad_(False))


def import_raft(name: str, file: Path, folder: Path | None = None) -> Path:
    """Check torchvision's own file of weights and store it as safetensors; where, is given back.

    Args:
        name: "raft-small" or "raft-large".
        file: a checkpoint of torchvision's network of that size.
        folder: where to store, below `flows`; None for the user's data folder.

    Raises:
        InputError: it cannot be read, or is of another network.
    """
    tensors, row = _read(name, _NETWORKS[name](), file), published_checkpoint(name)
    path = stored_path(name, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_bytes(save(tensors, {"license": row["license"], "source": row["address"]}))
    return draft.replace(path)


def _read(name: str, raft: Any, path: Path) -> dict[str, Tensor]:
    """The weights in a file, compared with what the network needs."""
    tensors, wanted = read_checkpoint(path), raft.state_dict()
    hint = f"is it torchvision's file of {name}?"
    return {
        key: checked_tensor(tensors, key, tensor.shape, path, hint)
        for key, tensor in wanted.items()
    }


def _missing(side: int) -> int:
    """Pixels that a side lacks to a size that the network takes."""
    return max(_LEAST, math.ceil(side / _STEP) * _STEP) - side
