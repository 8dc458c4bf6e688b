"""The matting Laplacian against the dense matrix of its definition, in float64."""

import itertools

import numpy as np
import pytest
import torch
from models import picture

from vidstyle.train.matting import matting_loss


def image(seed=0, height=7, width=6):
    pixels = torch.from_numpy(picture(height, width, seed))
    return pixels.permute(2, 0, 1)[None].double() / 255


def laplacian(content, epsilon=1e-7):
    """Levin et al. 2008, equation 12, entry by entry: [H W, H W], and the number of windows."""
    _, height, width = content.shape
    total, windows = np.zeros((height, width, height, width)), 0
    for top, left in itertools.product(range(height - 2), range(width - 2)):
        places = [(top + y, left + x) for y, x in itertools.product(range(3), repeat=2)]
        colors = np.array([content[:, y, x] for y, x in places])
        centered = colors - colors.mean(0)
        spread = centered.T @ centered / 9 + epsilon / 9 * np.eye(3)
        entries = np.eye(9) - (1 + centered @ np.linalg.inv(spread) @ centered.T) / 9
        for (i, here), (j, there) in itertools.product(enumerate(places), repeat=2):
            total[(*here, *there)] += entries[i, j]
        windows += 1
    return torch.from_numpy(total.reshape(height * width, height * width)), windows


def test_it_is_the_quadratic_form_of_the_dense_laplacian():
    content, drawn = image(0), image(1)
    matrix, windows = laplacian(content[0].numpy())
    exact = sum(color @ matrix @ color for color in drawn[0].flatten(1)) / windows
    assert matting_loss(drawn, content).item() == pytest.approx(exact.item(), rel=1e-6)


def test_its_gradient_is_that_of_the_quadratic_form():
    content, drawn = image(0), image(1).requires_grad_()
    matrix, windows = laplacian(content[0].numpy())
    (found,) = torch.autograd.grad(matting_loss(drawn, content).sum(), drawn)
    exact = 2 * drawn.detach().flatten(2) @ matrix / windows
    assert torch.allclose(found.flatten(2), exact, rtol=1e-4, atol=1e-6 * float(exact.abs().max()))


def test_each_picture_of_a_batch_counts_alone():
    contents, drawings = torch.cat([image(0), image(1)]), torch.cat([image(2), image(3)])
    alone = [matting_loss(drawings[n : n + 1], contents[n : n + 1]) for n in range(2)]
    assert torch.allclose(matting_loss(drawings, contents), torch.cat(alone))


def test_colors_changed_affinely_cost_nothing():
    content = image(0, 24, 32)
    mixed = torch.einsum("oc,bchw->bohw", torch.rand(3, 3).double(), content) + 0.2
    assert 0 <= matting_loss(mixed, content).item() < 1e-6


def test_a_line_that_the_photograph_does_not_have_costs():
    content = image(0, 24, 32)
    drawn = content.clone()
    drawn[..., 12, :] += 0.1
    assert matting_loss(drawn, content).item() > 1e-3


def test_a_flat_photograph_has_a_finite_loss_in_float32():
    content = torch.full((1, 3, 12, 12), 0.5)
    drawn = image(0, 12, 12).float().requires_grad_()
    loss = matting_loss(drawn, content)
    loss.sum().backward()
    assert torch.isfinite(loss).all() and torch.isfinite(drawn.grad).all()
    assert matting_loss(content, content) == 0
