"""AdaIN as its repository runs it: eager PyTorch, frame by frame, the style read for each.

After test_video.py of https://github.com/naoto0804/pytorch-AdaIN: VGG-19 up to relu4_1, OpenCV
reads. It differs in three things. Pictures keep their size (--content_size 0 --style_size 0), so
that all peers draw and read the same number of pixels. H.264 is written with vidstyle's settings.
And the published weights are taken where they were imported (`vidstyle weights fetch adain`), else
seeded ones: speed does not depend on weights.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from peers import h264
from PIL import Image
from torchvision.transforms.functional import to_tensor

from vidstyle.contracts import Network
from vidstyle.networks.adain import AdaIN
from vidstyle.networks.loading import load_network
from vidstyle.weights import find_model


def stylize(clip: str, style: str, out: str) -> Iterator[None]:
    """Draw `clip` in the picture `style`; yields after each frame."""
    network, picture = published(), Image.open(style).convert("RGB")
    source = cv2.VideoCapture(clip)
    with h264.writing(clip, out) as write:
        while (read := source.read())[0]:
            content = to_tensor(Image.fromarray(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)))
            image = draw(network, content[None], to_tensor(picture)[None])
            pixels = image[0].permute(1, 2, 0).clamp(0, 1).numpy() * 255
            write(pixels.astype(np.uint8))
            yield


def published() -> Network:
    """AdaIN of the published size."""
    model = find_model("adain")
    if model.header.config.get("layer", "relu4_1") == "relu4_1":
        return load_network(model)
    torch.manual_seed(0)
    return AdaIN().eval().requires_grad_(False)


@torch.no_grad()
def draw(network: Network, content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """A drawing of `content`; both are [1, 3, H, W] in 0..1."""
    image, _ = network.stylize(content, network.encode(style), torch.ones(1))
    return image
