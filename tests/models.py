"""Models with random weights, for tests of what every network must do."""

from functools import lru_cache
from pathlib import Path

import torch

from vidstyle.networks import NETWORKS
from vidstyle.networks.importing import store_model
from vidstyle.weights import Header, Model


@lru_cache
def random_model(network: str, folder: Path) -> Model:
    """A model of `network` with seeded weights, stored in `folder` with its graphs."""
    torch.manual_seed(0)
    module = NETWORKS[network]()
    for weight in module.parameters():  # variance-preserving, so that the last layer still varies
        if weight.dim() > 1:
            torch.nn.init.kaiming_normal_(weight)
    header = Header(
        network, {}, module.code_names, module.smallest, module.least_strength, "none", "random"
    )
    return store_model(folder / f"{network}-random.safetensors", header, module.state_dict())


def picture(height: int, width: int, seed: int = 0):
    """A picture with structure at all scales: uint8 [H, W, 3]."""
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros(1, 3, height, width)
    for size in (3, 7, 15, 40):
        noise = torch.rand(1, 3, size, size, generator=generator)
        total += torch.nn.functional.interpolate(noise, (height, width), mode="bilinear")
    return (total[0] / 4 * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
