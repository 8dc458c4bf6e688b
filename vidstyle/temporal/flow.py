"""What an optical flow is, here and everywhere in vidstyle.

    Convention
    direction  backward: from each pixel of this frame to where the frame before shows the same
    array      float32 [H, W, 2], x to the right and y down, in pixels of that very size
    pixels     their centers are at whole numbers, the first one's at (0, 0)
    so         frame(p) is about frame_before(p + flow(p)), which is what `warp` reads

A forward flow is the same with both frames exchanged.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias

from vidstyle.contracts import HostArray, Pixels

Flow: TypeAlias = HostArray  # float32 [H, W, 2], as above
Numbers: TypeAlias = tuple[int, int]  # of the frame before and of this one, counted by the source


class Motion(NamedTuple):
    """How a frame came from the one before, and where that is not known."""

    flow: Flow  # backward
    occluded: HostArray  # bool [H, W]  the frame before did not show this, or motion breaks here


class FlowEstimator(Protocol):
    """One way to find flow; it keeps nothing from call to call.

    `previous` and `current` are Pixels of one size. Known flow is asked for by `numbers`; those
    that estimate it need the pictures alone. The frames need not be neighbors.
    """

    def flow(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> Flow:
        """The backward flow, from `current` to `previous`."""

    def motion(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> Motion:
        """The backward flow and where not to trust it; takes twice as long as `flow`."""
