"""One track of sound or subtitles on its way: copied as it is, or encoded again."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import Any, Protocol

import av
from av.container import OutputContainer

log = logging.getLogger(__name__)

_BITS_PER_CHANNEL = 96_000  # a second; AAC and Opus are transparent there
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}  # channels; what every encoder takes
_MILLISECOND = Fraction(1, 1000)


class Track(Protocol):
    """Takes the packets of one stream; `shift` seconds are taken off each time."""

    def write(self, packet: Any) -> None:
        """Write one packet."""

    def finish(self) -> None:
        """Write what is still held."""


class Copy:
    """Packets taken over as they are."""

    def __init__(self, stream: Any, output: OutputContainer, shift: Fraction) -> None:
        self._output, self._shift = output, shift
        self._stream = output.add_stream_from_template(stream)
        _describe(self._stream, stream)
        self._cut = stream.type == "subtitle"

    def write(self, packet: Any) -> None:
        """Write one packet; subtitles that began before the first frame begin with it."""
        ticks = round(self._shift / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts - ticks
        packet.dts = None if packet.dts is None else packet.dts - ticks
        if self._cut and packet.pts is not None and packet.pts < 0:
            packet.duration = max(0, (packet.duration or 0) + packet.pts)
            packet.pts = packet.dts = 0
        packet.stream = self._stream
        self._output.mux(packet)

    def finish(self) -> None:
        """Nothing is held."""


class Sound:
    """Sound decoded and encoded by `encoder`."""

    def __init__(self, stream: Any, output: OutputContainer, shift: Fraction, encoder: str) -> None:
        self._output, self._shift = output, shift
        rates = av.Codec(encoder, "w").audio_rates
        rate = stream.rate if not rates or stream.rate in rates else 48000
        added: Any = output.add_stream(encoder, rate=rate)
        self._stream, self._context = added, added.codec_context
        self._context.layout = _LAYOUTS.get(stream.codec_context.layout.nb_channels, "stereo")
        self._context.bit_rate = _BITS_PER_CHANNEL * self._context.layout.nb_channels
        self._context.time_base = Fraction(1, rate)
        self._context.open()
        _describe(self._stream, stream)
        self._resampler = av.AudioResampler(
            self._context.format, self._context.layout, rate, self._context.frame_size or None
        )
        self._begun = False

    def write(self, packet: Any) -> None:
        """Decode and encode one packet; a damaged one is a gap."""
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return
        for frame in frames:
            if frame.pts is not None:
                frame.pts -= round(self._shift / frame.time_base)
            self._encode(frame)

    def finish(self) -> None:
        """Write what the resampler and the encoder hold."""
        if self._begun:
            self._encode(None)
        self._output.mux(self._stream.encode(None))

    def _encode(self, frame: Any) -> None:
        self._begun = True
        for resampled in self._resampler.resample(frame):
            self._output.mux(self._stream.encode(resampled))


class Text:
    """Subtitles of text, encoded by `encoder`."""

    def __init__(self, stream: Any, output: OutputContainer, shift: Fraction, encoder: str) -> None:
        self._output, self._shift = output, shift
        self._decoder = stream.codec_context
        self._decoder.open(strict=False)  # only then is its header there
        added: Any = output.add_stream(encoder)
        self._stream, self._encoder = added, added.codec_context
        self._encoder.subtitle_header = self._decoder.subtitle_header
        self._encoder.time_base = self._stream.time_base = _MILLISECOND
        _describe(self._stream, stream)

    def write(self, packet: Any) -> None:
        """Encode one subtitle; one that began before the first frame begins with it."""
        subtitle = self._decoder.decode2(packet)
        if subtitle is None:
            return
        encoded = self._encoder.encode_subtitle(subtitle)
        start = packet.pts * packet.time_base - self._shift
        end = start + (packet.duration or 0) * packet.time_base
        encoded.stream = self._stream
        encoded.time_base = _MILLISECOND
        encoded.pts = encoded.dts = round(max(Fraction(0), start) / _MILLISECOND)
        encoded.duration = max(0, round(end / _MILLISECOND) - encoded.pts)
        self._output.mux(encoded)

    def finish(self) -> None:
        """Nothing is held."""


def _describe(ours: Any, theirs: Any) -> None:
    """Language, title and disposition of a track."""
    for key in ("language", "title", "handler_name"):
        if key in theirs.metadata:
            ours.metadata[key] = theirs.metadata[key]
    ours.disposition = theirs.disposition
