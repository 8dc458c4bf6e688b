"""How drawings answer to a change of their code, measured; and the feedback that follows from it.

Codes of the training's styles are changed at random. The mean answer of the drawings' moments, a
linear map J, and the mean price in content and steadiness give the step s of Gauss and Newton,
which lowers

    |e + J s|^2 + l |s|^2 + g s + sum over vectors k of h_k |s_k|^2,

e the difference of a drawing's moments from the style's, g and h the price. Another linear map
gives e, as the loss network sees it, from what the feedback's small eye sees.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vidstyle.networks.feedback import WIDTHS, difference, mean_squares, moments_of
from vidstyle.networks.lossnet import CONTENT_LAYERS
from vidstyle.networks.swift import CHANNELS, VECTORS, Reading, code_from
from vidstyle.train.losses import content_loss, moments, overlap, unsteadiness
from vidstyle.train.tools import Tools

QUIET = 0.3  # of what styles have at the median is added to what each has
CODES, CHANGES = 600, 6  # that are tried, and changes of each
_CHANGE, _UNEVENNESS = 0.2, 0.3  # of a change: deviation, in units; and that of its logarithm
_JITTER = 0.4  # of the code that is changed, at most: feedback meets bad codes too
_HEAD_UNIT = 0.1  # of the head's vectors, which no style has before training
_PICTURES, _SIDE = 3, 128  # photographs by which a change is judged
_OUTLIER = 3.0  # length of a difference above which it counts less
_ANSWER_RIDGE, _PRICE_RIDGE = 0.3, 1.0  # of the fits, over the mean square of what they fit by
_EYE_RIDGE = 1e-2
_LEAST = 0.006  # l: how little a code is trusted to be right


class _Found(NamedTuple):
    """What a drawing with some code is like."""

    seen: Tensor  # its difference from the style by the feedback's eye, [481]
    meant: Tensor  # by the loss network, [M]
    price: Tensor  # in content and steadiness, [1]


@torch.no_grad()
def fit_feedback(tools: Tools, least: Tensor, random: np.random.Generator) -> None:
    """Begin the maps of the network's feedback from the answers of its drawings as they are now.

    Args:
        tools: a perceptual stage, its weights the price of content and steadiness.
        least: as for `style_loss`.
        random: all chance comes from here.
    """
    feedback, units = tools.network.feedback, _units(tools)
    usual = [
        mean_squares(feedback.seen(style.image.to(tools.device)), WIDTHS)
        for style in tools.styles.whole()
    ]
    feedback.least.copy_(QUIET * torch.stack(usual).median(0).values)
    steps, before, after = _tried(tools, units, least, random)
    answer = _ridge(steps, after.meant - before.meant, _ANSWER_RIDGE)  # J, [640, M]
    squares = steps.view(len(steps), VECTORS, CHANNELS).square().sum(2)
    price = _ridge(torch.cat([steps, squares], 1), after.price - before.price, _PRICE_RIDGE)[:, 0]
    slope, curvature = price[: len(units)], price[len(units) :].clamp_min(0)
    # Few styles differ so far that they would outweigh all others.
    weight = (_OUTLIER / after.meant.norm(dim=1, keepdim=True)).clamp_max(1)
    eye = _solved(weight * after.seen, weight * after.meant, _EYE_RIDGE)  # [481, M]
    normal = answer @ answer.T + torch.diag(_LEAST + curvature.repeat_interleave(CHANNELS))
    toward = answer @ eye.T  # [640, 481]
    toward[:, -1] += slope / 2
    step = -units[:, None] * torch.linalg.solve(normal, toward)
    left, lengths, right = torch.linalg.svd(step, full_matrices=False)
    rank = len(feedback.act)
    scale = lengths[:rank].sqrt()
    feedback.look.copy_((right[:rank] * scale[:, None]).T)
    feedback.act.copy_((left[:, :rank] * scale).T)


def _tried(
    tools: Tools, units: Tensor, least: Tensor, random: np.random.Generator
) -> tuple[Tensor, _Found, _Found]:
    """Changes of codes, in units [N, 640], and what was found before and after each."""
    steps, befores, afters = [], [], []
    for _ in range(CODES):
        trial = _Trial(tools, least, random)
        noise = _JITTER * random.random() ** 2 * _normal(random, units)
        before = trial.find(noise * units)
        for _ in range(CHANGES):
            uneven = np.exp(_UNEVENNESS * random.standard_normal(VECTORS))
            scale = torch.from_numpy(_CHANGE * uneven).to(units).repeat_interleave(CHANNELS)
            steps.append(scale * _normal(random, units))
            befores.append(before)
            afters.append(trial.find((noise + steps[-1]) * units))
    return torch.stack(steps), _stacked(befores), _stacked(afters)


def _stacked(found: list[_Found]) -> _Found:
    return _Found(*(torch.stack(part) for part in zip(*found, strict=True)))


class _Trial:
    """A style and some photographs in two views, drawn with one code after another."""

    def __init__(self, tools: Tools, least: Tensor, random: np.random.Generator) -> None:
        self._tools, self._least, device = tools, least, tools.device
        style = tools.styles.choose(random, 1)[0].image.to(device)
        first, second, self._shift = tools.contents.views(random, _PICTURES, _SIDE)
        self._views = torch.cat([first, second]).to(device)
        self._reading: Reading = tools.network.read(style)
        self._vectors, self._shares = tools.network.refinement(self._reading.signals)
        features = tools.losses(style)
        self._style, self._widths = moments_of(features), tuple(f.shape[1] for f in features)
        shown = tools.losses(self._views[:_PICTURES])
        self._content = [(shown[layer], moments(shown[layer])) for layer in CONTENT_LAYERS]

    def find(self, change: Tensor) -> _Found:
        """Draw with the code, its vectors changed by [640]."""
        network, weights = self._tools.network, self._tools.stage.weights
        code = code_from(self._vectors + change.view_as(self._vectors), self._shares)
        once, again = network.draw(self._views, code).clamp(0, 1).split(_PICTURES)
        layers = self._tools.losses(once)
        content = [
            content_loss(layers[layer], theirs, moments(layers[layer]), their_moments).mean()
            for layer, (theirs, their_moments) in zip(CONTENT_LAYERS, self._content, strict=True)
        ]
        steady = unsteadiness(*overlap(once, again, self._shift)).mean()
        price = weights.get("content", 0.0) * sum(content) + weights.get("steady", 0.0) * steady
        return _Found(
            network.feedback.error(self._reading.seen, lambda image: network.draw(image, code)),
            difference(moments_of(layers), self._style, self._least, self._widths),
            price.view(1),
        )


def _units(tools: Tools) -> Tensor:
    """How much each number of the vectors differs between styles, [640]."""
    spread: Tensor = tools.network.refinement.spread
    head = spread.new_full((tools.network.feedback.act.shape[1] - len(spread),), _HEAD_UNIT)
    return torch.cat([spread, head])


def _normal(random: np.random.Generator, like: Tensor) -> Tensor:
    return torch.from_numpy(random.standard_normal(len(like), dtype=np.float32)).to(like)


def _ridge(inputs: Tensor, outputs: Tensor, penalty: float) -> Tensor:
    """`_solved` with a penalty over the inputs' mean square."""
    return _solved(inputs, outputs, penalty * float(inputs.square().sum(0).median()))


def _solved(inputs: Tensor, outputs: Tensor, penalty: float) -> Tensor:
    """The map [I, O] that lowers |inputs @ map - outputs|^2 + penalty |map|^2."""
    square = inputs.T @ inputs + penalty * torch.eye(inputs.shape[1], device=inputs.device)
    found: Tensor = torch.linalg.solve(square, inputs.T @ outputs)
    return found
