"""Makes small clips and pictures for tests, and says what is in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from vidstyle.avframe import FrameWriter
from vidstyle.contracts import Color


def smooth(height: int = 48, width: int = 64, phase: float = 0.0) -> np.ndarray:
    """A smooth picture well inside the gamut: float [H, W, 3], 0..1."""
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    waves = [np.sin(3 * x + 1 + phase), np.cos(2 * y + x + phase), np.sin(6 * x * y + 2 + phase)]
    return 0.5 + 0.3 * np.stack(waves, -1)


def pixels_of(picture: np.ndarray, bits: int = 8) -> np.ndarray:
    """Pixels of a float picture: uint8, above 8 bits uint16."""
    if bits <= 8:
        return np.rint(picture * 255).astype(np.uint8)
    return np.rint(picture * 65535).astype(np.uint16)


def clip(
    path: Path | str,
    width: int = 64,
    height: int = 48,
    frames: int = 10,
    rate: int | Fraction = 25,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    sound: bool = True,
    times: Sequence[Fraction] | None = None,
    start: Fraction | int = 0,
    color: Color = Color(),
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    audio_codec: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """A clip of a moving smooth picture with a tone; returns its path.

    Args:
        path: where; the suffix says which container.
        width: pixels.
        height: pixels.
        frames: how many.
        rate: frames a second.
        codec: of the picture.
        pix_fmt: FFmpeg's name.
        sound: whether there is a tone as long as the picture, from time 0.
        times: of each frame, in seconds, instead of a constant rate.
        start: seconds that the picture begins after the sound.
        color: what the numbers mean, as tagged.
        options: of the encoder.
        container_options: of the muxer.
        audio_codec: None for what the container usually has.
        metadata: of the file.
    """
    tick = Fraction(1, 90000)
    times = times or [Fraction(number) / Fraction(rate) for number in range(frames)]
    writer = FrameWriter(pix_fmt, color)
    bits = 8 if "10" not in pix_fmt and "12" not in pix_fmt else 10
    with av.open(str(path), "w", options=container_options or {}) as out:
        out.metadata.update(metadata or {})
        video: Any = out.add_stream(codec, rate=Fraction(rate), options=options or {})
        video.width, video.height, video.pix_fmt = width, height, pix_fmt
        video.time_base = video.codec_context.time_base = tick
        context = video.codec_context
        context.colorspace, context.color_range = color.matrix, 2 if color.full_range else 1
        context.color_primaries, context.color_trc = color.primaries, color.transfer
        audio: Any = None
        if sound:
            audio = out.add_stream(
                audio_codec or out.default_audio_codec, rate=48000, layout="mono"
            )
        for number, time in enumerate(times):
            picture = pixels_of(smooth(height, width, number / 5), bits)
            frame = writer.write(picture)
            frame.pts, frame.time_base = round((time + start) / tick), tick
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if sound:
            seconds = float(times[-1] + 1 / Fraction(rate) + start)
            _tone(out, audio, seconds)
    return Path(path)


def _tone(out: Any, stream: Any, seconds: float) -> None:
    resampler = av.AudioResampler(
        stream.codec_context.format, "mono", 48000, stream.codec_context.frame_size or 1024
    )
    wave = 0.2 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * 48000)) / 48000)
    frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts = 48000, 0
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        out.mux(stream.encode(part))
    out.mux(stream.encode(None))


@dataclass(frozen=True)
class Facts:
    """What is in a file."""

    frames: int
    size: tuple[int, int]  # width, height as coded
    times: list[Fraction]  # of each frame, in seconds
    sound: list[bytes]  # the packets of the first sound track
    pix_fmt: str
    color: tuple[int, int, int, int]  # matrix, range, primaries, transfer
    metadata: dict[str, str]


def facts(path: Path | str) -> Facts:
    """Decode all of `path`."""
    with av.open(str(path)) as file:
        frames = [(f.pts * f.time_base, f) for f in file.decode(video=0)]
        first = frames[0][1]
        metadata = dict(file.metadata)
    return Facts(
        len(frames),
        (first.width, first.height),
        [time for time, _ in frames],
        sound_of(path),
        first.format.name,
        (
            int(first.colorspace),
            int(first.color_range),
            int(first.color_primaries),
            int(first.color_trc),
        ),
        metadata,
    )


def sound_of(path: Path | str, track: int = 0) -> list[bytes]:
    """The packets of a sound track."""
    with av.open(str(path)) as file:
        if len(file.streams.audio) <= track:
            return []
        return [bytes(packet) for packet in file.demux(audio=track) if packet.size]
