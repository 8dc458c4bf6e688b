"""How well networks draw: the style, the content, steadiness, and patterns nobody asked for.

    python bench/quality.py DATA STYLES [--networks swift,swift-lite,adaattn] [--json OUT.json]

DATA holds `content/kodak` and the loss networks below `weights`. STYLES is a folder of pictures, or
a text file with the name of a picture of DATA/style first on each line; none of them may have been
trained on. Every second Kodak photograph, at 384x256, is drawn in every style. Lower is better:

style    two moments of the drawing's features against the style's (relu1_1 to relu4_1)
sliced   sliced Wasserstein distance of relu2_1 and relu3_1 features: the whole distribution
content  squared distance of instance-normalized relu3_1 and relu4_1 features
warp     RMSE between a drawing, and the drawing of the photograph moved by (3, 2) moved back
grid     RMS of the mean high-pass at each position modulo 8, where the photograph is flat
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image as Pillow

import vidstyle
from vidstyle.contracts import Pixels
from vidstyle.image import read_picture
from vidstyle.networks.lossnet import load_loss_network
from vidstyle.train import losses
from vidstyle.train.data import to_image

SIZE = (384, 256)  # width and height of a photograph
STYLE_SIZE = (384, 384)
DIRECTIONS, LEVELS = 64, 128  # of the sliced distance
MOVED = (2, 3)  # pixels down and right


def main() -> None:
    """Measure and print one line for each network."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("styles", type=Path)
    parser.add_argument("--networks", default="swift,swift-lite,adaattn,microast")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    photographs = sorted((arguments.data / "content/kodak").iterdir())[::2]
    judge = Judge(arguments.data, photographs, style_paths(arguments.data, arguments.styles))
    report = {}
    for network in arguments.networks.split(","):
        report[network] = judge(network)
        figures = "  ".join(f"{name} {value:.4f}" for name, value in report[network].items())
        print(f"{network:<14}{figures}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


def style_paths(data: Path, styles: Path) -> list[Path]:
    """The pictures of a folder, or those of DATA/style that a text file names."""
    if styles.is_dir():
        return sorted(styles.iterdir())
    lines = styles.read_text("utf-8").splitlines()
    names = [line.split()[0] for line in lines if line and not line.startswith("#")]
    return [data / "style" / f"{name}.jpg" for name in names]


class Judge:
    """Photographs and styles with their features, by which drawings are judged."""

    def __init__(self, data: Path, photographs: list[Path], styles: list[Path]) -> None:
        self._features = load_loss_network(
            data / "weights/vgg19_normalised_relu3_1/vgg_r31.pth",
            data / "weights/wct_16x/small16x_ae_base/e5_base.pth",
        )
        self._photographs = [picture(path, SIZE) for path in photographs]
        self._shown = [self.seen(pixels) for pixels in self._photographs]
        self.styles = [(path, self.seen(picture(path, STYLE_SIZE))) for path in styles]

    def __call__(self, network: str) -> dict[str, float]:
        """The mean of each figure over all pairs of photograph and style."""
        rows: list[dict[str, float]] = []
        for path, style in self.styles:
            draw = vidstyle.load(network, style=str(path))
            for pixels, shown in zip(self._photographs, self._shown, strict=True):
                drawn = draw(pixels)
                rows.append(self.figures(drawn, pixels, shown, style) | warp(draw, pixels, drawn))
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

    def figures(self, drawn: Pixels, content: Pixels, shown: Seen, style: Seen) -> dict[str, float]:
        """All figures of one drawing but `warp`."""
        made = self.seen(drawn)
        terms = {
            "style": losses.style_loss(made.moments, style.moments),
            "sliced": sum(
                losses.sliced_wasserstein(ours[0], *theirs)
                for ours, theirs in zip(made.quantiles, style.quantiles, strict=True)
            ),
            "content": sum(
                losses.content_loss(
                    made.layers[n], shown.layers[n], made.moments[n], shown.moments[n]
                )
                for n in (2, 3)
            ),
            "grid": losses.lattice(to_image(drawn), to_image(content)).sqrt(),
        }
        return {name: float(term) for name, term in terms.items()}

    @torch.inference_mode()
    def seen(self, pixels: Pixels) -> Seen:
        """The features of a picture, and what is compared of them."""
        layers = self._features(to_image(pixels))
        return Seen(
            layers,
            tuple(losses.moments(layer) for layer in layers),
            tuple(
                losses.quantiles(layer.flatten(2), directions(layer.shape[1]), LEVELS)
                for layer in layers[1:3]
            ),
        )


class Seen(NamedTuple):
    """What the loss networks see in a picture."""

    layers: tuple[torch.Tensor, ...]
    moments: tuple[losses.Moments, ...]
    quantiles: tuple[tuple[torch.Tensor, torch.Tensor], ...]  # of relu2_1 and relu3_1


def directions(channels: int) -> torch.Tensor:
    """The unit vectors along which distributions are compared: [64, channels]."""
    found = torch.randn(DIRECTIONS, channels, generator=torch.Generator().manual_seed(0))
    return found / found.norm(dim=1, keepdim=True)


def warp(draw: Any, content: Pixels, drawn: Pixels) -> dict[str, float]:
    """Whether a drawing moves with what it shows: RMSE in 0..1, 16 pixels of border left out."""
    moved = draw(np.roll(content, MOVED, (0, 1)))
    back = np.roll(moved, [-shift for shift in MOVED], (0, 1))
    difference = back[16:-16, 16:-16].astype(float) - drawn[16:-16, 16:-16]
    return {"warp": float(np.sqrt(np.square(difference).mean())) / 255}


def picture(path: Path, size: tuple[int, int]) -> Pixels:
    """The picture at that width and height."""
    pixels = Pillow.fromarray(read_picture(path).pixels)
    return np.array(pixels.resize(size, Pillow.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
