"""Small clips and pictures for tests, made with PyAV, NumPy and Pillow where they are needed."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

SHARED = Path(__file__).parents[2] / "shared"  # beside the checkout, on some machines

_QUICK = {"libx264": {"preset": "ultrafast", "crf": "12"}, "ffv1": {"level": "3"}}
_SOUND_RATE = 48000


def smooth(height: int, width: int, phase: float = 0.0) -> np.ndarray:
    """A smooth picture without clipped colors: float32 [H, W, 3], RGB 0.1 .. 0.9.

    It changes slowly enough that halved chroma keeps it. `phase` 0 .. 1 moves it, for videos.
    """
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, width, dtype=np.float32)[None]
    waves = [np.sin(2.2 * x + 1.1 * y + 6.2832 * phase + 2.1 * k) for k in range(3)]
    return (0.5 + 0.4 * np.stack(np.broadcast_arrays(*waves), -1)).astype(np.float32)


def in_bits(picture: np.ndarray, dtype: Any = np.uint8) -> np.ndarray:
    """A float picture 0 .. 1 as whole numbers 0 .. 255 or 0 .. 65535."""
    return np.rint(picture * np.iinfo(dtype).max).astype(dtype)


def clip(
    path: Path,
    *,
    width: int = 64,
    height: int = 48,
    frames: int = 10,
    rate: Fraction | int = 25,
    codec: str = "libx264",
    pix_fmt: str | None = None,
    sound: bool = False,
    sound_only: bool = False,
    times: Sequence[Fraction] | None = None,
    start: Fraction | int = 0,
    sound_start: Fraction | int = 0,
    pictures: Sequence[np.ndarray] | None = None,
    color: tuple[int, int, int, int] | None = None,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    time_base: Fraction | None = None,
) -> Path:
    """Write a video of smooth moving pictures; the suffix says which container.

    Args:
        path: what is written; it is given back.
        pix_fmt: None for yuv420p, or rgba where `pictures` have four channels.
        times: of each frame in seconds, for a variable rate.
        start: of the first frame, in seconds; `sound_start` of the sound.
        pictures: uint8 or uint16 [H, W, 3 or 4] each, in place of the smooth ones; they say how
            many frames there are, and how large.
        color: matrix, range (1 limited, 2 full), primaries and transfer to tag.
    """
    if pictures is None:
        frames = len(times) if times else frames
        pictures = [in_bits(smooth(height, width, n / max(1, frames))) for n in range(frames)]
    rate = Fraction(rate)
    seconds = times or [Fraction(start) + n / rate for n in range(len(pictures))]
    base = time_base or (Fraction(1, 90000) if times or start else 1 / rate)
    with av.open(str(path), "w", format=container, options=container_options or {}) as output:
        if sound_only:
            _add_tone(output, output.add_stream("aac", rate=_SOUND_RATE), Fraction(0), Fraction(1))
            return path
        stream: Any = output.add_stream(codec, rate=rate)
        stream.height, stream.width = pictures[0].shape[:2] if len(pictures) else (height, width)
        stream.pix_fmt = pix_fmt or "yuv420p"
        stream.codec_context.time_base = stream.time_base = base
        stream.codec_context.options = _QUICK.get(codec, {}) | (options or {})
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if color is not None:
            context = stream.codec_context
            context.colorspace, context.color_range = color[:2]
            context.color_primaries, context.color_trc = color[2:]
        track: Any = output.add_stream("aac", rate=_SOUND_RATE) if sound else None
        output.start_encoding()
        for picture, time in zip(pictures, seconds, strict=True):
            frame = frame_of(picture, stream.pix_fmt, color)
            frame.pts, frame.time_base = round(time / base), base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if track is not None:
            lasts = seconds[-1] + 1 / rate - Fraction(sound_start)
            _add_tone(output, track, Fraction(sound_start), lasts)
    return path


def frame_of(
    picture: np.ndarray, pix_fmt: str, color: tuple[int, int, int, int] | None = None
) -> av.VideoFrame:
    """A picture [H, W, 3 or 4] as a frame, converted by FFmpeg's scaler at its most accurate."""
    deep = picture.dtype == np.uint16
    name = {3: "rgb48le" if deep else "rgb24", 4: "rgba64le" if deep else "rgba"}[picture.shape[2]]
    matrix, range_ = (5, 1) if color is None else color[:2]
    frame = av.VideoFrame.from_ndarray(picture, format=name)
    full = pix_fmt.startswith(("yuvj", "rgb", "gbr", "bgr", "pal8", "gray"))
    return frame.reformat(
        format=pix_fmt,
        dst_colorspace=None if matrix == 0 else matrix,
        dst_color_range=2 if full else range_,
        interpolation=0x4 | 0x40000 | 0x80000 | 0x2000,  # bicubic, accurate, bit exact, full chroma
    )


def picture(path: Path, height: int = 48, width: int = 64, **options: Any) -> Path:
    """Write the smooth picture; the suffix says which kind, `options` are Pillow's."""
    Image.fromarray(in_bits(smooth(height, width))).save(path, **options)
    return path


def turned(path: Path, matrix: tuple[float, float, float, float]) -> Path:
    """Write (a, b, c, d) as the display matrix into the track header of an MP4 or MOV."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4
    version = data[at]
    at += 40 if version == 0 else 52
    a, b, c, d = (round(value * 65536) for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


@dataclass(frozen=True)
class Facts:
    """What is in a video file, as PyAV decodes it."""

    frames: int
    width: int
    height: int
    times: list[Fraction]  # of the frames, in seconds
    sound_packets: int
    sound_start: Fraction | None  # of the first packet, in seconds
    codec: str
    pix_fmt: str


def facts(path: Path) -> Facts:
    """Decode a video and say what is in it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        times = [f.pts * f.time_base for f in frames if f.pts is not None and f.time_base]
        pix_fmt = frames[0].format.name if frames else ""
    with av.open(str(path)) as container:
        packets = [
            packet
            for track in container.streams.audio[:1]
            for packet in container.demux(track)
            if packet.pts is not None
        ]
    return Facts(
        len(frames), frames[0].width if frames else 0, frames[0].height if frames else 0, times,
        len(packets), packets[0].pts * packets[0].time_base if packets else None,
        stream.codec_context.name, pix_fmt,
    )  # fmt: skip


def pictures_in(path: Path) -> list[np.ndarray]:
    """Every frame of a video as FFmpeg's own RGB: uint8 [H, W, 3]."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def numbers_in(path: Path) -> list[np.ndarray]:
    """Every plane of every frame: its own numbers, not converted."""
    with av.open(str(path)) as container:
        return [
            np.frombuffer(plane, np.uint8 if frame.format.components[0].bits == 8 else np.uint16)
            .reshape(plane.height, -1)[:, : plane.width]
            .astype(int)
            for frame in container.decode(video=0)
            for plane in frame.planes
        ]


def _add_tone(output: Any, track: Any, start: Fraction, seconds: Fraction) -> None:
    for samples in _tone(start, seconds):
        output.mux(track.encode(samples))
    output.mux(track.encode(None))


def _tone(start: Fraction, seconds: Fraction) -> list[av.AudioFrame]:
    """A tone of 440 Hz in frames of 1024 samples."""
    count = int(seconds * _SOUND_RATE) // 1024 + 1
    tone = np.sin(np.arange(count * 1024) * (2 * np.pi * 440 / _SOUND_RATE)).astype(np.float32) / 4
    made = []
    for number, samples in enumerate(tone.reshape(count, 1, 1024)):
        frame = av.AudioFrame.from_ndarray(np.repeat(samples, 2, 0), format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base = _SOUND_RATE, Fraction(1, _SOUND_RATE)
        frame.pts = round(start * _SOUND_RATE) + number * 1024
        made.append(frame)
    return made
