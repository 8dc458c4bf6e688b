"""Draw as another network does, block by block and as a whole."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from vidstyle.errors import UsageError
from vidstyle.networks.loading import load_network
from vidstyle.networks.microast import MicroAST
from vidstyle.networks.swift import LANDMARKS, Swift, code_from, landmarks
from vidstyle.train.data import StyleVariant
from vidstyle.train.losses import high_pass
from vidstyle.train.tools import Tools, check_has
from vidstyle.weights import find_model

StyleCode: TypeAlias = tuple[Tensor, ...]


class Imitate:
    """Terms of a network whose blocks correspond to its teacher's.

    blocks    each block alone, given what the teacher's block was given
    head      the head alone, given what the teacher's last block gave
    features  the blocks in a row, given the picture alone
    picture   the drawing: itself, its high-pass and its means over 8x8 pixels

    Features are compared before they are rectified, squared and over the variance of each
    channel of the teacher's: losses after it leave channels dead.
    """

    terms: ClassVar[tuple[str, ...]] = ("blocks", "head", "features", "picture")

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("refinement", "signals", *LANDMARKS, "head"), "imitate")
        self._tools = tools
        teacher: Any = load_network(find_model(tools.stage.teacher))
        if not isinstance(teacher, (MicroAST, Swift)):
            raise UsageError(
                f"Stage {tools.stage.name!r}: a teacher is a model of microast or swift; "
                f"{tools.stage.teacher!r} is none."
            )
        self._teacher: Any = teacher.to(tools.device)
        self._read: dict[tuple[str, int], tuple[StyleCode, Tensor]] = {}

    def prepare(self, random: np.random.Generator) -> None:
        """Nothing: the teacher is as it is."""

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        tools = self._tools
        contents, _, _ = tools.contents.views(random, tools.stage.batch, tools.stage.crop)
        contents = contents.to(tools.device, memory_format=torch.channels_last)
        styles = tools.styles.choose(random, tools.stage.batch)
        each = [
            self._terms(content[None], *self._reads(style))
            for content, style in zip(contents, styles, strict=True)
        ]
        return {name: torch.stack([terms[name] for terms in each]).mean() for name in self.terms}

    def _terms(self, content: Tensor, code: StyleCode, signals: Tensor) -> dict[str, Tensor]:
        """The terms of one picture."""
        student = self._tools.network
        # A teacher of the same kind has corrected its code: the student draws with that very one.
        own = code if isinstance(self._teacher, Swift) else code_from(*student.refinement(signals))
        shares = own[10].flatten(1)
        with torch.no_grad(), Recorder(self._teacher) as shown:
            wanted = self._draws(content, code)
        with Recorder(student) as made:
            drawn = student.draw(content, own)
        alone = []
        for name in LANDMARKS[1:]:
            x, *steering = shown.inputs[name]
            steering = [*steering[:2], shares] if steering else []
            alone.append(_relative(getattr(student, name)(x, *steering), shown.outputs[name]))
        head = student.head(shown.outputs["outer_decoder"], *own[8:10], shares)
        features = [_relative(made.outputs[name], shown.outputs[name]) for name in LANDMARKS]
        return {
            "blocks": torch.stack(alone).mean(),
            "head": _alike(head, wanted),
            "features": torch.stack(features).mean(),
            "picture": _alike(drawn, wanted),
        }

    def _draws(self, content: Tensor, code: StyleCode) -> Tensor:
        """What the teacher draws, with nothing beyond the picture's borders."""
        if isinstance(self._teacher, Swift):
            return self._teacher.draw(content, code)
        drawn: Tensor = self._teacher.stylize(content, code)[0]
        return drawn

    @torch.no_grad()
    def _reads(self, style: StyleVariant) -> tuple[StyleCode, Tensor]:
        """The teacher's code, and the signals that the student refines to its own."""
        if style.key not in self._read:
            image = style.image.to(self._tools.device)
            self._read[style.key] = self._teacher.encode(image), self._tools.network.signals(image)
        return self._read[style.key]


class Recorder:
    """While entered, keeps what goes in and out of a network's stem and blocks."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self.inputs: dict[str, tuple[Any, ...]] = {}
        self.outputs: dict[str, Tensor] = {}

    def __enter__(self) -> Recorder:
        self._hooks = [
            module.register_forward_hook(self._keeper(name))
            for name, module in landmarks(self._network).items()
        ]
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _keeper(self, name: str) -> Any:
        def keep(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
            self.inputs[name], self.outputs[name] = inputs, output

        return keep


def _relative(made: Tensor, wanted: Tensor) -> Tensor:
    variance = wanted.var((0, 2, 3), keepdim=True)
    least = variance.mean() / 100  # a channel that hardly varies must not outweigh the others
    return ((made - wanted).square() / variance.clamp_min(least)).mean()


def _alike(drawn: Tensor, wanted: Tensor) -> Tensor:
    """L1 of the pictures, of their high-pass (strokes) and of their 8x8 means (colors)."""
    difference = drawn - wanted
    coarse = nn.functional.avg_pool2d(difference, 8)
    return difference.abs().mean() + high_pass(difference).abs().mean() + coarse.abs().mean()
