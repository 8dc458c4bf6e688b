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
from unittest.mock import patch

import numpy as np
import pytest
import torch

from vidstyle.networks import importing
from vidstyle.networks.loading import load_network
from vidstyle.weights import published_checkpoints

DEFAULT = Path(__file__).parents[2] / "shared/conformance"
FOLDER = Path(os.environ.get("VIDSTYLE_CONFORMANCE", DEFAULT))
LIMIT = 1e-3  # rms of the difference over the deviation of what is expected, in float32
LIMITS = {"wct": 2e-3}  # small eigenvalues amplify rounding
MODELS = {  # what cases begin with, where it is not the model's own name
    "adaattn_video": "adaattn", "adaattn_image": "adaattn-image",
    "capvstnet_photo": "capvstnet", "capvstnet_art": "capvstnet-art",
}  # fmt: skip
FOLDERS = {"adaattn": "adaattn_video", "adaattn-image": "adaattn", "capvstnet-art": "capvstnet"}
CASES = sorted((FOLDER / "cases").glob("*.npz"))


def test_there_are_cases():
    if not CASES and "VIDSTYLE_CONFORMANCE" not in os.environ:
        pytest.skip("no conformance cases here; VIDSTYLE_CONFORMANCE names their folder")
    assert CASES, f"no cases in {FOLDER}"


@lru_cache
def checkpoints():
    spec = importlib.util.spec_from_file_location("checkpoints", FOLDER / "checkpoints.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache
def imported(name: str, seed: int, folder: Path):
    """The network with the seeded weights, imported like a user's, but for its graphs."""
    layouts, files = checkpoints().LAYOUTS, {}
    for part, file in published_checkpoints()[name]["files"].items():
        placed = f"{FOLDERS.get(name, name)}/{file}"
        files[part] = placed if placed in layouts else file
    checkpoints().write(seed, folder, tuple(files.values()))
    parts = {part: folder / file for part, file in files.items()}
    with patch.object(importing, "write_graphs"):  # which tests/test_every_network.py looks at
        return load_network(importing.import_weights(name, parts, folder))


def model_of(path: Path) -> str:
    begun = [name for start, name in MODELS.items() if path.stem.startswith(start)]
    return begun[0] if begun else path.stem.split("_")[0]


def image(pixels):
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def drawn(network, case):
    """What the network draws of a case, [H, W, 3]."""
    parameters = json.loads(str(case["params"]))
    strength = torch.tensor([parameters.get("alpha", 1 - parameters.get("alpha_c", 0.0))])
    content, style = image(case["content"]), image(case["style"])
    if "style_id" in case:
        style = torch.tensor([int(case["style_id"])])
    masks = [torch.from_numpy(case[key]) for key in ("style_mask", "content_mask") if key in case]
    code = network.encode(style, *masks[:1])
    picture, _ = network.stylize(content, code, strength, (), *masks[1:])
    return picture[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_network_conforms(path, tmp_path_factory):
    case, name = np.load(path), model_of(path)
    seed, expected = int(case["seed"]), case["expected"]
    folder = tmp_path_factory.getbasetemp() / f"conformance-{name}-{seed}"
    with torch.inference_mode():
        found = drawn(imported(name, seed, folder), case)
    if name == "msgnet":
        found = found[..., ::-1]  # the cases have its own BGR
    difference = np.sqrt(((found - expected) ** 2).mean()) / expected.std()
    assert difference <= LIMITS.get(name, LIMIT)
