"""Whatever FFmpeg decodes: files, numbered pictures, GIF, standard input, the network."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vidstyle.avfile import can_reopen, open_video, reason
from vidstyle.avframe import FrameReader, color_of, layout_of, orientation
from vidstyle.contracts import Color, Frame, VideoInfo
from vidstyle.errors import InputError, PartialResult
from vidstyle.sources.deinterlace import Deinterlacer
from vidstyle.tonemap import HLG, PQ, to_sdr

log = logging.getLogger(__name__)

_CLOCK_STARTS_ANYWHERE = (
    0x0200  # AVFMT_TS_DISCONT: broadcast formats, whose first time means nothing
)
_HDR = {PQ: "PQ", HLG: "HLG"}


@dataclass(frozen=True)
class Opening:
    """What FFmpeg is asked to open."""

    file: Any  # a path, an address, or an open file
    name: str  # what people call it
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)


class VideoSource:
    """Decodes one video stream. Times are exact; what is lost is counted."""

    def __init__(
        self, opening: Opening, start: Fraction, end: Fraction | None, max_pixels: int
    ) -> None:
        self._opening = opening
        self._start, self._end = start, end
        self._max_pixels = max_pixels
        self._reader = FrameReader()
        self._undecoded = 0  # packets that gave no frame
        self._damaged = 0  # frames that came out, but flagged as damaged
        self._missing = 0  # frames that the file promised and did not hold

    @property
    def lost(self) -> int:
        """Frames that were promised or damaged and could not be given, so far."""
        return self._undecoded + self._damaged + self._missing

    def __enter__(self) -> VideoSource:
        self._container: InputContainer = open_video(
            self._opening.file, self._opening.format, self._opening.options
        )
        try:
            self._stream = self._best_stream()
            self._begin = self._first_time()
            self._frames = self._decoded()
            first = next(self._frames, None)
            if first is None:
                what = (
                    "no frame that can be decoded"
                    if not self._start
                    else "no frame in the part asked for"
                )
                raise InputError(f"{self._opening.name!r} holds {what}.")
            self.info = self._describe(first[0])
        except BaseException:
            self._container.close()
            raise
        self._frames = chain([first], self._frames)
        return self

    def __exit__(self, *error: object) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        last = None
        size = None
        for index, (frame, time) in enumerate(self._frames):
            if last is not None and time <= last:  # a muxer would refuse it
                time = last + self.info.time_base
            last = time
            self._check_size(frame.width, frame.height)
            if size not in (None, (frame.width, frame.height)):
                log.warning(
                    "The size changes to %dx%d at %.2f s; it is scaled to the first.",
                    frame.width, frame.height, time,
                )  # fmt: skip
            size = frame.width, frame.height
            pixels, alpha = self._reader.read(frame, self._color)
            if self._color.transfer in _HDR:
                pixels = to_sdr(pixels, self._color.transfer)
            duration = (
                frame.duration * frame.time_base if frame.duration and frame.time_base else None
            )
            yield Frame(pixels, time - self.info.shift, duration, index, alpha)
        self._count_missing()

    def _best_stream(self) -> VideoStream:
        streams = self._container.streams
        pictures = [
            s for s in streams.video if not s.disposition & av.stream.Disposition.attached_pic
        ]
        if not pictures:
            raise InputError(f"{self._opening.name!r} holds no video, only other streams.")
        best = streams.best("video")
        stream = best if best in pictures else pictures[0]
        assert isinstance(stream, VideoStream)
        if stream.codec_context is None:
            raise InputError(f"The video codec of {self._opening.name!r} is not known to FFmpeg.")
        self._check_size(stream.codec_context.width, stream.codec_context.height)
        stream.thread_type = "AUTO"
        return stream

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self._max_pixels:
            raise InputError(
                f"{self._opening.name!r} has frames of {width}x{height} pixels, more than the "
                f"{self._max_pixels} that are allowed; --max-pixels allows more."
            )

    def _first_time(self) -> Fraction:
        """Where on the file's clock its beginning lies, in seconds."""
        return Fraction(max(0, self._container.start_time or 0), av.time_base)

    @property
    def _shift(self) -> Fraction:
        """What is taken off each time: the part before `start`, or a broadcast's arbitrary start."""
        tick = self._stream.time_base or Fraction(1, 90000)
        arbitrary = self._container.format.flags & _CLOCK_STARTS_ANYWHERE
        seconds = self._begin + self._start if self._start or arbitrary else Fraction(0)
        return round(seconds / tick) * tick

    def _decoded(self) -> Iterator[tuple[av.VideoFrame, Fraction]]:
        """Frames in the part asked for, with their time on the file's clock."""
        stream = self._stream
        tick = stream.time_base or Fraction(1, 90000)
        first, end = self._begin + self._start, self._end and self._begin + self._end
        if self._start:
            self._container.seek(int(first / tick), stream=stream)
        gap = 1 / (stream.average_rate or stream.guessed_rate or Fraction(25))
        next_time = self._begin
        for frame in Deinterlacer(tick).each(self._raw_frames()):
            base = frame.time_base or tick
            time = next_time if frame.pts is None else frame.pts * base
            next_time = time + (frame.duration * base if frame.duration else gap)
            if self._start and time < first - tick / 2:
                continue
            if end is not None and time >= end:
                return
            yield frame, time

    def _raw_frames(self) -> Iterator[av.VideoFrame]:
        self._skipped = self._decoded_count = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as error:
                if not self._decoded_count:
                    raise InputError(
                        f"{self._opening.name!r} cannot be read: {reason(error)}."
                    ) from None
                raise PartialResult(
                    f"{self._opening.name!r} broke off after {self._decoded_count} frames: {reason(error)}."
                ) from None
            if packet is None:
                return
            self._skipped += packet.is_discard
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._undecoded += 1
                continue
            for frame in frames:
                assert isinstance(frame, av.VideoFrame)
                self._decoded_count += 1
                self._damaged += frame.is_corrupt
                yield frame

    def _describe(self, frame: av.VideoFrame) -> VideoInfo:
        stream, container = self._stream, self._container
        layout, bits, alpha = layout_of(frame.format)
        self._color = color = color_of(frame)
        if color.transfer in _HDR:
            log.info(
                "The video is HDR (%s); it is brought to SDR by the EETF of BT.2390.",
                _HDR[color.transfer],
            )
            color = Color()
        turned = orientation(frame)[0]
        aspect = (
            stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
        )
        rate = stream.average_rate or stream.guessed_rate or None
        seconds = self._seconds()
        count = stream.frames if stream.frames and not self._start and self._end is None else None
        if count is None and seconds and rate:
            count = round(seconds * rate)
        again = isinstance(self._opening.file, str) and self._opening.format is None
        info = VideoInfo(
            frame.width, frame.height, rate, count, seconds, color, bits, layout, alpha, aspect,
            stream.time_base or Fraction(1, 90000),
            self._opening.name if again and can_reopen(self._opening.name) else None,
            self._begin + self._start if self._start else Fraction(0),
            None if self._end is None else self._begin + self._end,
            self._shift,
        )  # fmt: skip
        if turned:
            info = replace(info, width=info.height, height=info.width, sample_aspect=1 / aspect)
        return info

    def _seconds(self) -> Fraction | None:
        """How long the part asked for lasts, as far as the file says."""
        stream = self._stream
        if stream.duration and stream.time_base:
            whole = stream.duration * stream.time_base
        elif self._container.duration:
            whole = Fraction(self._container.duration, av.time_base)
        else:
            return None
        end = whole if self._end is None else min(whole, self._end)
        return max(Fraction(0), end - self._start)

    def _count_missing(self) -> None:
        """MP4 and MOV say how many frames they hold: a truncated file gives fewer."""
        stream = self._stream
        tells = "mp4" in self._container.format.name and stream.frames
        if not tells or self._end is not None or self._start:
            return
        fields = getattr(stream.codec_context, "field_order", None)
        if fields is not None and int(fields) > 1:
            return  # interlaced: a packet may hold one field, half a frame
        promised = stream.frames - self._skipped
        self._missing = max(0, promised - self._decoded_count - self._undecoded)
