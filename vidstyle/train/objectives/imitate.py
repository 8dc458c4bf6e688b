"""Draw as another network does, block by block and as a whole."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from vidstyle.errors import UsageError
from vidstyle.networks.loading import load_network
from vidstyle.networks.microast import MicroAST
from vidstyle.train.losses import high_pass
from vidstyle.train.tools import Tools, check_has, gathered
from vidstyle.weights import find_model

BLOCKS = ("outer_encoder", "inner_encoder", "inner_decoder", "outer_decoder")


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
        check_has(tools.network, ("refinement", "stem", *BLOCKS, "head"), "imitate")
        self._tools = tools
        teacher: Any = load_network(find_model(tools.stage.teacher))
        if not isinstance(teacher, MicroAST):
            raise UsageError(
                f"Stage {tools.stage.name!r}: a teacher is a model of microast; "
                f"{tools.stage.teacher!r} is none."
            )
        self._teacher: Any = teacher.to(tools.device)

    def __call__(self, random: np.random.Generator) -> dict[str, Tensor]:
        """The terms of one step, each a number."""
        tools, student = self._tools, self._tools.network
        content, _, _ = tools.contents.views(random, tools.stage.batch, tools.stage.crop)
        content = content.to(tools.device)
        styles = tools.styles.choose(random, tools.stage.batch)
        with torch.no_grad():
            code = gathered([self._teacher.encode(s.read.to(tools.device)) for s in styles])
        code_of_student = student.refinement(code[:8])
        strength = content.new_ones(len(content))
        with torch.no_grad(), Recorder(self._teacher) as shown:
            wanted, _ = self._teacher.stylize(content, code, strength)
        with Recorder(student) as made:
            drawn, _ = student.stylize(content, code_of_student, strength)
        alone = [
            _relative(getattr(student, name)(*shown.inputs[name]), shown.outputs[name])
            for name in BLOCKS
        ]
        head = student.head(shown.outputs["outer_decoder"], *code_of_student[8:])
        features = [
            _relative(made.outputs[name], shown.outputs[name]) for name in ("stem", *BLOCKS)
        ]
        return {
            "blocks": torch.stack(alone).mean(),
            "head": _alike(head, wanted),
            "features": torch.stack(features).mean(),
            "picture": _alike(drawn, wanted),
        }


class Recorder:
    """While entered, keeps what goes in and out of a network's stem and blocks."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self.inputs: dict[str, tuple[Any, ...]] = {}
        self.outputs: dict[str, Tensor] = {}

    def __enter__(self) -> Recorder:
        self._hooks = [
            module.register_forward_hook(self._keeper(name))
            for name, module in _landmarks(self._network).items()
        ]
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _keeper(self, name: str) -> Any:
        def keep(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
            self.inputs[name], self.outputs[name] = inputs, output

        return keep


def _landmarks(network: nn.Module) -> dict[str, nn.Module]:
    if isinstance(network, MicroAST):
        encoder, decoder = network.content_encoder, network.decoder
        return {
            "stem": encoder.outer[8],  # before it is rectified
            "outer_encoder": encoder.outer[10],
            "inner_encoder": encoder.inner[0],
            "inner_decoder": decoder.inner,
            "outer_decoder": decoder.outer,
        }
    return {name: network.get_submodule(name) for name in ("stem", *BLOCKS)}


def _relative(made: Tensor, wanted: Tensor) -> Tensor:
    variance = wanted.var((0, 2, 3), keepdim=True) + 1e-4
    return ((made - wanted).square() / variance).mean()


def _alike(drawn: Tensor, wanted: Tensor) -> Tensor:
    """L1 of the pictures, of their high-pass (strokes) and of their 8x8 means (colors)."""
    difference = drawn - wanted
    coarse = nn.functional.avg_pool2d(difference, 8)
    return difference.abs().mean() + high_pass(difference).abs().mean() + coarse.abs().mean()
