"""A training from its recipe to a model: steps, checkpoints, and going on where it stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from vidstyle.errors import Interrupted, UsageError, VidstyleError
from vidstyle.networks.importing import header_of, store_model
from vidstyle.networks.lossnet import LossNetwork, load_loss_network
from vidstyle.runtimes import choose
from vidstyle.runtimes.torch import Torch, find_device
from vidstyle.sinks.writing import writing
from vidstyle.train.data import contents_of, styles_of
from vidstyle.train.journal import Journal
from vidstyle.train.objectives import OBJECTIVES
from vidstyle.train.recipe import Recipe, Stage
from vidstyle.train.state import State, averaged, begin, next_stage, weights_of
from vidstyle.train.tools import Objective, Tools
from vidstyle.weights import Model

_AVERAGE = 0.999  # of the weights; the last thousand steps or so count
_LOWEST = 0.03  # of the learning rate, at the end of a stage
_STEEPEST = 1.5  # times as long as lately a gradient may be; a longer one is cut
_FORGET = 0.02  # of how long gradients are, each step
_WARM_UP = 100  # steps; the full rate at once leaves rectified channels dead


@dataclass(frozen=True)
class Report:
    """What is said of a training while it runs."""

    stage: Stage
    step: int
    terms: dict[str, float]  # lately, on average
    seconds_left: float  # of the stage


OnStep: TypeAlias = Callable[[Report], None]  # called after each step; may raise Interrupted


def train(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    vgg: Path | None = None,
    device: str = "auto",
    on_step: OnStep = lambda report: None,
) -> Model:
    """Teach `recipe`'s network, in the folder `out`; goes on where an earlier call stopped.

    Every few minutes `out` gets a checkpoint, terms.jsonl, curves.png and sheet.png; at the end
    the model. On a CPU, a training that was stopped and went on gives the very weights of one
    that was not.

    Args:
        recipe: what to do.
        data: the folder that the recipe's paths start from.
        out: made if need be.
        vgg: a whole normalized VGG-19; None for the recipe's smaller loss networks.
        device: "cpu", "cuda:0" or "auto".
        on_step: told of every step.

    Raises:
        InputError: pictures, weights or a checkpoint that cannot be read.
        UsageError: a recipe that cannot be, or a checkpoint in `out` of another one.
        DeviceError: a device that cannot be had.
        Interrupted: raised by `on_step`; a checkpoint is kept.
        VidstyleError: a loss that is no number, or a full disk; the last checkpoint is kept.
    """
    state = begin(recipe, find_device(choose("torch", device)[1]), data)
    objectives = _objectives(state.network, recipe, data, vgg)
    journal = Journal(recipe, data, out)
    journal.open(state)
    try:
        while state.stage < len(recipe.stages):
            for report in _steps(state, recipe, objectives[state.stage], journal):
                on_step(report)
                if journal.due:
                    journal.keep(state)
                    journal.draw(state)
            next_stage(state, recipe)
            journal.keep(state)
            journal.draw(state)
    except Interrupted:
        journal.keep(state)
        raise
    return _store(state, recipe, out)


def _objectives(network: Any, recipe: Recipe, data: Path, vgg: Path | None) -> list[Objective]:
    """Those of all stages, so that what is wrong with the last is said before the first."""
    contents, styles = contents_of(recipe.data, data), styles_of(recipe.data, data)
    device = next(network.parameters()).device
    exact = Torch().best_precision(device.type) == "fp32"
    precision = torch.float32 if exact else torch.bfloat16  # fp16 would lose small gradients
    losses = _loss_network(recipe, data, vgg).to(device, precision)
    found: list[Objective] = []
    for stage in recipe.stages:
        tools = Tools(stage, network, contents, styles, losses, device, precision)
        found.append(OBJECTIVES[stage.objective](tools))
        if unknown := [term for term in stage.weights if term not in found[-1].terms]:
            raise UsageError(
                f"Stage {stage.name!r}: {stage.objective!r} has no term {unknown[0]!r}. "
                f"Choose from: {', '.join(found[-1].terms)}."
            )
    return found


def _loss_network(recipe: Recipe, data: Path, vgg: Path | None) -> LossNetwork:
    if vgg is not None:
        return load_loss_network(vgg, None)
    files = recipe.loss_networks
    return load_loss_network(data / files.shallow, data / files.deep)


def _steps(
    state: State, recipe: Recipe, objective: Objective, journal: Journal
) -> Iterator[Report]:
    """Do what is left of the stage at hand, step by step."""
    stage = recipe.stages[state.stage]
    if state.step == 0:
        objective.prepare(np.random.default_rng([recipe.seed, state.stage]))
        state.average = weights_of(state.network)
    first, began = state.step, time.monotonic()
    while state.step < stage.steps:
        # Of the step alone, so that a training that was stopped sees the very same pictures.
        random = np.random.default_rng([recipe.seed, state.stage, state.step])
        terms = objective(random)
        _descend(state, stage, terms)
        journal.add(stage.name, state.step, _numbers(terms))
        pace = (time.monotonic() - began) / (state.step - first)
        yield Report(stage, state.step, journal.means(), pace * (stage.steps - state.step))


def _numbers(terms: dict[str, Tensor]) -> dict[str, float]:
    return {name: float(term.detach()) for name, term in terms.items()}


def _descend(state: State, stage: Stage, terms: dict[str, Tensor]) -> None:
    """One step of the optimizer, and of the averaged weights."""
    loss = torch.stack([terms[name] * share for name, share in stage.weights.items()]).sum()
    groups = state.optimizer.param_groups
    for group in groups:
        group["lr"] = group["full"] * _share_of_rate(state.step, stage)
    state.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    taught = [p for group in groups for p in group["params"]]
    norm = float(nn.utils.get_total_norm([p.grad for p in taught if p.grad is not None]))
    if not torch.isfinite(loss) or not math.isfinite(norm):
        raise VidstyleError(_no_number(state, stage, terms))
    # Now and then a style's gradient is several times as long as others'.
    most = _STEEPEST * (state.norm or norm)
    nn.utils.clip_grads_with_norm_(taught, most, torch.tensor(norm))
    state.norm += _FORGET * (min(norm, most) - state.norm) if state.norm else norm
    state.optimizer.step()
    _average(state)
    state.step += 1


def _share_of_rate(step: int, stage: Stage) -> float:
    """Up to 1 over the first hundred steps, 1 for a while, then down (evenly in the logarithm)."""
    if step < _WARM_UP:
        return (step + 1) / _WARM_UP
    held = stage.hold * stage.steps
    if step <= held:
        return 1.0
    return float(_LOWEST ** ((step - held) / (stage.steps - held)))


@torch.no_grad()
def _average(state: State) -> None:
    """Move the averaged weights; over few steps, the average is of those few."""
    share = min(_AVERAGE, (1 + state.step) / (10 + state.step))
    for key, value in state.network.state_dict().items():
        state.average[key].lerp_(value, 1 - share)


def _no_number(state: State, stage: Stage, terms: dict[str, Tensor]) -> str:
    values = ", ".join(f"{name} {value:.3g}" for name, value in _numbers(terms).items())
    return (
        f"Stage {stage.name!r}, step {state.step + 1}: the loss or its gradient is no finite "
        f"number ({values}). The last checkpoint is kept; a recipe with a lower rate, begun in "
        "another folder, may go through."
    )


def _store(state: State, recipe: Recipe, out: Path) -> Model:
    """The averaged weights as a model, in half precision; what is no weight keeps its own."""
    network: Any = averaged(state, recipe)
    header = header_of(network, recipe.network, recipe.config, recipe.license, recipe.source)
    header = replace(header, steady=header.steady or recipe.steady)
    taught = dict(network.named_parameters())
    tensors = {
        key: (value.half() if key in taught else value).contiguous()
        for key, value in network.state_dict().items()
    }
    path = out / f"{recipe.model}.safetensors"
    with writing(path):
        return store_model(path, header, tensors)
