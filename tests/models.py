"""Models with random weights, for tests of what every network must do."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock

from vidstyle.networks import NETWORKS
from vidstyle.networks.importing import header_of, store_model
from vidstyle.networks.vgg import PRUNED
from vidstyle.weights import Model, model_at, published_checkpoints

NETWORK_AND_CONFIG: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in NETWORKS},
    **{
        name: (row.get("network", name), row.get("config", {}))
        for name, row in published_checkpoints().items()
    },
    # The least blocks that still fold the picture twice: 32 of them take a minute to export.
    "capvstnet": ("capvstnet", {"blocks": [2, 2, 3]}),
    "capvstnet-art": ("capvstnet", {"mode": "art", "blocks": [2, 2, 3]}),
    "gatys": ("gatys", {"steps": 6}),
    "capvstnet-narrow": ("capvstnet", {"blocks": [0, 2, 3], "width": 8}),
    "adaattn-lite": ("adaattn", {"widths": PRUNED, "decoder": "separable"}),
}  # all that comes or can be imported, by name


def random_network(name: str) -> Any:
    """A network, and what it is made of, with seeded weights that keep a picture's detail."""
    network, config = NETWORK_AND_CONFIG[name]
    torch.manual_seed(0)
    module = NETWORKS[network](**config)
    for weight in module.parameters():  # variance-preserving, so that the last layer still varies
        if weight.dim() > 1:
            torch.nn.init.kaiming_normal_(weight)
        if network == "capvstnet":  # its branches are added, layer after layer
            weight.data.mul_(0.5)
        if weight.dim() == 2:  # of a transformer: what attention brings would drown all detail
            weight.data.mul_(0.3)
    if network == "msgnet":  # which draws in 0..255
        module.decoder[-1].weight.data.mul_(255)
    return module.eval().requires_grad_(False)


@lru_cache
def random_model(name: str, folder: Path) -> Model:
    """A model with seeded weights, stored in `folder` with its graphs, which take a while.

    Processes that test side by side make it once.
    """
    path = folder / f"{name}-random.safetensors"
    done = folder / f"{name}.done"
    with FileLock(folder / f"{name}.lock"):
        if done.exists():
            return model_at(path)
        module = random_network(name)
        header = header_of(module, *NETWORK_AND_CONFIG[name], "none", "random")
        model = store_model(path, header, module.state_dict())
        done.touch()
        return model


def random_models(factory: pytest.TempPathFactory) -> Path:
    """The folder where random models lie, for all processes that test side by side."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "random-models"
    folder.mkdir(exist_ok=True)
    return folder


def picture(height: int, width: int, seed: int = 0):
    """A picture with structure at all scales: uint8 [H, W, 3]."""
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros(1, 3, height, width)
    for size in (3, 7, 15, 40):
        noise = torch.rand(1, 3, size, size, generator=generator)
        total += torch.nn.functional.interpolate(noise, (height, width), mode="bilinear")
    return (total[0] / 4 * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
