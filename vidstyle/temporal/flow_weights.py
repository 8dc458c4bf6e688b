"""Where the weights of networks that find flow lie; torch is not loaded."""

from __future__ import annotations

import os
from pathlib import Path

from vidstyle.errors import VidstyleError
from vidstyle.folders import data_folder
from vidstyle.weights import how_to_get, published_flows


def stored_path(name: str, folder: Path | None = None) -> Path:
    """Where an imported network lies in `folder`, or in the user's data folder."""
    return (folder or data_folder()) / "flows" / f"{name}.safetensors"


def find_flow_weights(name: str) -> Path | None:
    """The imported weights of `name`, else those that torchvision has downloaded, else None.

    Args:
        name: a row of configs/flow.toml.
    """
    downloaded = _torch_home() / "hub/checkpoints" / published_flows()[name]["files"]["weights"]
    return next((path for path in (stored_path(name), downloaded) if path.is_file()), None)


def flow_weights(name: str) -> Path:
    """The weights of `name`.

    Raises:
        VidstyleError: they are not here; the message says how to get them.
    """
    if path := find_flow_weights(name):
        return path
    file = published_flows()[name]["files"]["weights"]
    raise VidstyleError(
        f"The weights of {name!r} are not here. {how_to_get(name)}; or import torchvision's "
        f"{file}: vidstyle weights import {name} FILE"
    )


def _torch_home() -> Path:
    """Where torch keeps what it downloads, as torch.hub has it."""
    caches = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("TORCH_HOME", f"{caches}/torch")).expanduser()
