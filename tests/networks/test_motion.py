"""A drawing moved along as its content moved."""

import cv2
import numpy as np
import torch
from models import picture

from vidstyle.networks.motion import carry

HEIGHT, WIDTH = 48, 64


def image(seed=0, down=0, right=0):
    """A part of a smooth picture; with `down` and `right` the camera has moved by so much."""
    whole = cv2.GaussianBlur(picture(HEIGHT + 8, WIDTH + 8, seed), (0, 0), 1.5)
    part = np.ascontiguousarray(whole[down : down + HEIGHT, right : right + WIDTH])
    return torch.from_numpy(part).permute(2, 0, 1)[None].float() / 255


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


def test_what_comes_into_the_picture_is_not_trusted():
    trust = carry(image(right=6), image(), image(seed=7)).trust
    assert not trust[..., -4:].any()
