"""aiortc's limits, lifted for painted pictures.

Brush texture changes everywhere from frame to frame: at aiortc's own 1.5 (VP8) and 3 Mbit/s
(H.264) it turns to mush. The browser still says how much its line bears, and gets no more.
"""

from __future__ import annotations

from typing import Any

from aiortc.codecs import h264, vpx

_HD = 10_000_000  # bits a second at 1280x720; half of it at 640x360, a quarter of the pixels
TICKS = 60  # a second, of H.264's clock: two frames in one tick are refused


def lift_limits(height: int, width: int) -> None:
    """For all connections of this process: aiortc has no setting for it but its own constants.

    Args:
        height: of the pictures that are usually sent.
        width: of them.
    """
    most = round(_HD * (height * width / (720 * 1280)) ** 0.5)
    codecs: tuple[Any, ...] = (h264, vpx)
    for codec in codecs:
        codec.DEFAULT_BITRATE, codec.MAX_BITRATE = most * 6 // 10, most
    codecs[0].MAX_FRAME_RATE = TICKS
