"""What moved between two frames."""

import cv2
import numpy as np
import torch
from models import picture

from vidstyle.networks.motion import carry, disoccluded, optical_flow, warp

HEIGHT, WIDTH = 48, 64


def pixels(seed=0, down=0, right=0):
    """A part of a smooth picture; with `down` and `right` the camera has moved by so much."""
    whole = cv2.GaussianBlur(picture(HEIGHT + 8, WIDTH + 8, seed), (0, 0), 1.5)
    return np.ascontiguousarray(whole[down : down + HEIGHT, right : right + WIDTH])


def image(seed=0, down=0, right=0):
    return torch.from_numpy(pixels(seed, down, right)).permute(2, 0, 1)[None].float() / 255


def constant_flow(x, y):
    return np.tile(np.float32([x, y]), (HEIGHT, WIDTH, 1))


def test_a_warp_reads_where_the_flow_points_to():
    array = np.random.default_rng(0).random((HEIGHT, WIDTH, 3)).astype(np.float32)
    moved = warp(array, constant_flow(3, 2))
    assert np.allclose(moved[:-2, :-3], array[2:, 3:], atol=1e-6)


def test_flow_is_found_in_pixels_to_the_right_and_down():
    grey = [cv2.cvtColor(part, cv2.COLOR_RGB2GRAY) for part in (pixels(), pixels(down=1, right=2))]
    flow = optical_flow(*grey)[8:-8, 8:-8]
    assert np.abs(np.median(flow, (0, 1)) - (-2, -1)).max() < 0.2


def test_flows_that_cancel_are_trusted():
    assert not disoccluded(constant_flow(2, 1), constant_flow(-2, -1)).any()


def test_flows_that_do_not_cancel_are_not():
    assert disoccluded(constant_flow(2, 1), constant_flow(2, 1)).all()


def test_where_motion_breaks_is_not_trusted():
    forward, backward = constant_flow(0, 0), constant_flow(0, 0)
    forward[:, WIDTH // 2 :], backward[:, WIDTH // 2 :] = 3, -3
    found = disoccluded(forward, backward)
    assert found[:, WIDTH // 2 - 1 : WIDTH // 2 + 1].all()
    assert not found[:-4, : WIDTH // 2 - 4].any()


def test_a_drawing_is_moved_as_its_content_moves():
    drawing = image(seed=7)
    carried = carry(image(down=1, right=2), image(), drawing)
    expected = image(seed=7, down=1, right=2)
    inside = (..., slice(8, -8), slice(8, -8))
    assert carried.trust[inside].mean() > 0.9
    left, at_first = (
        (moved - expected)[inside].abs().mean() for moved in (carried.drawing, drawing)
    )
    assert left < at_first / 2
