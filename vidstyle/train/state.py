"""All that the rest of a training depends on, and the checkpoint that holds it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vidstyle.checkpoints import read_checkpoint
from vidstyle.errors import InputError, UsageError
from vidstyle.networks import NETWORKS
from vidstyle.networks.loading import load_network
from vidstyle.networks.lossnet import load_pruned
from vidstyle.networks.microast import MicroAST
from vidstyle.networks.swift import Swift, landmarks
from vidstyle.sinks.writing import writing
from vidstyle.train.data import styles_of
from vidstyle.train.recipe import Recipe, Stage
from vidstyle.weights import find_model

_BETAS = (0.9, 0.99)


@dataclass
class State:
    """A training between two steps."""

    network: Any  # the torch module that is taught
    average: dict[str, Tensor]  # of its weights, over the last thousand steps or so
    optimizer: torch.optim.Adam
    stage: int = 0  # as many are done
    step: int = 0  # of the stage
    norm: float = 0.0  # of the gradient, lately


def begin(recipe: Recipe, device: torch.device, data: Path) -> State:
    """A training before its first step; a new network has seen the styles of the folder `data`.

    Raises:
        UsageError: a network that cannot be made so, or rates of parts that it does not have.
        InputError: pictures or weights that cannot be read.
    """
    network = _made(recipe)
    if recipe.start:
        _take_over(network, load_network(find_model(recipe.start)))
    for part, file in recipe.start_files.items():
        _take_file(network, part, data / file)
    if isinstance(network, Swift) and network.refinement.is_new:
        read = [network.signals(style.image) for style in styles_of(recipe.data, data).whole()]
        network.refinement.acquaint(torch.cat(read))
        eye = load_pruned(data / recipe.loss_networks.deep)
        network.feedback.eye.load_state_dict(eye.state_dict())
    network.to(device, memory_format=torch.channels_last)
    for stage in recipe.stages:
        _check_rates(network, stage)
    return State(network, weights_of(network), optimizer_for(network, recipe.stages[0]))


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """A copy of all that is kept of a network."""
    return {key: value.clone() for key, value in network.state_dict().items()}


def next_stage(state: State, recipe: Recipe) -> None:
    """Go from a stage to the one after it, which begins with the averaged, better weights."""
    state.network.load_state_dict(state.average)
    state.stage, state.step, state.norm = state.stage + 1, 0, 0.0
    if state.stage < len(recipe.stages):
        state.optimizer = optimizer_for(state.network, recipe.stages[state.stage])


def optimizer_for(network: nn.Module, stage: Stage) -> torch.optim.Adam:
    """Adam with a group for each learning rate; parameters of rate 0 stay as they are."""
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        rate = stage.rate_of(name)
        parameter.requires_grad_(rate > 0)
        if rate > 0:
            groups.setdefault(rate, []).append(parameter)
    return torch.optim.Adam(
        [{"params": params, "lr": rate, "full": rate} for rate, params in groups.items()],
        betas=_BETAS,
    )


def averaged(state: State, recipe: Recipe) -> Any:
    """The network with its averaged weights, on the CPU."""
    network = _made(recipe)
    network.load_state_dict(state.average)
    return network.eval().requires_grad_(False)


def save(state: State, recipe: Recipe, path: Path) -> None:
    """Write the checkpoint; one that is there is replaced by a whole one, or stays.

    Raises:
        VidstyleError: the disk is full, or the folder cannot be written.
    """
    buffer = io.BytesIO()  # torch says nothing clear of a disk that is full
    torch.save(
        {
            "recipe": recipe.digest,
            "stage": state.stage,
            "step": state.step,
            "norm": state.norm,
            "network": state.network.state_dict(),
            "average": state.average,
            "optimizer": state.optimizer.state_dict() if state.step else None,
        },
        buffer,
    )
    draft = path.with_suffix(".draft")
    try:
        with writing(path):
            draft.write_bytes(buffer.getbuffer())
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def resume(state: State, recipe: Recipe, path: Path) -> None:
    """Take up the checkpoint at `path`.

    Raises:
        InputError: it cannot be read.
        UsageError: it is of another recipe.
    """
    saved = read_checkpoint(path)
    if saved.get("recipe") != recipe.digest:
        raise UsageError(
            f"{str(path)!r} is of another recipe, or of an earlier form of this one: "
            "--out names another folder, or delete it to begin anew."
        )
    state.stage, state.step, state.norm = saved["stage"], saved["step"], saved["norm"]
    state.network.load_state_dict(saved["network"])
    for key, value in saved["average"].items():
        state.average[key].copy_(value)
    if state.stage < len(recipe.stages):
        state.optimizer = optimizer_for(state.network, recipe.stages[state.stage])
    if saved["optimizer"] is not None:
        state.optimizer.load_state_dict(saved["optimizer"])


def _made(recipe: Recipe) -> Any:
    """The recipe's network with its first weights, which depend on nothing but the seed."""
    kind = NETWORKS[recipe.network]
    if getattr(kind, "optimizes", False):
        raise UsageError(f"{recipe.network!r} draws by optimization: nothing of it is taught.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        try:
            return kind(**recipe.config)
        except TypeError as error:
            raise UsageError(f"[config] does not suit {recipe.network!r}: {error}.") from None


def _take_over(network: nn.Module, other: Any) -> None:
    """Take the weights of `other` where name and shape agree."""
    own, theirs = network.state_dict(), other.state_dict()
    if isinstance(other, MicroAST):  # whose trunk goes by other names
        for part, module in landmarks(other).items():
            theirs |= {f"{part}.{key}": value for key, value in module.state_dict().items()}
    shared = {
        key: value for key, value in theirs.items() if key in own and value.shape == own[key].shape
    }
    network.load_state_dict(own | shared)


def _take_file(network: nn.Module, part: str, path: Path) -> None:
    """Fill the convolutions of a part with those of their authors' file, in their order.

    Those that the file lacks are the part's first, and stay as they are; of a file that goes
    deeper the rest is left out.
    """
    try:
        own = network.get_submodule(part).state_dict()
    except AttributeError:
        raise UsageError(f"[start_files]: the network has no part {part!r}.") from None
    given = list(read_checkpoint(path).values())
    filled = dict(zip(list(own)[-len(given) :], given, strict=False))
    for key, found in filled.items():
        shape = tuple(found.shape) if isinstance(found, Tensor) else None
        if shape != own[key].shape:
            raise InputError(
                f"{str(path)!r} does not hold the weights of {part!r}: it has shape {shape} "
                f"where {key} of shape {tuple(own[key].shape)} belongs."
            )
    network.get_submodule(part).load_state_dict(own | filled)


def _check_rates(network: nn.Module, stage: Stage) -> None:
    names = [name for name, _ in network.named_parameters()]
    for start in stage.rates:
        if not any(fnmatchcase(name, f"{start}*") for name in names):
            raise UsageError(f"Stage {stage.name!r}: the network has no part {start!r} to rate.")
    if not any(stage.rate_of(name) > 0 for name in names):
        raise UsageError(f"Stage {stage.name!r}: every rate is 0, so nothing would be taught.")
