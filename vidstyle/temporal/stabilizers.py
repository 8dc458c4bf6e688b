"""The ways to steady drawings that people choose from."""

from __future__ import annotations

import cv2

from vidstyle.temporal.dis import Dis
from vidstyle.temporal.stabilizer import Stabilizer


def light() -> Stabilizer:
    """The cheaper one: motion sought three times in two frames, in small pictures."""
    return Stabilizer(
        Dis("brisk"),
        side=512,
        both_ways=False,
        weight=0.98,
        pull=0.8,
        every=2,
        kernel=cv2.INTER_CUBIC,
        likeness=(30.0, 90.0),
    )


def full() -> Stabilizer:
    """Steadier, with motion sought at length."""
    return Stabilizer(
        Dis("medium"),
        side=640,
        both_ways=True,
        weight=0.98,
        pull=0.7,
        every=1,
        kernel=cv2.INTER_LANCZOS4,
        likeness=(60.0, 120.0),
    )
