"""Frames to the packets of one video stream, each at its own time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import Any

import av
import numpy as np
from av.container import OutputContainer

from vidstyle.avcodecs import on_hardware, opening_an_encoder
from vidstyle.avfile import reason
from vidstyle.avframe import FULL_RANGE, FrameWriter, layout_of, usual_matrix
from vidstyle.contracts import Color, Frame, VideoInfo
from vidstyle.errors import DeviceError, UsageError, VidstyleError
from vidstyle.sinks.codecs import (
    Codec,
    Container,
    Encoding,
    bit_rate_for,
    options_for,
)
from vidstyle.sinks.palette import to_palette

log = logging.getLogger(__name__)

_USUAL_RATE = Fraction(30)  # told to the encoder when a source knows no rate
_EVEN = {"420": (2, 2), "422": (2, 1)}  # chroma at half the size: multiples across and down


class Encoder:
    """The video stream of `output`. Every frame that is given comes out, or `finish` fails."""

    def __init__(
        self,
        output: OutputContainer,
        kind: Container,
        codec: Codec,
        pix_fmt: str,
        info: VideoInfo,
        encoding: Encoding,
    ) -> None:
        self.frames = 0  # given
        self._packets = 0  # come out
        self._output, self._kind, self._codec, self._info = output, kind, codec, info
        self._pix_fmt = pix_fmt
        palette = pix_fmt == "pal8"
        self._layout, self._bits, self._alpha = (
            ("rgb", 8, True) if palette else layout_of(av.VideoFormat(pix_fmt))
        )
        self._rate = info.rate or _USUAL_RATE
        self._tick = self._usable_tick()
        self._size = self._encoded_size()
        self._color = self._encoded_color()
        self._convert = to_palette if palette else FrameWriter(pix_fmt, self._color).write
        self._stream = self._open(self._color, encoding)
        self._durations: dict[int, int] = {}
        self._last = -(2**62)  # ticks; times may be negative
        self._warned = False
        self._say_changes()

    def write(self, frame: Frame) -> None:
        """Encode one frame."""
        if isinstance(frame.pixels, np.ndarray):
            picture = self._convert(frame.pixels, frame.alpha)
        else:
            picture = self._convert_tensor(frame.pixels)
        picture.pts = self._when(frame)
        picture.time_base = self._tick
        if frame.duration is not None:
            picture.duration = round(frame.duration / self._tick)
            self._durations[picture.pts] = picture.duration
        self.frames += 1
        self._mux(self._stream.encode(picture))

    @cached_property
    def _convert_tensor(self) -> Callable[[Any], av.VideoFrame]:
        from vidstyle.avtensor import TensorWriter  # whoever has tensors has loaded torch

        return TensorWriter(self._pix_fmt, self._color).write

    def finish(self) -> None:
        """Write what the encoder holds.

        Raises:
            VidstyleError: the encoder kept or doubled a frame.
        """
        rest = self._stream.encode(None)
        if self.frames <= 2:  # x265 then makes up the times of decoding; none is out of order
            for packet in rest:
                packet.dts = packet.pts
        self._mux(rest)
        if self._packets != self.frames:
            raise VidstyleError(
                f"The encoder {self._codec.encoder!r} was given {self.frames} frames and wrote "
                f"{self._packets}; choose another --codec."
            )

    def _open(self, color: Color, encoding: Encoding) -> Any:
        try:
            hint = min(max(self._rate, Fraction(1)), Fraction(240)).limit_denominator(1001)
            stream: Any = self._output.add_stream(self._codec.encoder, rate=hint)
            stream.width, stream.height = self._size
            stream.pix_fmt = self._pix_fmt
            context = stream.codec_context
            context.sample_aspect_ratio = self._info.sample_aspect
            context.colorspace, context.color_primaries = color.matrix, color.primaries
            context.color_trc = color.transfer
            context.color_range = FULL_RANGE if color.full_range else 1
            context.options = options_for(self._codec, encoding, self._pix_fmt)
            bit_rate = bit_rate_for(self._codec, encoding, self._info, hint)
            if bit_rate is not None:
                context.bit_rate = bit_rate
            if self._codec.encoder == "libx265" and self._kind.format in ("mp4", "mov"):
                context.codec_tag = "hvc1"  # Apple's players know HEVC by this name alone
            context.time_base = stream.time_base = self._tick
            with opening_an_encoder():
                context.open()
        except (av.FFmpegError, ValueError, OSError) as error:
            raise self._refusal(error, encoding) from None
        return stream

    def _refusal(self, error: Exception, encoding: Encoding) -> VidstyleError:
        encoder = self._codec.encoder
        if on_hardware(encoder):
            return DeviceError(
                f"The hardware encoder {encoder!r} does not work here: {reason(error)}."
            )
        if min(self._size) < self._codec.smallest:
            width, height = self._size
            return UsageError(
                f"The encoder {encoder!r} takes pictures of {self._codec.smallest}x"
                f"{self._codec.smallest} pixels and more; these have {width}x{height}."
            )
        asked = [f"--{name} {getattr(encoding, name)}" for name in ("crf", "preset", "bitrate")]
        given = " ".join(word for word in asked if not word.endswith("None"))
        return UsageError(
            f"The encoder {encoder!r} does not work in {self._kind.format}"
            f"{' with ' + given if given else ''}: {reason(error)}."
        )

    def _usable_tick(self) -> Fraction:
        """Time base of the output, in seconds."""
        if self._pix_fmt == "pal8":
            return Fraction(1, 100)  # GIF counts in hundredths
        return 1 / self._rate if self._kind.constant_rate else self._info.time_base

    def _when(self, frame: Frame) -> int:
        """The frame's time in ticks, later than the last one's."""
        if self._kind.constant_rate:
            if self.frames == 0:
                self._first = frame.time
            elif abs(frame.time - self._first - self.frames * self._tick) > self._tick / 2:
                self._warn_of_constant_rate()
            return self.frames
        self._last = max(self._last + 1, round(frame.time / self._tick))
        return self._last

    def _warn_of_constant_rate(self) -> None:
        if not self._warned:
            log.warning(
                "%s has one rate, %.5g frames a second: each frame is given once, its own time "
                "is lost.", self._kind.format, float(self._rate),
            )  # fmt: skip
        self._warned = True

    def _encoded_size(self) -> tuple[int, int]:
        """Width and height; where they must be even, the last column or row is repeated."""
        across, down = _EVEN.get(self._layout, (1, 1))
        width, height = self._info.width, self._info.height
        return width + -width % across, height + -height % down

    def _encoded_color(self) -> Color:
        """What the encoded numbers mean: the source's own, or for RGB sources what video uses."""
        color = self._info.color
        if self._layout == "rgb":
            return Color(0, True, color.primaries, color.transfer)
        full = color.full_range or self._pix_fmt.startswith("yuvj")
        if color.matrix == 0:
            matrix = usual_matrix(self._info.width, self._info.height)
            return Color(matrix, self._pix_fmt.startswith("yuvj"), matrix, matrix)
        return Color(color.matrix, full, color.primaries, color.transfer)

    def _say_changes(self) -> None:
        info, given = self._info, self._pix_fmt
        if self._size != (info.width, info.height):
            log.info(
                "%s holds even sizes only: %dx%d becomes %dx%d, the edge repeated.",
                given, info.width, info.height, *self._size,
            )  # fmt: skip
        if self._bits < info.bits:
            log.info("%s holds %d bits; the video has %d.", given, self._bits, info.bits)
        if info.alpha and not self._alpha:
            log.info("%s holds no transparency: it is drawn over black.", given)

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, packet.duration)
            self._packets += 1
            self._output.mux(packet)
