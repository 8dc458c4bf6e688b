"""Arrays moved along a flow."""

import numpy as np
import pytest
import torch
from needs import needs_cuda

from vidstyle.temporal.tensorwarp import warp_tensor
from vidstyle.temporal.warp import composed, resized, warp

HEIGHT, WIDTH = 48, 64
RANDOM = np.random.default_rng(0)
ARRAY = RANDOM.random((HEIGHT, WIDTH, 3)).astype(np.float32)
WILD = RANDOM.normal(0, 10, (HEIGHT, WIDTH, 2)).astype(np.float32)  # out of the picture, too


def constant(x, y):
    return np.tile(np.float32([x, y]), (HEIGHT, WIDTH, 1))


def on(device, array, flow):
    image = torch.from_numpy(array).permute(2, 0, 1)[None].to(device)
    warped = warp_tensor(image, torch.from_numpy(flow)[None].to(device))
    return warped[0].permute(1, 2, 0).cpu().numpy()


def test_a_warp_reads_where_the_flow_points_to():
    moved = warp(ARRAY, constant(3, 2))
    assert np.allclose(moved[:-2, :-3], ARRAY[2:, 3:], atol=1e-6)


def test_half_a_pixel_is_the_mean_of_two():
    moved = warp(ARRAY, constant(0.5, 0))
    assert np.allclose(moved[:, :-1], (ARRAY[:, 1:] + ARRAY[:, :-1]) / 2, atol=1e-6)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=needs_cuda)])
def test_both_forms_agree(device):
    assert np.abs(warp(ARRAY, WILD) - on(device, ARRAY, WILD)).max() < 1e-4


def test_a_row_of_pixels_can_be_warped():
    row, flow = ARRAY[:1], WILD[:1]
    assert np.abs(warp(row, flow) - on("cpu", row, flow)).max() < 1e-4


def test_each_picture_of_a_batch_has_its_own_flow():
    images = torch.from_numpy(ARRAY).permute(2, 0, 1)[None].repeat(2, 1, 1, 1)
    flows = torch.from_numpy(np.stack([constant(0, 0), constant(3, 2)]))
    still, moved = warp_tensor(images, flows)
    assert torch.allclose(still, images[0], atol=1e-5)
    assert torch.allclose(moved[:, :-2, :-3], images[0, :, 2:, 3:], atol=1e-5)


def test_composed_flows_go_both_ways_at_once():
    assert np.allclose(composed(constant(3, 2), constant(1, -4)), constant(4, -2))


def test_a_resized_flow_moves_as_far_in_the_pixels_it_has():
    assert np.allclose(resized(constant(3, 2), 2 * HEIGHT, WIDTH // 4), [0.75, 4])
    assert np.allclose(resized(constant(3, 2), HEIGHT // 2, 2 * WIDTH), [6, 1])
