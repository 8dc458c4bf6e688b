"""MicroAST as its repository runs it: eager PyTorch, picture by picture, by way of the disk.

After test_microAST.py of https://github.com/EndyWon/MicroAST, with the published weights, on the
CPU. It takes a folder of pictures, reads the style anew for each, and saves JPEGs, so a clip is
taken apart before and put together after. Here each picture goes that whole way before the next:
the same work, but the first frame is there sooner.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import numpy as np
import torch
from peers import h264
from PIL import Image
from torchvision.transforms.functional import to_tensor
from torchvision.utils import save_image

from vidstyle.contracts import Network
from vidstyle.networks.loading import load_network
from vidstyle.weights import find_model


def stylize(clip: str, style: str, out: str) -> Iterator[None]:
    """Draw `clip` in the picture `style`; yields after each frame."""
    network = load_network(find_model("microast"))
    with tempfile.TemporaryDirectory() as folder, h264.writing(clip, out) as write:
        content, drawn = f"{folder}/content.jpg", f"{folder}/drawn.jpg"
        for frame in h264.frames(clip):
            frame.to_image().save(content, quality=95)
            save_image(draw(network, opened(content), opened(style)), drawn)
            write(np.asarray(Image.open(drawn)))
            yield


def opened(path: str) -> torch.Tensor:
    """A picture, [1, 3, H, W] in 0..1."""
    return to_tensor(Image.open(path).convert("RGB"))[None]


@torch.no_grad()
def draw(network: Network, content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """A drawing of `content`; both are [1, 3, H, W] in 0..1."""
    image, _ = network.stylize(content, network.encode(style), torch.ones(1))
    return image
