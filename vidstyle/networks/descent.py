"""Ways to lower a function of many numbers, one evaluation a step.

Each takes the function, which gives its value and its gradient, and where to start; it yields where
it stands after each evaluation, for as long as it is asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import TypeAlias

import torch
from torch import Tensor

Evaluate: TypeAlias = Callable[[Tensor], tuple[float, Tensor]]  # x [N] -> value, gradient [N]
Pair: TypeAlias = tuple[Tensor, Tensor]  # how x and the gradient changed in one step

_HISTORY = 20  # steps that L-BFGS remembers
_FIRST = 0.003  # root mean square of its first step, for pixels of 0..1
_RATE, _MEAN_DECAY, _SQUARE_DECAY = 0.02, 0.9, 0.99  # of Adam


def lbfgs(evaluate: Evaluate, x: Tensor) -> Iterator[Tensor]:
    """L-BFGS. A step that would raise the value is not taken; next a quarter of it is tried.

    Liu, Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical
    Programming, 1989, https://doi.org/10.1007/BF01589116. A line search would cost evaluations,
    and full steps alone can leap far off.
    """
    value, gradient = evaluate(x)
    yield x
    step = gradient * (-_FIRST / gradient.square().mean().sqrt())
    pairs: deque[Pair] = deque(maxlen=_HISTORY)
    while True:
        value_there, gradient_there = evaluate(x + step)
        if value_there <= value:
            change = gradient_there - gradient
            if torch.dot(step, change) > 0:  # what keeps all directions downhill
                pairs.append((step, change))
            x, value, gradient = x + step, value_there, gradient_there
            step = -_times_inverse_hessian(gradient, pairs)
        else:
            step = step / 4
        yield x


def adam(evaluate: Evaluate, x: Tensor) -> Iterator[Tensor]:
    """Adam: each number moves by about 0.02 a step, whatever the size of its gradient.

    Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015,
    https://arxiv.org/abs/1412.6980, algorithm 1.
    """
    mean, square = torch.zeros_like(x), torch.zeros_like(x)
    for step in count(1):
        _, gradient = evaluate(x)
        mean = torch.lerp(gradient, mean, _MEAN_DECAY)
        square = torch.lerp(gradient.square(), square, _SQUARE_DECAY)
        size = (square / (1 - _SQUARE_DECAY**step)).sqrt() + 1e-8
        x = x - _RATE / (1 - _MEAN_DECAY**step) * mean / size
        yield x


OPTIMIZERS = {"lbfgs": lbfgs, "adam": adam}


def _times_inverse_hessian(gradient: Tensor, pairs: Sequence[Pair]) -> Tensor:
    """By two loops over the remembered steps, from a multiple of the identity.

    Nocedal, "Updating quasi-Newton matrices with limited storage", Mathematics of Computation,
    1980, https://doi.org/10.1090/S0025-5718-1980-0572855-7.
    """
    weights = []
    for step, change in reversed(pairs):
        weight = torch.dot(step, gradient) / torch.dot(step, change)
        gradient = gradient - weight * change
        weights.append(weight)
    if pairs:
        step, change = pairs[-1]
        gradient = gradient * (torch.dot(step, change) / torch.dot(change, change))
    for (step, change), weight in zip(pairs, reversed(weights), strict=True):
        gradient = gradient + step * (
            weight - torch.dot(change, gradient) / torch.dot(step, change)
        )
    return gradient
