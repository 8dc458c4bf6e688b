"""How much sooner CAP-VSTNet draws a frame here than as it was published, and whether the same.

    python bench/capvstnet.py [--size 1280x720] [--mode photo]

The published flow reads the style at the frame's size anew for every frame, unfolds z to a picture,
and takes means, covariances and the map between them over all of it in float64. Here a style is
read once, and a frame is one pass forward, one affine map and one pass back. All draw with the same
small random weights, which cost as much as others, in the published layout and in float32. Seconds
are the least of some rounds, in turns, on all cores.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from machine import machine, print_machine
from torch import Tensor, nn

from vidstyle.contracts import Pixels, Profile
from vidstyle.image import resize
from vidstyle.networks.capvstnet import QUARTER, CAPVSTNet, fold, unfold
from vidstyle.networks.importing import header_of, store_model
from vidstyle.networks.loading import load_network
from vidstyle.runtimes.openvino import OpenVINO
from vidstyle.sources import Reading, open_source
from vidstyle.styles import read_style
from vidstyle.weights import Model

ROOT = Path(__file__).parents[1]
CLIP, STYLE = ROOT / "samples/clips/valley.mp4", "starry-night"
ROUNDS = 3
SMALL = 0.5  # of the branches' usual first weights: no depth makes the state grow


def main() -> None:
    """Print seconds a frame, how many times as fast, and the largest difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--mode", default="photo", choices=("photo", "art"))
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    print_machine(machine())
    with open_source(str(CLIP), Reading(start=Fraction(2))) as source:
        content = resize(next(iter(source)).pixels, height, width)
    style = resize(read_style(STYLE), height, width)
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        compare(model_of(arguments.mode, Path(folder)), content, style)


def compare(model: Model, content: Pixels, style: Pixels) -> None:
    """Print a line for each way to draw `content`."""
    network: Any = load_network(model)
    published = Published(network)
    image, style_image = to_image(content), to_image(style)
    ways: dict[str, Callable[[], Tensor]] = {
        "published, torch": lambda: published(image, style_image)
    }
    code = network.encode(style_image)
    ours = load_network(model).to(memory_format=torch.channels_last)
    last = image.contiguous(memory_format=torch.channels_last)
    ways["here, torch"] = lambda: ours.stylize(last, code, None)[0]
    exactly = Profile(content.shape[:2], "fp32", "cpu", bits=16)
    engine = OpenVINO().compile(model.graph("stylize"), exactly)
    arrays = [content.astype(np.uint16) * 257, *(part.numpy() for part in code), np.ones(1, "f4")]
    ways["here, openvino"] = lambda: to_image(engine(*arrays)[0].astype(np.float32) / 257)
    pictures, seconds = {}, dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, draw in ways.items():
            began = time.perf_counter()
            pictures[name] = draw()
            seconds[name] = min(seconds[name], time.perf_counter() - began)
    expected, slowest = pictures["published, torch"].clamp(0, 1), seconds["published, torch"]
    for name, picture in pictures.items():
        difference = 255 * (picture.clamp(0, 1) - expected).abs().max()
        print(
            f"{name:<18}{seconds[name]:7.2f} s a frame, {slowest / seconds[name]:5.1f} times as "
            f"fast, differs by at most {difference:.2f} of 255",
            flush=True,
        )


class Published(nn.Module):
    """The published flow around the same blocks: every frame anew, statistics in float64."""

    def __init__(self, network: CAPVSTNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """Content and style [1, 3, H, W] of one size, H and W multiples of 4 -> image."""
        z, style_z = (self._unfolded(image).double() for image in (content, style))
        mean, factor = self._statistics(z)
        style_mean, style_factor = self._statistics(style_z)
        whitened = torch.linalg.inv(factor) @ (z.flatten(2) - mean)
        colored = style_factor @ whitened + style_mean
        return self._back(colored.view_as(z).float())

    def _unfolded(self, image: Tensor) -> Tensor:
        """z as a picture: [1, 32, H, W], or [1, 128, H / 2, W / 2] for art."""
        first = F.pad(image, (0, 0, 0, 0, 0, self.network.width - 3))
        second = torch.zeros_like(first)
        for block in self.network.blocks:
            branch = block.branch(second)
            if block.folds:
                first, second = fold(first), fold(second)
            first, second = second, first + branch
        z = torch.cat([first, second], 1)
        while z.shape[1] > self.network.channels:
            z = unfold(z)
        return z

    def _back(self, z: Tensor) -> Tensor:
        while z.shape[1] < 2 * self.network.width * QUARTER**2:
            z = fold(z)
        first, second = z.chunk(2, 1)
        for block in reversed(self.network.blocks):
            if block.folds:
                first = unfold(first)
            before = second - block.branch(first)
            first, second = unfold(before) if block.folds else before, first
        return first[:, :3]

    def _statistics(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean [1, C, 1] and Cholesky factor [1, C, C]."""
        x = z.flatten(2)
        mean = x.mean(2, keepdim=True)
        centered = x - mean
        return mean, torch.linalg.cholesky(centered @ centered.mT / (x.shape[2] - 1))


def model_of(mode: Literal["photo", "art"], folder: Path) -> Model:
    """A model with small random weights, stored in `folder` with its graphs."""
    torch.manual_seed(0)
    network = CAPVSTNet(mode)
    for weight in network.parameters():
        weight.data.mul_(SMALL)
    header = header_of(network, "capvstnet", {"mode": mode}, "none", "random")
    return store_model(folder / f"capvstnet-{mode}.safetensors", header, network.state_dict())


def to_image(pixels: Pixels) -> Tensor:
    """Pixels [H, W, 3] -> Image [1, 3, H, W]."""
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float().contiguous() / 255


if __name__ == "__main__":
    main()
