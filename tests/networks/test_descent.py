"""Ways to lower a function of many numbers."""

from itertools import islice

import pytest
import torch

from vidstyle.networks.descent import OPTIMIZERS, lbfgs

every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)
SCALES = torch.logspace(0, 2, 30)  # so that the steepest way is a poor one
LOWEST = torch.linspace(-1, 1, 30)


def valley(x):
    """A narrow valley whose lowest point is LOWEST, and its slope."""
    return (SCALES * (x - LOWEST).square()).sum().item(), 2 * SCALES * (x - LOWEST)


def last(points):
    *_, x = points
    return x


def test_lbfgs_finds_the_lowest_point():
    found = last(islice(lbfgs(valley, torch.zeros(30)), 60))
    assert torch.allclose(found, LOWEST, atol=1e-3)


def test_adam_moves_each_number_alike_whatever_its_slope():
    start = torch.zeros(30)
    moved = next(OPTIMIZERS["adam"](valley, start)) - start
    assert torch.allclose(moved, 0.02 * LOWEST.sign(), atol=1e-5)


def test_adam_comes_near_the_lowest_point():
    found = last(islice(OPTIMIZERS["adam"](valley, torch.zeros(30)), 200))
    assert (found - LOWEST).abs().max() < 0.05


def test_lbfgs_never_goes_up_even_where_slopes_mislead():
    def waves(x):
        return (x**4 + 2 * torch.sin(9 * x)).sum().item(), 4 * x**3 + 18 * torch.cos(9 * x)

    values = [waves(x)[0] for x in islice(lbfgs(waves, LOWEST), 40)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0] - 10


def test_lbfgs_comes_back_from_where_the_function_has_no_value():
    def bounded(x):  # not a number beyond 0.001 from 0
        outside = x.abs().max() > 1e-3
        return float("nan") if outside else -x.sum().item(), -torch.ones(30)

    x = last(islice(lbfgs(bounded, torch.zeros(30)), 20))
    assert 0 < x.max() <= 1e-3


@every_optimizer
def test_each_step_is_one_evaluation(name):
    calls = []

    def counted(x):
        calls.append(x)
        return valley(x)

    assert len(list(islice(OPTIMIZERS[name](counted, torch.zeros(30)), 7))) == len(calls) == 7


@every_optimizer
def test_where_it_starts_is_left_as_it_was(name):
    start = torch.zeros(30)
    last(islice(OPTIMIZERS[name](valley, start), 5))
    assert not start.any()


@every_optimizer
def test_at_the_lowest_point_it_stays(name):
    found = last(islice(OPTIMIZERS[name](valley, LOWEST), 5))
    assert torch.allclose(found, LOWEST)
