"""Whether a hardware decoder works here, seen by decoding with it."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
from av.codec.hwaccel import HWAccel

from vidstyle.avcodecs import BY, explained, on_hardware, opening_an_encoder
from vidstyle.errors import DeviceError

# What is decoded is encoded first, as fast as each can: encoder, pixel format, options.
_ENCODERS: dict[str, tuple[str, str, dict[str, str]]] = {
    "h264": ("libx264", "yuv420p", {"preset": "ultrafast"}),
    "hevc": ("libx265", "yuv420p", {"preset": "ultrafast", "x265-params": "log-level=none"}),
    "av1": ("libsvtav1", "yuv420p", {"preset": "11"}),
    "vp9": ("libvpx-vp9", "yuv420p", {"deadline": "realtime", "cpu-used": "8"}),
    "prores": ("prores_ks", "yuv422p10le", {}),
    "ffv1": ("ffv1", "yuv420p", {}),
}
_SIZE = 640, 384  # above the least of every chip, and a multiple of their blocks
_FRAMES = 3


def decode_some(decoder: str) -> None:
    """Decode a few frames.

    Raises:
        DeviceError: it does not work here, and why in FFmpeg's own words.
    """
    name, _, device = decoder.partition(BY)
    with explained():
        helped = HWAccel(device, allow_software_fallback=False) if device else None
        context: Any = av.CodecContext.create(name, "r", hwaccel=helped)
        context.width, context.height = _SIZE  # as a file would say
        if on_hardware(name):
            context.open()  # where there is no chip, it is known before anything is encoded
        packets, header = _encoded(context.codec.canonical_name)
        if header is not None:
            context.extradata = header
        frames = [frame for packet in (*packets, None) for frame in context.decode(packet)]
    if len(frames) != _FRAMES:
        raise DeviceError(f"it gave {len(frames)} of {_FRAMES} frames")


@lru_cache
def _encoded(codec: str) -> tuple[list[Any], bytes | None]:
    """Packets of a few frames, and what a file would say beside them."""
    encoder, pix_fmt, options = _ENCODERS[codec]
    context: Any = av.CodecContext.create(encoder, "w")
    context.width, context.height = _SIZE
    context.pix_fmt, context.time_base, context.options = pix_fmt, Fraction(1, 25), options
    with opening_an_encoder():
        context.open()
    packets = []
    for index in range(_FRAMES):
        frame = av.VideoFrame(*_SIZE, pix_fmt)
        frame.pts = index
        packets += context.encode(frame)
    return [*packets, *context.encode(None)], context.extradata
