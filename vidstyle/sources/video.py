"""Whatever FFmpeg decodes: files, numbered pictures, GIF, standard input, the network."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from math import ceil
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from vidstyle.avfile import can_reopen, open_video, reason
from vidstyle.avframe import FrameReader, color_of, format_of, layout_of, orientation
from vidstyle.contracts import Alpha, Color, Frame, Pixels, VideoInfo
from vidstyle.errors import InputError, PartialResult
from vidstyle.sources.deinterlace import Deinterlacer
from vidstyle.sources.promise import promised_end, promised_frames
from vidstyle.sources.sound import Sound, SoundReader
from vidstyle.tonemap import HLG, PQ, to_sdr

log = logging.getLogger(__name__)

_NO_TIMES = 0x0080  # AVFMT_NOTIMESTAMPS: bare streams, whose frames are only counted
_ANY_START = 0x0200  # AVFMT_TS_DISCONT: broadcast formats, whose first time means nothing
_HDR = {PQ: "PQ", HLG: "HLG"}
_HIGHEST_RATE = 1000  # above, FFmpeg's average is a guess from too little
_SOUNDS = 1000  # pieces that may wait: some 20 seconds, far more than lie between two frames
_REORDERED = 1  # seconds before the wished frame that a seek aims at, as frames are stored early


@dataclass(frozen=True)
class Opening:
    """What FFmpeg is asked to open."""

    file: Any  # a path, an address, or an open file
    name: str  # what people call it
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)


class VideoSource:
    """Decodes one video stream. Times are exact; what is lost is counted.

    Args:
        opening: of what.
        start: of the part that is read, in seconds from the beginning.
        end: of that part; None for all that follows.
        max_pixels: height x width above which it is refused.
        device: where Pixels are wanted. Plain video is converted there and, on an NVIDIA GPU,
            decoded there; what is not plain comes as numpy's all the same.
        sound: whether its sound is decoded, too: see `sounds`.
    """

    def __init__(
        self,
        opening: Opening,
        start: Fraction,
        end: Fraction | None,
        max_pixels: int,
        device: str | None = None,
        sound: bool = False,
    ) -> None:
        self._opening, self._wants_sound = opening, sound
        self._sound: SoundReader | None = None
        self.sounds: deque[Sound] = deque(maxlen=_SOUNDS)  # that came with the frames so far
        self._start, self._end = start, end
        self._max_pixels, self._device = max_pixels, device
        self.decoder = "software"
        self._reader, self._tensors = FrameReader(), _tensor_reader(device)
        self._decoded = 0  # frames
        self._undecoded = 0  # packets that gave no frame
        self._damaged = 0  # frames that came out, but flagged as damaged
        self._missing = 0  # frames that the file promised and did not hold

    @property
    def lost(self) -> int:
        """Frames that were promised or damaged and could not be given, so far."""
        return self._undecoded + self._damaged + self._missing

    @property
    def has_sound(self) -> bool:
        """Whether sound is decoded; known once opened."""
        return self._sound is not None

    def __enter__(self) -> VideoSource:
        opening = self._opening
        if not self._take_up_on_gpu():
            self._take_up(open_video(opening.file, opening.format, opening.options))
        return self

    def __exit__(self, *error: object) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        last, size, longest = None, None, Fraction(0)
        for index, (frame, time) in enumerate(self._frames):
            if last is not None and time <= last:  # a muxer would refuse it
                time = last + self._tick
            longest = max(longest, time - (time if last is None else last))
            last = time
            self._check_size(frame.width, frame.height)
            if size not in (None, (frame.width, frame.height)):
                log.warning(
                    "The size changes to %dx%d at %.2f s; it is scaled to the first.",
                    frame.width, frame.height, time,
                )  # fmt: skip
            size = frame.width, frame.height
            pixels, alpha = self._pixels(frame)
            duration = frame.duration * (frame.time_base or self._tick) or None
            yield Frame(pixels, time - self._shift, duration, index, alpha)
        if last is not None:
            self._missing = self._count_missing(last + (duration or 0), longest)

    def _pixels(self, frame: av.VideoFrame) -> tuple[Pixels, Alpha | None]:
        hdr = self._color.transfer in _HDR
        if self._tensors is not None and not hdr and self._tensors.reads(frame):
            return self._tensors.read(frame, self._color), None
        pixels, alpha = self._reader.read(frame, self._color)
        return to_sdr(pixels, self._color.transfer) if hdr else pixels, alpha

    def _take_up_on_gpu(self) -> bool:
        """Whether NVDEC has begun to decode; where it was wanted and cannot, that is said."""
        file, device = self._opening.file, self._device or ""
        if not device.startswith("cuda") or self._opening.format is not None:
            return False
        if not isinstance(file, str) or not can_reopen(file):  # there would be no second try
            return False
        from vidstyle.sources.nvdec import open_on_gpu  # it loads torch

        container = open_on_gpu(file, device)
        if container is not None:
            with suppress(InputError):  # in software it may go better, or say the same
                if self._take_up(container).sw_format is not None:
                    self.decoder = "nvdec"
                    return True
            container.close()
            self._decoded = self._undecoded = self._damaged = 0
        log.warning("%r is decoded in software: NVDEC cannot do it here.", self._opening.name)
        return False

    def _take_up(self, container: InputContainer) -> av.VideoFrame:
        """Take up `container` at its first wanted frame."""
        self._container = container
        try:
            self._stream = self._best_stream()
            self._tick = self._stream.time_base or Fraction(1, 90000)
            self._rate = self._usual_rate()
            self._begin = Fraction(max(0, container.start_time or 0), av.time_base)
            self._first, self._last, self._shift = self._part()
            self._sound = self._sound_reader()
            frames = self._wanted()
            first = next(frames, None)
            if first is None:
                whole = not self._start and self._end is None
                what = "that can be decoded" if whole else "in the part asked for"
                raise InputError(f"{self._opening.name!r} holds no frame {what}.")
            self.info = self._describe(first[0])
        except BaseException:
            container.close()
            raise
        self._frames = chain([first], frames)
        return first[0]

    def _best_stream(self) -> VideoStream:
        """The largest of those that are marked as the default; a cover is no video."""
        videos = self._container.streams.video
        moving = [stream for stream in videos if not stream.disposition & Disposition.attached_pic]
        if not moving:
            raise InputError(f"{self._opening.name!r} holds no video, only other streams.")
        known = [stream for stream in moving if stream.codec_context is not None]
        if not known:
            raise InputError(f"The video codec of {self._opening.name!r} is not known to FFmpeg.")
        stream = max(known, key=_preference)
        self._check_size(stream.codec_context.width, stream.codec_context.height)
        if stream.codec_context.is_hwaccel:
            stream.codec_context.thread_count = 1  # each more would hold frames of the GPU's few
        else:
            stream.thread_type = "AUTO"
        return stream

    def _sound_reader(self) -> SoundReader | None:
        stream = self._container.streams.best("audio") if self._wants_sound else None
        known = stream is not None and stream.codec_context is not None
        return SoundReader(stream, self._shift) if known else None

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self._max_pixels:
            raise InputError(
                f"{self._opening.name!r} has frames of {width}x{height} pixels, more than the "
                f"{self._max_pixels} that are allowed; --max-pixels allows more."
            )

    def _usual_rate(self) -> Fraction | None:
        rates = (self._stream.average_rate, self._stream.guessed_rate)
        return next((rate for rate in rates if rate and rate <= _HIGHEST_RATE), None)

    def _part(self) -> tuple[Fraction, Fraction | None, Fraction]:
        """What is read, from and to, and what is taken off each time: seconds on the file's clock.

        Times are stored as rounded ticks, so half a tick (or millisecond) before is not too early.
        """
        slack = min(self._tick, Fraction(1, 1000)) / 2
        first = self._begin + self._start - slack
        last = None if self._end is None else self._begin + self._end - slack
        shifted = self._start or self._container.format.flags & _ANY_START
        return first, last, ceil(first / self._tick) * self._tick if shifted else Fraction(0)

    def _wanted(self) -> Iterator[tuple[av.VideoFrame, Fraction]]:
        """Frames in the part asked for, with their time on the file's clock."""
        stored = not self._container.format.flags & (_NO_TIMES | _ANY_START)
        if self._start and stored and isinstance(self._opening.file, str):
            goal = max(Fraction(0), self._first - _REORDERED)
            self._container.seek(int(goal / self._tick), stream=self._stream)
        next_time = self._begin
        gap = 1 / (self._rate or Fraction(25))
        for frame in Deinterlacer(self._tick).each(self._raw_frames()):
            base = frame.time_base or self._tick
            time = next_time if frame.pts is None else frame.pts * base
            next_time = time + (frame.duration * base or gap)
            if self._start and time < self._first:
                continue
            if self._last is not None and time >= self._last:
                return
            yield frame, time

    def _raw_frames(self) -> Iterator[av.VideoFrame]:
        sound = self._sound
        packets = self._container.demux(self._stream, *([sound.stream] if sound else ()))
        while (packet := self._next(packets)) is not None:
            if sound is not None and packet.stream is sound.stream:
                self.sounds.extend(sound.read(packet))
                continue
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._undecoded += 1
                continue
            for frame in frames:
                self._decoded += 1
                self._damaged += frame.is_corrupt
                yield frame

    def _next(self, packets: Iterator[Any]) -> Any:
        name, count = self._opening.name, self._decoded
        try:
            return next(packets, None)
        except (av.FFmpegError, OSError) as error:
            if not count:
                raise InputError(f"{name!r} cannot be read: {reason(error)}.") from None
            raise PartialResult(
                f"{name!r} broke off after {count} frames: {reason(error)}."
            ) from None

    def _describe(self, frame: av.VideoFrame) -> VideoInfo:
        stream, opening = self._stream, self._opening
        layout, bits, alpha = layout_of(format_of(frame))
        self._color = color = color_of(frame)
        if color.transfer in _HDR:
            log.info(
                "The video is HDR (%s); it is brought to SDR by the EETF of BT.2390.",
                _HDR[color.transfer],
            )
            color = Color()
        seconds = self._seconds()
        whole = not self._start and self._end is None
        count = (promised_frames(self._container, stream) or stream.frames) if whole else 0
        again = (
            isinstance(opening.file, str) and opening.format is None and can_reopen(opening.file)
        )
        info = VideoInfo(
            frame.width,
            frame.height,
            rate=self._rate,
            count=count or (round(seconds * self._rate) if seconds and self._rate else None),
            seconds=seconds,
            color=color,
            bits=bits,
            layout=layout,
            alpha=alpha,
            sample_aspect=stream.sample_aspect_ratio or Fraction(1),
            time_base=self._tick,
            origin=opening.file if again else None,
            start=self._begin + self._start if self._start else Fraction(0),
            end=None if self._end is None else self._begin + self._end,
            shift=self._shift,
        )
        if orientation(frame)[0]:
            aspect = 1 / info.sample_aspect
            info = replace(info, width=info.height, height=info.width, sample_aspect=aspect)
        return info

    def _seconds(self) -> Fraction | None:
        """How long the part asked for lasts, as far as the file says."""
        stream = self._stream
        if stream.duration:
            whole = stream.duration * self._tick
        elif self._container.duration:
            whole = Fraction(self._container.duration, av.time_base)
        else:
            return None
        end = whole if self._end is None else min(whole, self._end)
        return max(Fraction(0), end - self._start)

    def _count_missing(self, end: Fraction, longest: Fraction) -> int:
        """Frames that a truncated file promised: by its index, else by its length.

        Args:
            end: of the last frame that came, in seconds on the file's clock.
            longest: time between two frames; a last frame may have stood as long.
        """
        promised = promised_frames(self._container, self._stream)
        if promised is not None and not self._start and self._end is None:
            return max(0, promised - self._decoded - self._undecoded)
        until = promised_end(self._container, self._stream)
        if until is None:
            return 0
        if self._last is not None:
            until = min(until, self._last)
        lacking = until - end
        if lacking <= max(
            Fraction(1), until / 50, 3 * longest
        ):  # headers round, and sound outlasts
            return 0
        return round(lacking * (self._rate or 1))


def _tensor_reader(device: str | None) -> Any:
    """What reads frames as tensors, where they are wanted so."""
    if device is None:
        return None
    from vidstyle.avtensor import TensorReader  # it loads torch

    return TensorReader(device)


def _preference(stream: VideoStream) -> tuple[bool, int]:
    size = stream.codec_context.width * stream.codec_context.height
    return bool(stream.disposition & Disposition.default), size
