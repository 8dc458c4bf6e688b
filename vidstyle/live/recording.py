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
from vidstyle.live.soundtrack import Soundtrack
from vidstyle.sinks import check_output
from vidstyle.sinks.codecs import CONTAINERS, Encoding
from vidstyle.sinks.video import VideoSink
from vidstyle.sources.sound import Heard

_TICK = Fraction(1, 90000)  # seconds
_BEGINNINGS = {
    "rtmp": "flv", "rtmps": "flv", "srt": "mpegts", "udp": "mpegts", "tcp": "mpegts",
    "rtsp": "rtsp", "http": "whip", "https": "whip",
}  # fmt: skip
_SOUND = {"whip": "libopus"}  # the others take AAC
_PRESETS = {".webm": "8"}  # VP9 is slower than live otherwise; H.264 is not
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
        self._encoding = encoding or Encoding(preset=_PRESETS.get(path.suffix.lower()))
        self._clock = _Clock()

    def open(self, height: int, width: int, fps: float, heard: Heard | None = None) -> None:
        """Begin the file, with what is heard.

        Raises:
            VidstyleError: it cannot be written, or is there already.
        """
        rate = Fraction(fps).limit_denominator(1001)
        info = VideoInfo(width, height, rate=rate, time_base=_TICK)
        check_output(self.name, self._overwrite)
        encoder = CONTAINERS[self._path.suffix.lower()].sound
        if heard is None or encoder is None:
            self._sink = VideoSink(self._path, info, self._encoding)
        else:
            self._sink = VideoSink(
                self._path, info, self._encoding,
                lambda output, kind: Soundtrack(output, encoder, heard, self._clock),
            )  # fmt: skip
        self._sink.__enter__()

    def write(self, shown: Shown) -> None:
        """Encode the next picture."""
        index, time = self._clock(shown.moment)
        self._sink.write(Frame(shown.pixels, time, None, index))

    def close(self) -> None:
        """Finish the file; without a picture none is left."""
        empty = None if self._clock.count else VidstyleError("Nothing was recorded.")
        self._sink.__exit__(type(empty) if empty else None, empty, None)


class Stream:
    """H.264, and AAC or Opus, to a server: RTMP, SRT, RTSP, WHIP, or MPEG-TS by UDP or TCP.

    Pictures are encoded without delay.

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
        self._sound: Soundtrack | None = None

    def open(self, height: int, width: int, fps: float, heard: Heard | None = None) -> None:
        """Connect, to send what is heard, too.

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
            if heard is not None:
                encoder = _SOUND.get(self._format, "aac")
                self._sound = Soundtrack(self._output, encoder, heard, self._clock)
            self._output.start_encoding()

        self._sending(connect)

    def write(self, shown: Shown) -> None:
        """Send the next picture."""
        _, time = self._clock(shown.moment)
        height, width = self._stream.height, self._stream.width
        picture = np.ascontiguousarray(shown.pixels[:height, :width])
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
        frame.pts, frame.time_base = int(time / _TICK), _TICK

        def send() -> None:
            if self._sound is not None:
                self._sound.write_until(time)
            self._output.mux(self._stream.encode(frame))

        self._sending(send)

    def close(self) -> None:
        """Send what is left, and hang up."""

        def finish() -> None:
            self._output.mux(self._stream.encode(None))
            if self._sound is not None:
                self._sound.finish()
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
        self.first: float | None = None  # its moment
        self._last, self.count = -1, 0

    def __call__(self, moment: float) -> tuple[int, Fraction]:
        self.first = moment if self.first is None else self.first
        self._last = max(self._last + 1, int((moment - self.first) / _TICK))
        self.count += 1
        return self.count - 1, self._last * _TICK
