"""How a picture came from an earlier one, for those who blend the two.

Beside the flow there is trust: how far what the earlier picture shows can stand for what is seen
now. It is coarse, one value for 4x4 pixels, so that it costs little.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import halved_size, resize, shrink_to, to_uint8
from vidstyle.temporal.flow import Flow, FlowEstimator
from vidstyle.temporal.occlusion import leaves, unmatched
from vidstyle.temporal.warp import resized, warp

LONG_SIDE = 640  # pixels: larger pictures are halved to be looked at
_COLOR_SIDE = 320  # the same, to compare colors
_COARSE = 4  # pixels to one value of trust
# Levels of 255 by which contents may differ: up to the first trusted, from the second not at all.
_CHANGED = 10.0, 32.0
_CHANGED_BEHIND = 3.0, 8.0  # the same where something may have been uncovered
_REACH = 5  # values to each side, over which flow is asked whether it closes in
_CLOSING = 0.2, 0.6  # pixels by which it does, for each pixel that it is long, and one more
_LEAST = 2  # values a side: a slope lies between two
_NEAR = 25  # values across, over which it is judged whether all stands
# Standing explains the content as well as a flow does, if its squared error is at most so many
# times that of the flow, and so many squared levels more: a flow also fits itself to noise, to
# 1/1.35 of the error at a standard deviation of 3. Noise has no direction, so that flow which is
# nearby over half a pixel on average is none.
_TIMES, _MORE, _ASTRAY = 1.5, 2.0, 0.5


class Content(NamedTuple):
    """What a frame shows, as much as is needed to tell where it was before."""

    luma: HostArray  # uint8 [h, w]
    color: HostArray  # uint8 [h', w', 3]  smaller


class Track(NamedTuple):
    """Where a picture was in an earlier one, and how surely."""

    flow: Flow  # backward, [H, W, 2]; exactly 0 where nothing moves
    trust: HostArray  # float32 [H / 4, W / 4], 0..1


def looked_at(pixels: Pixels, side: int) -> Content:
    """`pixels` [H, W, 3], of any size, with motion to be sought at `side` pixels at most."""
    shown = halved(to_uint8(pixels), LONG_SIDE)
    luma = shrink_to(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), side)
    return Content(luma, halved(shown, _COLOR_SIDE))


def tracked(search: FlowEstimator, before: Content, now: Content, both_ways: bool) -> Track:
    """Find where `now` was in `before`.

    Args:
        search: finds the flow.
        before: an earlier frame.
        now: this one, of the same size.
        both_ways: whether flow is checked by going back and forth; it takes twice as long, and else
            it is not trusted where motion breaks.
    """
    flow = search.flow(before.luma, now.luma)
    size = coarse_size(now)
    rough = sampled(flow, size)
    if both_ways:
        unfit = unmatched(search.flow(now.luma, before.luma), flow).astype(np.float32)
        wrong = sampled(cv2.blur(unfit, (_COARSE, _COARSE)), size)
    else:
        wrong = _broken(rough)
    still, moved = (
        sampled(cv2.absdiff(each, now.luma), size)
        for each in (before.luma, warp(before.luma, flow))
    )
    moves = _moving(rough, still, moved)
    # By color, since what comes into view may be as bright as what hid it.
    still, moved = (
        sampled(cv2.blur(largest(cv2.absdiff(each, now.color)), (3, 3)), size).astype(np.float32)
        for each in (before.color, warp(before.color, resized(flow, *now.color.shape[:2])))
    )
    changed = _between(moved, still, 1 - moves)
    like, alike = (falling(changed, *limits) for limits in (_CHANGED, _CHANGED_BEHIND))
    trust = _between(like, alike, _uncovered(rough, moves)) * (1 - wrong * moves)
    fine = cv2.resize(moves, flow.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    flow = cv2.multiply(flow, cv2.merge([fine, fine]))
    trust = trust * ~leaves(resized(flow, *moves.shape))
    return Track(flow, trust.astype(np.float32))


def halved(pixels: Pixels, side: int) -> Pixels:
    """`pixels`, halved until the longer side is at most `side`: whole pixels are averaged."""
    return resize(pixels, *halved_size(pixels.shape[0], pixels.shape[1], side))


def coarse_size(content: Content) -> tuple[int, int]:
    """Width and height of what is coarse."""
    height, width = content.luma.shape
    return max(_LEAST, width // _COARSE), max(_LEAST, height // _COARSE)


def sampled(array: HostArray, size: tuple[int, int]) -> HostArray:
    """Some values of an array [H, W] or [H, W, C], at a width and height; quicker than means."""
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_NEAREST))


def falling(values: HostArray, high: float, low: float) -> HostArray:
    """1 up to `high`, 0 from `low` on."""
    return np.asarray(np.clip((low - values) / (low - high), 0, 1))


def largest(array: HostArray) -> HostArray:
    """The largest of three channels; NumPy takes fifty times as long."""
    red, green, blue = cv2.split(array)
    return np.asarray(cv2.max(cv2.max(red, green), blue))


def _moving(flow: Flow, still: HostArray, moved: HostArray) -> HostArray:
    """0 where flow may as well be noise, 1 where something moves.

    Args:
        flow: coarse, as is all.
        still: by how much the contents differ if nothing moves, levels of 255.
        moved: by how much if all moves with the flow.
    """
    still, moved = (_nearby(each.astype(np.float32) ** 2) for each in (still, moved))
    x, y = cv2.split(_nearby(flow))
    explained = (still / (_TIMES * moved + _MORE) - 1) * 4
    astray = (cv2.magnitude(x, y) - _ASTRAY) * 2
    return np.asarray(np.clip(np.maximum(explained, astray), 0, 1))


def _nearby(values: HostArray) -> HostArray:
    return np.asarray(cv2.blur(values, (_NEAR, _NEAR)))


def _between(one: HostArray, other: HostArray, share: HostArray) -> HostArray:
    return np.asarray(one + share * (other - one))


def _uncovered(flow: Flow, moves: HostArray) -> HostArray:
    """Where something may have come into view behind what moves on, 0..1.

    There, two places were one in the earlier picture: backward flow closes in. In front of what
    moves it opens.
    """
    across, down = np.ones((1, _REACH), np.uint8), np.ones((_REACH, 1), np.uint8)
    x, y = cv2.split(flow)
    closing = cv2.magnitude(_closing(x * moves, across), _closing(y * moves, down))
    return 1 - falling(closing / (1 + cv2.magnitude(x, y)), *_CLOSING)


def _closing(flow: HostArray, beam: HostArray) -> HostArray:
    """How far values before a place, along a `beam` of ones, are above those behind it."""
    before, behind = (beam.shape[1] - 1, beam.shape[0] - 1), (0, 0)
    gap = cv2.dilate(flow, beam, anchor=before) - cv2.erode(flow, beam, anchor=behind)
    return np.asarray(np.maximum(gap, 0))


def _broken(flow: Flow) -> HostArray:
    """Where motion breaks, 0..1; far more lenient than occlusion.breaks, which masks a third."""
    slopes = [cv2.Sobel(flow, -1, *axis, ksize=1, scale=0.5) for axis in ((1, 0), (0, 1))]
    x, y, length = (cv2.magnitude(*cv2.split(each)) for each in (*slopes, flow))
    bend = (x**2 + y**2) / (0.01 * length**2 + 1.6)
    return np.asarray(1 - falling(cv2.GaussianBlur(bend, (0, 0), 0.7), 1, 3))
