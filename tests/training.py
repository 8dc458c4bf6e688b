"""A tiny training: pictures, loss networks with random weights, and a recipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tomli_w
import torch
from models import picture
from PIL import Image
from torch import nn

from vidstyle.networks.layers import mirrored_decoder
from vidstyle.networks.lossnet import load_loss_network
from vidstyle.networks.vgg import PRUNED, VGG
from vidstyle.train.data import contents_of, styles_of
from vidstyle.train.recipe import Recipe, Stage, read_recipe
from vidstyle.train.state import begin
from vidstyle.train.tools import Tools

IMITATE: dict[str, Any] = {
    "name": "first", "objective": "imitate", "teacher": "microast",
    "steps": 3, "batch": 2, "crop": 32, "rate": 1e-3,
    "rates": {"style_encoder": 0.0, "modulator": 0.0},
    "weights": {"blocks": 1.0, "head": 1.0, "features": 1.0, "picture": 1.0},
}  # fmt: skip
PERCEPTUAL: dict[str, Any] = {
    "name": "second", "objective": "perceptual",
    "steps": 4, "batch": 2, "crop": 32, "rate": 1e-3, "hold": 0.25,
    "weights": {
        "style": 1.0, "sliced": 1.0, "content": 1.0, "steady": 1.0, "lattice": 1.0, "range": 1.0,
    },
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "model": "tiny", "network": "swift", "start": "microast", "license": "none",
    "source": "a test", "config": {"stem": 16},
    "data": {
        "contents": ["photographs"], "styles": ["paintings"],
        "sheet_contents": ["photograph-3"], "sheet_styles": ["painting-3"],
    },
    "loss_networks": {"shallow": "weights/shallow.pth", "deep": "weights/deep.pth"},
    "stages": [IMITATE, PERCEPTUAL],
}  # fmt: skip


class Lesson(NamedTuple):
    """What a tiny training with an objective is."""

    changes: dict[str, Any]  # of the tiny recipe
    kept: tuple[str, ...]  # parts that stay as they are


def lesson(
    objective: str, weights: Sequence[str], kept: Sequence[str] = (), **changes: Any
) -> Lesson:
    """One of a network that begins with random weights, each term weighed alike."""
    stage = IMITATE | {
        "objective": objective, "teacher": "",
        "rates": {part: 0.0 for part in kept}, "weights": dict.fromkeys(weights, 1.0),
    }  # fmt: skip
    changes = {"network": objective, "start": "", "config": {}, "stages": [stage]} | changes
    return Lesson(changes, tuple(kept))


JUDGED = ("style", "sliced", "content", "steady", "lattice", "range")
OF_VGG: dict[str, Any] = {
    "encoder": "weights/shallow.pth", "decoder": "weights/inverse.pth",
}  # fmt: skip
LESSONS = {
    "imitate": Lesson({"stages": [IMITATE]}, ("style_encoder", "modulator")),
    "perceptual": Lesson({"stages": [PERCEPTUAL]}, ("style_encoder", "modulator")),
    "reconstruct": lesson(
        "reconstruct", ("pixels", "features"), ["encoder"],
        network="adaattn", config={"widths": list(PRUNED), "decoder": "separable"},
    ),
    "adain": lesson(
        "adain", (*JUDGED, "target"), ["encoder"],
        config={"layer": "relu3_1"}, start_files=OF_VGG,
    ),
    "adaattn": lesson("adaattn", (*JUDGED, "local", "similar"), ["encoder"], start_files=OF_VGG),
    "microast": lesson("microast", ("content", "style", "contrast")),
    "stytr2": lesson("stytr2", ("content", "style", "identity1", "identity2")),
    "msgnet": lesson("msgnet", ("content", "style", "variation"), config={"width": 16}),
    "stylebank": lesson(
        "stylebank", ("content", "style", "variation", "identity"), config={"styles": 3}
    ),
    "wct": lesson("wct", ("pixels", "features"), ["encoders"], config={"pruned": True}),
    "capvstnet": lesson(
        "capvstnet", ("content", "style", "matting", "cycle", "temporal", "lattice"),
        config={"blocks": [1, 1, 2], "width": 4},
    ),
}  # fmt: skip


@contextmanager
def on_one_thread() -> Iterator[None]:
    """On busy cores, threads that wait for each other at every tiny layer take minutes."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@lru_cache
def data_folder(folder: Path) -> Path:
    """Four photographs, four paintings, two loss networks and a decoder below `folder`."""
    for kind, size in (("photograph", (60, 80)), ("painting", (72, 56))):
        (folder / f"{kind}s").mkdir(parents=True)
        for number in range(4):
            save(folder / f"{kind}s/{kind}-{number}.png", picture(*size, number))
    (folder / "weights").mkdir()
    random_vgg(folder / "weights/shallow.pth", VGG("relu3_1"))
    random_vgg(folder / "weights/deep.pth", VGG("relu4_1", widths=PRUNED))
    random_vgg(folder / "weights/inverse.pth", mirrored_decoder("relu3_1"))
    return folder


def save(path: Path, pixels: np.ndarray) -> Path:
    """Write a picture; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def random_vgg(path: Path, network: nn.Module) -> nn.Module:
    """Store seeded weights under names of their authors' own, in their order."""
    torch.manual_seed(0)
    for weight in network.parameters():
        if weight.dim() > 1:
            nn.init.kaiming_normal_(weight)
        else:
            nn.init.zeros_(weight)
    state = network.state_dict()
    torch.save({f"features.{n}": value for n, value in enumerate(state.values())}, path)
    return network


def recipe_file(path: Path, **changes: Any) -> Path:
    """Write the tiny recipe, some settings changed."""
    path.write_text(tomli_w.dumps(SETTINGS | changes), "utf-8")
    return path


def recipe_of(folder: Path, **changes: Any) -> Recipe:
    """The tiny recipe, some settings changed."""
    folder.mkdir(parents=True, exist_ok=True)
    return read_recipe(recipe_file(folder / "tiny.toml", **changes))


def tools_of(recipe: Recipe, stage: Stage, data: Path) -> Tools:
    """What an objective is handed, on the CPU, in fp32."""
    cpu = torch.device("cpu")
    files = recipe.loss_networks
    return Tools(
        stage, begin(recipe, cpu, data).network, contents_of(recipe.data, data),
        styles_of(recipe.data, data), load_loss_network(data / files.shallow, data / files.deep),
        cpu, torch.float32,
    )  # fmt: skip
