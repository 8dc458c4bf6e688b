"""aiortc's limits, lifted for painted pictures.

Brush texture changes everywhere from frame to frame: at aiortc's own 1.5 (VP8) and 3 Mbit/s
(H.264) it turns to mush. The browser still says how much its line bears, and gets no more.
"""

from __future__ import annotations

from typing import Any

from aiortc.codecs import h264, vpx

START = 5_000_000  # bits a second
MOST = 10_000_000
TICKS = 60  # a second, of H.264's clock: two frames in one tick are refused


def lift_limits() -> None:
    """For all connections of this process: aiortc has no setting for it but its own constants."""
    codecs: tuple[Any, ...] = (h264, vpx)
    for codec in codecs:
        codec.DEFAULT_BITRATE, codec.MAX_BITRATE = START, MOST
    codecs[0].MAX_FRAME_RATE = TICKS
