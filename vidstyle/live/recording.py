"""Live pictures in a file, or sent to a server as they come."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from vidstyle.avfile import reason
from vidstyle.contracts import Frame, VideoInfo
from vidstyle.errors import UsageError, VidstyleError
from vidstyle.live.outlets import Shown
from vidstyle.sinks import open_sink
from vidstyle.sinks.codecs import Encoding

_TICK = Fraction(1, 90000)  # seconds
_BEGINNINGS = {
    "rtmp": "flv", "rtmps": "flv", "srt": "mpegts", "udp": "mpegts", "tcp": "mpegts",
    "rtsp": "rtsp", "http": "whip", "https": "whip",
}  # fmt: skip
_TIMEOUT = 10.0  # seconds to connect
_SECONDS_BETWEEN_KEYS = 2  # so long a viewer who comes late waits
_EVEN = 2  # pixels: chroma is half as fine


class Recording:
    """A video file; each picture stands as long as it stood live.

    Args:
        path: of the file.
        overwrite: whether one that is there is replaced.
        encoding: how it is encoded.
    """

    waiting = 30  # pictures: a second, while the disk is busy

    def __init__(
        self, path: Path, overwrite: bool = False, encoding: Encoding | None = None
    ) -> None:
        self.name, self._path, self._overwrite = str(path), path, overwrite
        self._encoding = encoding or Encoding(preset="veryfast")
        self._clock = _Clock()

    def open(self, height: int, width: int, fps: float) -> None:
        """Begin the file.

        Raises:
            VidstyleError: it cannot be written, or is there already.
        """
        rate = Fraction(fps).limit_denominator(1001)
        info = VideoInfo(width, height, rate=rate, time_base=_TICK)
        self._sink = open_sink(self.name, info, self._encoding, self._overwrite)
        self._sink.__enter__()

    def write(self, shown: Shown) -> None:
        """Encode the next picture."""
        index, time = self._clock(shown.arrived)
        self._sink.write(Frame(shown.pixels, time, None, index))

    def close(self) -> None:
        """Finish the file; without a picture none is left."""
        empty = None if self._clock.count else VidstyleError("Nothing was recorded.")
        self._sink.__exit__(type(empty) if empty else None, empty, None)


class Stream:
    """H.264 to a server: RTMP, SRT, RTSP, WHIP, or MPEG-TS by UDP or TCP. Encoded without delay.

    Args:
        address: where to.
        bits_per_second: painted texture needs many.

    Raises:
        UsageError: an address that nothing is sent to.
    """

    waiting = 2

    def __init__(self, address: str, bits_per_second: int = 6_000_000) -> None:
        beginning = address.partition("://")[0].lower()
        if beginning not in _BEGINNINGS:
            raise UsageError(
                f"{address!r} is no address to stream to: {', '.join(_BEGINNINGS)}, then '://'."
            )
        self.name, self._format, self._bits = address, _BEGINNINGS[beginning], bits_per_second
        self._clock = _Clock()

    def open(self, height: int, width: int, fps: float) -> None:
        """Connect.

        Raises:
            VidstyleError: nobody answers.
        """
        rate = Fraction(fps).limit_denominator(1001)

        def connect() -> None:
            self._output = av.open(
                self.name, "w", format=self._format, timeout=(_TIMEOUT, _TIMEOUT)
            )
            self._stream: Any = self._output.add_stream(
                "libx264", rate, {"preset": "veryfast", "tune": "zerolatency"}
            )
            self._stream.width, self._stream.height = width - width % _EVEN, height - height % _EVEN
            self._stream.pix_fmt, self._stream.bit_rate = "yuv420p", self._bits
            self._stream.time_base = self._stream.codec_context.time_base = _TICK
            self._stream.gop_size = max(1, round(_SECONDS_BETWEEN_KEYS * fps))
            self._output.start_encoding()

        self._sending(connect)

    def write(self, shown: Shown) -> None:
        """Send the next picture."""
        _, time = self._clock(shown.arrived)
        height, width = self._stream.height, self._stream.width
        picture = np.ascontiguousarray(shown.pixels[:height, :width])
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
        frame.pts, frame.time_base = int(time / _TICK), _TICK
        self._sending(lambda: self._output.mux(self._stream.encode(frame)))

    def close(self) -> None:
        """Send what is left, and hang up."""

        def finish() -> None:
            self._output.mux(self._stream.encode(None))
            self._output.close()

        self._sending(finish)

    def _sending(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (av.FFmpegError, OSError, ValueError) as error:
            raise VidstyleError(f"Streaming to {self.name!r} fails: {reason(error)}.") from None


class _Clock:
    """Numbers and times of pictures since the first: whole ticks, each later than the last."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._last, self.count = -1, 0

    def __call__(self, arrived: float) -> tuple[int, Fraction]:
        self._first = arrived if self._first is None else self._first
        self._last = max(self._last + 1, int((arrived - self._first) / _TICK))
        self.count += 1
        return self.count - 1, self._last * _TICK
