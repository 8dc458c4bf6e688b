"""What travels beside the pictures: sound, subtitles, chapters, attachments, metadata.

Packets are copied as they are, in time order. Only where the container cannot hold a codec is a
track encoded again, and that is said.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer

from vidstyle.avfile import open_video, reason
from vidstyle.contracts import VideoInfo
from vidstyle.image import SUFFIXES
from vidstyle.sinks.codecs import Container, is_text, must_not_copy
from vidstyle.sinks.track import Copy, Sound, Text, Track

log = logging.getLogger(__name__)

_OF_THE_FILE = {  # metadata that speaks of the old file, not of what it shows
    "major_brand", "minor_version", "compatible_brands", "encoder", "duration",
}  # fmt: skip


class Tracks:
    """The sound and subtitles of `info.origin`, on their way into `output`."""

    def __init__(
        self, info: VideoInfo, output: OutputContainer, kind: Container, copy: bool
    ) -> None:
        self._info, self._output, self._kind = info, output, kind
        self._tracks: dict[int, Track] = {}
        self._waiting: tuple[Fraction, Any] | None = None
        self._packets: Iterator[tuple[Fraction, Any]] = iter(())
        self._origin: InputContainer | None = None
        self.notes: list[str] = []  # what was done with each track, for the summary
        if info.origin is None or Path(info.origin).suffix.lower() in SUFFIXES:
            return
        self._origin = open_video(info.origin)
        self._copy_metadata(self._origin)
        if copy and kind.sound is None:
            self._say_pictures_only(self._origin)
        elif copy:
            self._add_all(self._origin)

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

    def _say_pictures_only(self, origin: InputContainer) -> None:
        if origin.streams.audio or origin.streams.subtitles:
            self.notes.append(f"{self._kind.format} holds no sound and no subtitles")
            log.info("%s.", self.notes[-1])

    def _add_all(self, origin: InputContainer) -> None:
        for stream in origin.streams:
            if stream.type in ("audio", "subtitle"):
                self._add(stream)
        if self._kind.format == "matroska":
            for attachment in origin.streams.attachments:
                name = attachment.metadata.get("filename") or "attachment"
                kind = attachment.metadata.get("mimetype") or "application/octet-stream"
                self._output.add_attachment(name, kind, attachment.data)
        self._packets = self._read(origin)
        self._waiting = next(self._packets, None)

    def _add(self, stream: Any) -> None:
        codec = stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"
        label = f"{'sound' if stream.type == 'audio' else 'subtitles'} {stream.index} ({codec})"
        try:
            track, done = self._track_for(stream, codec)
        except (av.FFmpegError, ValueError) as error:
            self.notes.append(f"{label} left out")
            log.warning("The output leaves out %s: %s.", label, reason(error))
            return
        self._tracks[stream.index] = track
        self.notes.append(f"{label} {done}")
        if done != "copied":
            log.warning("The output (%s) cannot hold %s: %s.", self._kind.format, label, done)

    def _track_for(self, stream: Any, codec: str) -> tuple[Track, str]:
        kind, output, shift = self._kind, self._output, self._info.shift
        if not must_not_copy(kind, codec) and _holds(kind.format, stream):
            return Copy(stream, output, shift), "copied"
        if stream.type == "audio" and kind.sound:
            return Sound(stream, output, shift, kind.sound), f"encoded by {kind.sound}"
        if stream.type == "subtitle" and kind.text and is_text(codec):
            return Text(stream, output, shift, kind.text), f"encoded by {kind.text}"
        raise ValueError(f"{kind.format} has no place for it")

    def _copy_metadata(self, origin: InputContainer) -> None:
        for key, value in origin.metadata.items():
            if key.lower() not in _OF_THE_FILE:
                self._output.metadata[key] = value
        chapters = [self._moved(chapter) for chapter in origin.chapters()]
        kept: Any = [chapter for chapter in chapters if chapter["end"] > chapter["start"]]
        if kept:
            self._output.set_chapters(kept)

    def _moved(self, chapter: Any) -> dict[str, Any]:
        """A chapter on the clock of the output, cut to the part that is read."""
        info, base = self._info, chapter["time_base"]
        end = chapter["end"] * base if info.end is None else min(info.end, chapter["end"] * base)
        start = max(Fraction(0), chapter["start"] * base - info.shift)
        return {**chapter, "start": int(start / base), "end": int((end - info.shift) / base)}

    def _read(self, origin: InputContainer) -> Iterator[tuple[Fraction, Any]]:
        """Packets that sound in the part that is read, each with its time in the output."""
        streams = [origin.streams[index] for index in self._tracks]
        if not streams:
            return
        info = self._info
        if info.start:
            origin.seek(int(info.start * av.time_base))
        for packet in _demuxed(origin, streams):
            time = (packet.dts if packet.pts is None else packet.pts) * packet.time_base
            if info.start and time + (packet.duration or 0) * packet.time_base <= info.start:
                continue
            if info.end is not None and time >= info.end:
                continue
            yield time - info.shift, packet


def _demuxed(origin: InputContainer, streams: list[Any]) -> Iterator[Any]:
    packets = origin.demux(streams)
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, OSError) as error:
            log.warning("The sound breaks off: %s.", reason(error))
            return
        if packet is None:
            return
        if packet.dts is not None:  # the flush at the end has none
            yield packet


def _holds(format: str, stream: Any) -> bool:
    """Whether a container takes a stream as it is: tried out in memory."""
    trial = av.open(io.BytesIO(), "w", format=format)
    try:
        trial.add_stream_from_template(stream)
        trial.start_encoding()
        trial.close()
    except (av.FFmpegError, ValueError):
        return False
    return True
