"""A video: file or standard output, encoded by FFmpeg, with the sound it came with."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from vidstyle.avfile import reason
from vidstyle.avframe import FULL_RANGE, FrameWriter, layout_of
from vidstyle.contracts import Color, Frame, VideoInfo
from vidstyle.errors import DeviceError, UsageError
from vidstyle.sinks.codecs import (
    CONTAINERS,
    PIPES,
    Codec,
    Encoding,
    codec_for,
    options_for,
    pixel_format_for,
)
from vidstyle.sinks.draft import Draft, keeps_part
from vidstyle.sinks.palette import PaletteFilter
from vidstyle.sinks.tracks import Tracks
from vidstyle.sinks.writing import writing

log = logging.getLogger(__name__)

_USUAL_RATE = Fraction(30)  # told to the encoder when a source knows no rate


class VideoSink:
    """Encodes frames at their own times and copies sound, subtitles and chapters beside them."""

    def __init__(self, place: Path | Any, format: str, info: VideoInfo, encoding: Encoding) -> None:
        if format == "yuv4mpegpipe" and encoding.codec == "rawvideo":
            format, encoding = "rawvideo", Encoding("rawvideo", pix_fmt=encoding.pix_fmt or "rgb24")
        self._draft = Draft(place) if isinstance(place, Path) else None
        self._target = place
        self._kind = PIPES.get(format) or CONTAINERS[place.suffix.lower()]
        self._info, self._encoding = info, encoding
        self._codec: Codec = codec_for(encoding.codec or self._kind.codec)
        self._pix_fmt = pixel_format_for(self._codec, encoding, info)
        self._durations: dict[int, int] = {}
        self.notes: list[str] = []

    @property
    def destination(self) -> str:
        """What was written, once closed."""
        return self._draft.destination if self._draft else "standard output"

    @property
    def how(self) -> str:
        """Container, encoder with its options, pixel format."""
        options = options_for(self._codec, self._encoding, self._info.alpha)
        words = " ".join(f"{name}={value}" for name, value in options.items())
        return f"{self._kind.format}, {self._codec.encoder} {words}, {self._pix_fmt}".replace(
            " ,", ","
        )

    def __enter__(self) -> VideoSink:
        if self._draft is not None:
            self._draft.check()
        try:
            self._open()
        except BaseException as error:
            self._settle(type(error))
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None or keeps_part(kind):
                with writing(self._target):
                    self._finish(None if kind is None else self._end)
            else:
                _close_quietly(self._output)
        except BaseException as error:
            kind = type(error)
            _close_quietly(self._output)
            raise
        finally:
            self._tracks.close()
            self._settle(kind)

    def write(self, frame: Frame) -> None:
        """Encode one frame; sound up to its time is written first."""
        time = frame.time
        picture = self._writer.write(frame.pixels, frame.alpha)
        picture.pts = round(time / self._tick)
        picture.time_base = self._tick
        if frame.duration is not None:
            picture.duration = round(frame.duration / self._tick)
            self._durations[picture.pts] = picture.duration
        self._end = time + (frame.duration or 0)
        with writing(self._target):
            self._tracks.write_until(time)
            for ready in self._prepared(picture):
                self._mux(self._stream.encode(ready))

    def _open(self) -> None:
        target = str(self._draft.path) if self._draft else self._target
        with writing(self._target):
            self._output: OutputContainer = av.open(
                target, "w", format=self._kind.format, options=dict(self._kind.options)
            )
        width, height = self._encoded_size()
        info, color = self._info, self._color()
        self._writer = FrameWriter("rgba" if self._pix_fmt == "pal8" else self._pix_fmt, color)
        self._tick = Fraction(1, 100) if self._pix_fmt == "pal8" else self._usable_tick()
        self._end = Fraction(0)
        rate = info.rate or _USUAL_RATE
        self._stream: VideoStream = self._output.add_stream(self._codec.encoder, rate=rate)
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = self._pix_fmt
        context = self._stream.codec_context
        context.sample_aspect_ratio = info.sample_aspect
        context.colorspace, context.color_primaries = color.matrix, color.primaries
        context.color_trc, context.color_range = (
            color.transfer,
            FULL_RANGE if color.full_range else 1,
        )
        context.options = options_for(self._codec, self._encoding, info.alpha)
        if self._encoding.bitrate is not None:
            context.bit_rate = self._encoding.bitrate
        if self._codec.encoder == "libx265" and self._kind.format in ("mp4", "mov"):
            context.codec_tag = "hvc1"  # Apple's players know HEVC by this name alone
        context.time_base = self._tick
        self._stream.time_base = self._tick
        self._palette = (
            PaletteFilter(width, height, self._tick) if self._pix_fmt == "pal8" else None
        )
        self._tracks = Tracks(info, self._output, self._encoding.audio)
        self.notes = self._tracks.notes
        try:
            self._output.start_encoding()
        except (av.FFmpegError, ValueError, OSError) as error:
            _close_quietly(self._output)
            self._tracks.close()
            raise self._refusal(error) from None
        self._say_changes(width, height)

    def _refusal(self, error: Exception) -> Exception:
        asked = self._encoding
        named = [
            f"--{name.replace('_', '-')} {value}"
            for name in ("crf", "preset", "pix_fmt")
            if (value := getattr(asked, name)) is not None
        ]
        if self._codec.encoder.endswith(
            ("nvenc", "qsv", "amf", "vaapi", "videotoolbox", "v4l2m2m")
        ):
            return DeviceError(
                f"The hardware encoder {self._codec.encoder!r} does not work here: {reason(error)}."
            )
        given = f" with {' '.join(named)}" if named else ""
        return UsageError(
            f"The encoder {self._codec.encoder!r} does not work{given} in "
            f"{self._kind.format}: {reason(error)}."
        )

    def _encoded_size(self) -> tuple[int, int]:
        """Chroma at half the size needs even sides: the last column or row is then repeated."""
        layout, _, _ = (
            layout_of(av.VideoFormat(self._pix_fmt))
            if self._pix_fmt != "pal8"
            else ("rgb", 8, True)
        )
        across, down = {"420": (2, 2), "422": (2, 1)}.get(layout, (1, 1))
        width, height = self._info.width, self._info.height
        return width + -width % across, height + -height % down

    def _usable_tick(self) -> Fraction:
        """Time base of the output. Some formats know a constant rate only."""
        if self._kind.format in ("yuv4mpegpipe", "rawvideo"):
            return 1 / (self._info.rate or _USUAL_RATE)
        return self._info.time_base

    def _color(self) -> Color:
        """What the encoded numbers mean: the source's own, or for RGB sources what video uses."""
        color = self._info.color
        layout = "rgb" if self._pix_fmt == "pal8" else layout_of(av.VideoFormat(self._pix_fmt))[0]
        if layout == "rgb":
            return Color(0, True, color.primaries, color.transfer)
        if color.matrix == 0:
            high = self._info.height > 576
            return Color(1, False, 1, 1) if high else Color(6, False, 6, 6)
        return color

    def _say_changes(self, width: int, height: int) -> None:
        info = self._info
        if (width, height) != (info.width, info.height):
            log.info(
                "%s holds even sizes only: %dx%d becomes %dx%d, the edge repeated.",
                self._pix_fmt, info.width, info.height, width, height,
            )  # fmt: skip
        bits = 8 if self._pix_fmt == "pal8" else layout_of(av.VideoFormat(self._pix_fmt))[1]
        if bits < info.bits:
            log.info("%s holds %d bits; the video has %d.", self._pix_fmt, bits, info.bits)
        if (
            info.alpha
            and self._pix_fmt != self._codec.alpha
            and not self._pix_fmt.startswith("yuva")
        ):
            log.info("%s holds no transparency: it is drawn over black.", self._pix_fmt)

    def _prepared(self, picture: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        if self._palette is not None:
            yield from self._palette.each(picture)
        elif picture is not None:
            yield picture

    def _mux(self, packets: list[av.Packet]) -> None:
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, packet.duration)
            self._output.mux(packet)

    def _settle(self, error: type[BaseException] | None) -> None:
        if self._draft is not None:
            self._draft.settle(error)

    def _finish(self, sound_until: Fraction | None) -> None:
        for ready in self._prepared(None):
            self._mux(self._stream.encode(ready))
        self._mux(self._stream.encode(None))
        self._tracks.write_until(sound_until)
        self._tracks.finish()
        self._output.close()


def _close_quietly(output: OutputContainer) -> None:
    try:
        output.close()
    except (av.FFmpegError, OSError, ValueError):
        pass  # the file is thrown away; a full disk fails here a second time
