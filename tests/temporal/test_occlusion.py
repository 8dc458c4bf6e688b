"""Where a flow is not to be trusted."""

import numpy as np

from vidstyle.temporal.occlusion import breaks, disoccluded, leaves, unmatched

HEIGHT, WIDTH = 48, 64
INSIDE = slice(8, -8), slice(8, -8)


def constant(x, y):
    return np.tile(np.float32([x, y]), (HEIGHT, WIDTH, 1))


def square_flow(left, x):
    """A square from column `left` on moves by `x`, before what is still."""
    flow = constant(0, 0)
    flow[16:32, left : left + 16, 0] = x
    return flow


def test_flows_that_cancel_are_trusted():
    assert not disoccluded(constant(2, 1), constant(-2, -1))[INSIDE].any()


def test_flows_that_do_not_cancel_are_not():
    assert disoccluded(constant(2, 1), constant(2, 1)).all()


def test_what_was_outside_is_found():
    found = leaves(constant(-3, 0))
    assert found[:, :3].all() and not found[:, 3:].any()


def test_what_a_moving_square_uncovers_is_found():
    """It went from column 20 to 26."""
    found = unmatched(square_flow(20, 6), square_flow(26, -6))
    uncovered = np.zeros((HEIGHT, WIDTH), bool)
    uncovered[16:32, 20:26] = True
    assert (found == uncovered).all()


def test_where_motion_breaks_is_not_trusted():
    found = breaks(square_flow(26, -6))
    assert found[16:32, 25:27].all() and found[15:17, 26:42].all()
    assert not found[18:30, 28:40].any() and not found[:, :20].any()
