"""Each network draws what its authors' implementation draws, from the authors' kind of files.

Cases are read from the folder VIDSTYLE_CONFORMANCE (by default ../shared/conformance): cases/*.npz,
and checkpoints.py, which writes seeded checkpoints in the published layouts. They go through the
importer that a user would use.
"""

import importlib.util
import json
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch

from vidstyle.networks import NETWORKS
from vidstyle.networks.importing import import_weights
from vidstyle.networks.loading import load_network
from vidstyle.weights import published_checkpoints

DEFAULT = Path(__file__).parents[2] / "shared/conformance"
FOLDER = Path(os.environ.get("VIDSTYLE_CONFORMANCE", DEFAULT))
LIMIT = 1e-3  # rms of the difference over the deviation of what is expected, in float32
CASES = [
    path for path in sorted((FOLDER / "cases").glob("*.npz")) if path.stem.split("_")[0] in NETWORKS
]


def test_there_are_cases():
    if not CASES and "VIDSTYLE_CONFORMANCE" not in os.environ:
        pytest.skip("no conformance cases here; VIDSTYLE_CONFORMANCE names their folder")
    assert CASES, f"no case of a known network in {FOLDER}"


@lru_cache
def checkpoints():
    spec = importlib.util.spec_from_file_location("checkpoints", FOLDER / "checkpoints.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache
def imported(network: str, seed: int, folder: Path):
    """The network with the seeded weights, imported like a user's."""
    layouts = checkpoints().LAYOUTS
    files = {}
    for part, name in published_checkpoints()[network]["files"].items():
        files[part] = f"{network}/{name}" if f"{network}/{name}" in layouts else name
    checkpoints().write(seed, folder, tuple(files.values()))
    parts = {part: folder / name for part, name in files.items()}
    return load_network(import_weights(network, parts, folder))


def image(pixels):
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_network_conforms(path, tmp_path_factory):
    case = np.load(path)
    parameters = json.loads(str(case["params"])) if "params" in case else {}
    seed, name = int(case["seed"]), path.stem.split("_")[0]
    folder = tmp_path_factory.getbasetemp() / f"conformance-{name}-{seed}"
    network = imported(name, seed, folder)
    with torch.inference_mode():
        code = network.encode(image(case["style"]))
        strength = torch.tensor([parameters.get("alpha", 1.0)])
        drawn, _ = network.stylize(image(case["content"]), code, strength)
    difference = drawn[0].permute(1, 2, 0).numpy() - case["expected"]
    assert np.sqrt((difference**2).mean()) / case["expected"].std() <= LIMIT
