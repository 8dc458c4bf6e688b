"""The authors' checkpoints -> a model of vidstyle: checked, renamed, stored as safetensors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from vidstyle.checkpoints import checked_tensor, read_checkpoint
from vidstyle.errors import UsageError
from vidstyle.export.graphs import graph_of
from vidstyle.export.onnx import to_onnx
from vidstyle.networks import NETWORKS
from vidstyle.networks.loading import load_network
from vidstyle.weights import ALL_PRECISIONS, Header, Model, header_metadata, published_checkpoint

log = logging.getLogger(__name__)


def import_weights(name: str, parts: Mapping[str, Path], folder: Path) -> Model:
    """Store the authors' files as the model NAME.safetensors, its two graphs beside it.

    Args:
        name: a row of configs/weights.toml.
        parts: the file for each part, such as {"vgg": …, "decoder": …}; of parts that are there
            for each style, such as {"bank-0": …, "bank-1": …}, any number.
        folder: where to store; made if need be.

    Raises:
        UsageError: a part is missing or unknown, or nothing of the network is published.
        InputError: a file that cannot be read or does not hold what the network needs.
    """
    published = published_checkpoint(name)
    parts = {part.replace("-", "_"): path for part, path in parts.items()}
    network, config = published.get("network", name), published.get("config", {})
    if "style_part" in published:
        given = sum(part.startswith(published["style_part"]) for part in parts)
        config = config | {"styles": max(1, given)}  # where none is given, the first is missing
    module = NETWORKS[network](**config)
    official = module.official_keys()  # for each published file, its keys and where they belong
    tensors = read_parts(module, official, parts)
    header = header_of(module, network, config, published["license"], published["address"])
    log.info("Storing %s and its graphs; with large networks this takes a minute.", name)
    return store_model(folder / f"{name}.safetensors", header, tensors)


def header_of(
    module: Any, network: str, config: dict[str, Any], license: str, source: str
) -> Header:
    """What the file of `module`, a network made of `config`, says of itself."""
    return Header(
        network, config, module.code_names, module.smallest, module.least_strength,
        license, source, getattr(module, "style_names", ()), getattr(module, "mixes", True),
        getattr(module, "precisions", ALL_PRECISIONS), getattr(module, "optimizes", False),
        getattr(module, "reads_whole", False), getattr(module, "steady", False),
    )  # fmt: skip


def store_model(path: Path, header: Header, tensors: dict[str, Tensor]) -> Model:
    """Write the model at `path` and, beside it, its two graphs, if it has any."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    contiguous = {key: tensor.contiguous() for key, tensor in tensors.items()}
    draft.write_bytes(save(contiguous, header_metadata(header)))
    draft.replace(path)
    model = Model(path.stem, path, header)
    if not header.optimizes:
        write_graphs(model)
    return model


def write_graphs(model: Model) -> None:
    """Export `model`'s two graphs beside its file."""
    network = load_network(model)
    if model.header.styles:
        styles = [torch.zeros(1, dtype=torch.int64)] * 2
    else:
        styles = [torch.rand(1, 3, 64, 64), torch.rand(1, 3, 80, 96)]
    with torch.no_grad():
        codes = [network.encode(style) for style in styles]
    for function in ("encode", "stylize"):
        path = model.path.with_name(f"{model.name}.{function}.onnx")
        to_onnx(graph_of(network, model, function), path, codes, network.smallest)


def read_parts(
    module: nn.Module, official: dict[str, dict[str, str]], parts: Mapping[str, Path]
) -> dict[str, Tensor]:
    """The tensors of `module`'s state from the authors' files, keys and shapes checked."""
    for name in parts:
        if name not in official:
            raise UsageError(
                f"There is no part {_option(name)}. Choose from: {_options(official)}."
            )
    if missing := [name for name in official if name not in parts]:
        raise UsageError(f"Missing {_options(missing)}: this network needs {_options(official)}.")
    wanted = module.state_dict()
    found = {}
    for name, keys in official.items():
        tensors = read_checkpoint(parts[name])
        for theirs, ours in keys.items():
            hint = f"is it the file for {_option(name)}?"
            found[ours] = checked_tensor(tensors, theirs, wanted[ours].shape, parts[name], hint)
    return found


def _option(part: str) -> str:
    return "--" + part.replace("_", "-")


def _options(parts: Any) -> str:
    return ", ".join(map(_option, parts))
