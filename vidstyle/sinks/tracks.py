"""What travels beside the pictures: sound, subtitles, chapters, attachments, metadata.

Packets are copied as they are, in time order. Only where the container cannot hold a codec is a
track encoded again, and that is said.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer, OutputContainer

from vidstyle.avfile import open_video, reason
from vidstyle.contracts import VideoInfo

log = logging.getLogger(__name__)

_OF_THE_FILE = {  # metadata that speaks of the old file, not of what it shows
    "major_brand", "minor_version", "compatible_brands", "encoder", "duration",
}  # fmt: skip


class Tracks:
    """The sound and subtitles of `info.origin`, on their way into `output`."""

    def __init__(self, info: VideoInfo, output: OutputContainer, copy: bool) -> None:
        self._info = info
        self._output = output
        self._tracks: dict[int, _Copy | _Encode] = {}
        self.notes: list[str] = []  # what was done with each track, for the summary
        self._origin: InputContainer | None = None
        if info.origin is None:
            return
        self._origin = open_video(info.origin)
        self._copy_metadata(self._origin)
        if copy:
            for stream in self._origin.streams:
                self._add(stream)
            self._attach(self._origin)
        self._packets = self._read(self._origin)
        self._waiting = next(self._packets, None)

    def write_until(self, time: Fraction | None) -> None:
        """Write all packets up to `time`, in seconds of the output; None: all there are."""
        while self._waiting is not None and (time is None or self._waiting[0] <= time):
            _, packet = self._waiting
            self._tracks[packet.stream.index].write(packet)
            self._waiting = next(self._packets, None)

    def finish(self) -> None:
        """Write what encoders still hold."""
        for track in self._tracks.values():
            track.finish()

    def close(self) -> None:
        """Close the origin."""
        if self._origin is not None:
            self._origin.close()

    def _add(self, stream: Any) -> None:
        if stream.type not in ("audio", "subtitle"):
            return
        kind = "sound" if stream.type == "audio" else "subtitles"
        label = f"{kind} {stream.index} ({stream.codec_context.name if stream.codec_context else 'unknown'})"
        try:
            if stream.codec_context and stream.codec_context.codec.canonical_name in self._holds(
                stream
            ):
                self._tracks[stream.index] = _Copy(stream, self._output, self._info.shift)
                self.notes.append(f"{label} copied")
            elif stream.type == "audio" and (codec := self._output.default_audio_codec) != "none":
                self._tracks[stream.index] = _Encode(stream, self._output, codec, self._info)
                self.notes.append(f"{label} encoded as {codec}")
                log.warning("The output cannot hold %s; it is encoded as %s.", label, codec)
            elif stream.type == "subtitle" and self._holds_text(stream):
                self._tracks[stream.index] = _Text(stream, self._output, self._info)
                self.notes.append(f"{label} encoded as mov_text")
                log.warning("The output cannot hold %s; they are encoded as mov_text.", label)
            else:
                raise ValueError("the container has no place for it")
        except (av.FFmpegError, ValueError) as error:
            self.notes.append(f"{label} left out")
            log.warning("The output leaves out %s: %s.", label, reason(error))

    def _holds(self, stream: Any) -> set[str]:
        names = {_canonical(name) for name in self._output.supported_codecs}
        if self._output.format.name == "mp4" and stream.type == "audio":
            names -= {name for name in names if name.startswith("pcm_")}  # few players play it
        return names

    def _holds_text(self, stream: Any) -> bool:
        text = stream.codec_context and stream.codec_context.name in (
            "subrip",
            "srt",
            "ass",
            "webvtt",
        )
        return bool(text) and "mov_text" in self._output.supported_codecs

    def _attach(self, origin: InputContainer) -> None:
        if "matroska" not in self._output.format.name:
            return
        for stream in origin.streams.attachments:
            name = stream.metadata.get("filename") or "attachment"
            kind = stream.metadata.get("mimetype") or "application/octet-stream"
            self._output.add_attachment(name, kind, stream.data)

    def _copy_metadata(self, origin: InputContainer) -> None:
        for key, value in origin.metadata.items():
            if key.lower() not in _OF_THE_FILE:
                self._output.metadata[key] = value
        chapters = []
        shift = self._info.shift
        for chapter in origin.chapters():
            base = chapter["time_base"]
            start, end = chapter["start"] * base - shift, chapter["end"] * base - shift
            if end > 0 and (self._info.end is None or chapter["start"] * base < self._info.end):
                chapters.append(
                    chapter | {"start": int(max(0, start) / base), "end": int(end / base)}
                )
        if chapters:
            self._output.set_chapters(chapters)

    def _read(self, origin: InputContainer) -> Iterator[tuple[Fraction, av.Packet]]:
        """Packets in the part that is read, each with its time in the output."""
        streams = [stream for stream in origin.streams if stream.index in self._tracks]
        if not streams:
            return
        info = self._info
        if info.start:
            origin.seek(int(info.start * av.time_base))
        packets = origin.demux(streams)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as error:
                log.warning("The sound breaks off: %s.", reason(error))
                return
            if packet is None:
                return
            if packet.dts is None:  # the flush at the end
                continue
            time = (packet.pts if packet.pts is not None else packet.dts) * packet.time_base
            if info.start and time < info.start - Fraction(1, 10000):
                continue
            if info.end is not None and time >= info.end:
                continue
            yield time - info.shift, packet


class _Copy:
    """A track whose packets are taken over as they are."""

    def __init__(self, stream: Any, output: OutputContainer, shift: Fraction) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(stream)
        _describe(self._stream, stream)
        self._shift = shift

    def write(self, packet: av.Packet) -> None:
        ticks = round(self._shift / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts - ticks
        packet.dts = None if packet.dts is None else packet.dts - ticks
        packet.stream = self._stream
        self._output.mux(packet)

    def finish(self) -> None:
        pass


class _Encode:
    """A sound track that is decoded and encoded."""

    def __init__(self, stream: Any, output: OutputContainer, codec: str, info: VideoInfo) -> None:
        self._output, self._info = output, info
        rate = 48000 if codec in ("libopus", "opus") else stream.rate
        self._stream = output.add_stream(codec, rate=rate, layout=_known_layout(stream))
        _describe(self._stream, stream)
        self._context = self._stream.codec_context
        self._context.bit_rate = 96000 * self._context.channels
        self._resampler: Any = None

    def write(self, packet: av.Packet) -> None:
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return  # a damaged packet of sound is a short silence
        for frame in frames:
            self._encode(frame)

    def finish(self) -> None:
        if self._resampler is not None:
            self._encode(None)
        self._output.mux(self._stream.encode(None))

    def _encode(self, frame: Any) -> None:
        if self._resampler is None:
            self._context.open(strict=False)
            context = self._context
            self._resampler = av.AudioResampler(
                context.format, context.layout, context.rate, frame_size=context.frame_size or None
            )
        if frame is not None and frame.pts is not None:
            frame.pts -= round(self._info.shift / frame.time_base)
        for resampled in self._resampler.resample(frame):
            self._output.mux(self._stream.encode(resampled))


class _Text:
    """Subtitles of text, encoded as MP4's own kind."""

    def __init__(self, stream: Any, output: OutputContainer, info: VideoInfo) -> None:
        self._output, self._info = output, info
        self._stream = output.add_stream("mov_text")
        _describe(self._stream, stream)
        self._stream.time_base = Fraction(1, 1000)
        header = stream.codec_context.subtitle_header
        if header:
            self._stream.codec_context.subtitle_header = header

    def write(self, packet: Any) -> None:
        subtitle = packet.stream.codec_context.decode2(packet)
        if subtitle is None:
            return
        encoded = self._stream.codec_context.encode_subtitle(subtitle)
        start = packet.pts * packet.time_base - self._info.shift
        encoded.stream = self._stream
        encoded.time_base = Fraction(1, 1000)
        encoded.pts = encoded.dts = round(start * 1000)
        encoded.duration = round((packet.duration or 0) * packet.time_base * 1000)
        self._output.mux(encoded)

    def finish(self) -> None:
        pass


def _describe(ours: Any, theirs: Any) -> None:
    """Language, title and disposition of a track."""
    for key in ("language", "title", "handler_name"):
        if key in theirs.metadata:
            ours.metadata[key] = theirs.metadata[key]
    ours.disposition = theirs.disposition


def _known_layout(stream: Any) -> str:
    layout = stream.codec_context.layout.name
    return layout if layout in ("mono", "stereo", "5.1", "7.1") else "stereo"


def _canonical(name: str) -> str:
    try:
        return av.Codec(name, "r").canonical_name
    except ValueError:
        return name
