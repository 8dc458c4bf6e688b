"""Where an earlier drawing can stand for the one of now."""

from __future__ import annotations

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.temporal.flow import Flow
from vidstyle.temporal.occlusion import leaves, unmatched
from vidstyle.temporal.warp import resized, warp

COARSE = 4  # pixels of the content, where motion is sought, to one of trust
# Levels of 255: up to the first all is trusted, from the second on nothing.
_CONTENT = 8.0, 30.0  # by which the content differs
_DRAWING = 30.0, 90.0  # by which the drawing does, on average nearby: more than any flicker


def likeness(
    before: Pixels,
    now: Pixels,
    flow: Flow,
    rough: Flow,
    moves: HostArray,
    forward: Flow | None,
    moved: HostArray,
    fresh: HostArray,
) -> HostArray:
    """How much a drawing that was moved along a flow can be trusted: float32, 0..1, coarse.

    Args:
        before: the content that it shows, [h, w, 3].
        now: the content of now, as large.
        flow: from `now` back to `before`, [h, w, 2].
        forward: the other way, if it is known.
        moved: the drawing, [H, W, 3].
        fresh: the drawing of now.
    """
    size = max(1, now.shape[1] // COARSE), max(1, now.shape[0] // COARSE)
    changed = cv2.absdiff(warp(before, flow), now).max(-1)
    changed = cv2.GaussianBlur(_shrunk(changed, size).astype(np.float32), (0, 0), 0.5)
    differs = _shrunk(moved, size) - _shrunk(fresh, size)
    differs = np.abs(cv2.GaussianBlur(differs, (0, 0), 1.5)).max(-1)
    trust = _falling(changed, *_CONTENT) * _falling(differs, *_DRAWING)
    if forward is None:
        v = resized(flow, *trust.shape)
        down, right = np.gradient(v, axis=(0, 1))
        bend = (down**2).sum(-1) + (right**2).sum(-1)
        bend = bend / (BR2 * (v**2).sum(-1) + BR)
        trust = trust * _falling(cv2.GaussianBlur(bend, (0, 0), 0.7), 1, 3)
    trust = trust * ~leaves(resized(flow, *trust.shape))
    if forward is not None:
        trust = trust * (1 - moves * _shrunk(unmatched(forward, rough).astype(np.float32), size))
    return np.asarray(trust, np.float32)


BR, BR2 = 0.1, 0.01
NEAR, RATIO, FLOOR, DRIFT = 8.0, 1.5, 2.0, 0.5


def settled(flow: Flow, before: Pixels, now: Pixels) -> Flow:
    """`flow`, and none where standing still explains the content nearly as well."""
    size = max(1, now.shape[1] // COARSE), max(1, now.shape[0] // COARSE)

    def unlike(one: Pixels) -> HostArray:
        difference = cv2.absdiff(one, now).max(-1).astype(np.float32)
        return cv2.GaussianBlur(_shrunk(difference * difference, size), (0, 0), NEAR)

    still, moved = unlike(before), unlike(warp(before, flow))
    moves = np.clip((still / (RATIO * moved + FLOOR) - 1) * 4, 0, 1)
    mean = cv2.GaussianBlur(_shrunk(flow, size), (0, 0), NEAR)
    moves = np.maximum(moves, np.clip((np.hypot(mean[..., 0], mean[..., 1]) - DRIFT) * 2, 0, 1))
    return moves


def _shrunk(array: HostArray, size: tuple[int, int]) -> HostArray:
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA))


def _falling(values: HostArray, high: float, low: float) -> HostArray:
    """1 up to `high`, 0 from `low` on."""
    return np.asarray(np.clip((low - values) / (low - high), 0, 1))
