"""What is trusted of an earlier picture."""

import numpy as np
import pytest

from vidstyle.temporal.tracking import looked_at, tracked

HEIGHT, WIDTH = 120, 160
SPEED = 24  # pixels a frame, to the right
LEFT, RIGHT, TOP, BOTTOM = 60, 100, 40, 80  # of a thing, before it moves


class Known:
    """The flow that is known."""

    def __init__(self, flow):
        self._flow = flow

    def flow(self, previous, current, numbers=(0, 1)):
        return self._flow


def scene(contrast):
    """Before, now, and the flow between: a thing moves over ground that is nearly like it."""
    before, now = (np.full((HEIGHT, WIDTH, 3), 100, np.uint8) for _ in range(2))
    before[TOP:BOTTOM, LEFT:RIGHT] += contrast
    now[TOP:BOTTOM, LEFT + SPEED : RIGHT + SPEED] += contrast
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[TOP:BOTTOM, LEFT + SPEED : RIGHT + SPEED, 0] = -SPEED
    return before, now, flow


@pytest.fixture
def trust():
    before, now, flow = scene(contrast=9)
    before, now = (looked_at(each, WIDTH) for each in (before, now))
    return tracked(Known(flow), before, now, both_ways=False).trust


def test_what_comes_into_view_is_not_trusted_though_it_is_nearly_alike(trust):
    behind = trust[(TOP + 8) // 4 : (BOTTOM - 8) // 4, (LEFT + 8) // 4 : (LEFT + 16) // 4]
    assert behind.max() < 0.1


def test_what_moves_and_what_lies_before_it_are_trusted(trust):
    thing = trust[
        (TOP + 8) // 4 : (BOTTOM - 8) // 4, (LEFT + SPEED + 8) // 4 : (RIGHT + SPEED - 8) // 4
    ]
    before_it = trust[(TOP + 8) // 4 : (BOTTOM - 8) // 4, (RIGHT + SPEED + 16) // 4 : -4]
    assert min(thing.min(), before_it.min()) > 0.9
