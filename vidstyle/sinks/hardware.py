"""Whether a hardware encoder works here, seen by encoding with it: nothing else tells."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np

from vidstyle.avcodecs import explained
from vidstyle.contracts import Frame, VideoInfo
from vidstyle.sinks.codecs import CONTAINERS, Encoding, codec_for, pixel_format_for
from vidstyle.sinks.encoder import Encoder

_SIZE = 640, 384  # above the least of every chip, and a multiple of their blocks
_FRAMES = 3


def encode_some(encoder: str) -> None:
    """Encode a few frames as `--codec ENCODER` would.

    Raises:
        DeviceError: it does not work here, and why in FFmpeg's own words.
    """
    width, height = _SIZE
    info = VideoInfo(width, height, rate=Fraction(25), time_base=Fraction(1, 25))
    kind, encoding = CONTAINERS[".mkv"], Encoding(encoder)
    codec = codec_for(kind, encoding)
    pix_fmt = pixel_format_for(kind, codec, encoding, info)
    grey = np.full((height, width, 3), 128, np.uint8)
    with explained(), av.open(io.BytesIO(), "w", format=kind.format) as output:
        stream = Encoder(output, kind, codec, pix_fmt, info, encoding)
        for index in range(_FRAMES):
            stream.write(Frame(grey, Fraction(index, 25), None, index))
        stream.finish()
