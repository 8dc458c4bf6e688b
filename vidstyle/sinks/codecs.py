"""What a video file is encoded with: containers, codecs, quality, pixel formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av

from vidstyle.avframe import layout_of
from vidstyle.contracts import VideoInfo
from vidstyle.errors import UnknownName, UsageError


@dataclass(frozen=True)
class Container:
    """A kind of file."""

    format: str  # FFmpeg's name of the muxer
    codec: str  # what is taken when none is named
    holds: tuple[str, ...]  # the rows of CODECS that players expect in it
    sound: str | None = None  # the encoder for sound that it cannot hold …
    text: str | None = None  # … and for subtitles of text
    options: dict[str, str] = field(default_factory=dict)
    constant_rate: bool = False  # frames have no times of their own
    alpha: bool = True  # MP4 drops the transparency of VP9


@dataclass(frozen=True)
class Codec:
    """An encoder and what people would choose for it."""

    encoder: str  # FFmpeg's name
    quality: float | None = None  # constant quality: stylized pictures, no visible loss
    effort: str | None = None
    efforts: tuple[str, ...] = ()  # all there are; () where FFmpeg knows
    options: dict[str, str] = field(default_factory=dict)
    smallest: int = 1  # pixels across and down
    rgb: bool = False  # RGB is kept, not brought to YUV
    alpha: bool = False  # transparency is kept


_WEB = {"movflags": "+faststart"}  # plays in a browser before all of it has come
# Sound may begin a little before the pictures: shifting all of it would falsify every time.
_EXACT = {"avoid_negative_ts": "disabled"}

CONTAINERS = {
    ".mp4": Container(
        "mp4", "h264", ("h264", "hevc", "av1", "vp9", "ffv1"), "aac", "mov_text", _WEB,
        alpha=False,
    ),
    ".mov": Container("mov", "h264", ("h264", "hevc", "prores"), "aac", "mov_text", _WEB),
    ".mkv": Container(
        "matroska", "h264", ("h264", "hevc", "av1", "vp9", "prores", "ffv1"),
        "aac", "subrip", _EXACT,
    ),
    ".webm": Container("webm", "vp9", ("vp9", "av1"), "libopus", "webvtt", _EXACT),
    ".ts": Container("mpegts", "h264", ("h264", "hevc"), "aac"),
    ".gif": Container("gif", "gif", ("gif",)),
}  # fmt: skip
CONTAINERS[".m4v"] = CONTAINERS[".mp4"]
PIPES = {  # what standard output can be given
    "wrapped_avframe": Container(
        "yuv4mpegpipe", "wrapped_avframe", (), options={"strict": "-1"}, constant_rate=True
    ),
    "rawvideo": Container("rawvideo", "rawvideo", (), constant_rate=True),
}

_PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
    "placebo",
)  # fmt: skip


def _numbers(last: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(last + 1))


CODECS = {
    # As good as "fast" at 18 to 0.3 dB, 6 % larger, in less than half of its time, which would be
    # more than that of the network (bench/presets.py).
    "h264": Codec("libx264", 17, "veryfast", _PRESETS),
    "hevc": Codec("libx265", 20, "fast", _PRESETS, {"x265-params": "log-level=none"}, smallest=16),
    "av1": Codec("libsvtav1", 26, "8", _numbers(13), {"svtav1-params": "tune=0"}, smallest=4),
    "vp9": Codec(
        "libvpx-vp9", 24, "4", _numbers(8), {"row-mt": "1", "deadline": "good"}, alpha=True
    ),
    "prores": Codec("prores_ks", options={"profile": "hq"}, alpha=True),
    "ffv1": Codec("ffv1", options={"level": "3", "slicecrc": "1"}, rgb=True, alpha=True),
    "gif": Codec("gif", rgb=True, alpha=True),
    "rawvideo": Codec("rawvideo"),
}
_ALIASES = {"h265": "hevc", "x264": "h264", "x265": "hevc", "avc": "h264"}
_QUALITY = ("crf", "cq", "global_quality")  # what encoders call it …
_EFFORT = ("preset", "cpu-used", "speed")
_DECIDE_ALONE = {"prores_ks", "ffv1", "gif", *PIPES}  # how many bits they spend
_USUAL_BITS = 0.15  # for each pixel, where an encoder knows no quality: 4 Mbit/s at 720p30
_TEXT_ROWS = {"subrip", "ass", "ssa", "mov_text", "webvtt", "text"}
_IN_TRANSPORT_STREAMS = {"aac", "mp2", "mp3", "ac3", "eac3", "dts", "opus"}  # FFmpeg takes any


@dataclass(frozen=True)
class Encoding:
    """How a video is encoded; None leaves the choice to the container and the codec."""

    codec: str | None = None  # a row of CODECS, or FFmpeg's name of an encoder
    crf: float | None = None
    preset: str | None = None
    bitrate: int | None = None  # bits a second
    pix_fmt: str | None = None  # FFmpeg's name
    audio: bool = True  # sound and subtitles come along


def container_for(suffix: str | None, encoding: Encoding) -> Container:
    """The container of a file by its suffix; None: what goes to standard output."""
    if suffix is not None:
        return CONTAINERS[suffix.lower()]
    if encoding.codec not in (None, *PIPES):
        raise UsageError(
            f"Standard output takes y4m, or raw RGB with --codec rawvideo; got {encoding.codec!r}."
        )
    return PIPES[encoding.codec or "wrapped_avframe"]


def codec_for(container: Container, encoding: Encoding) -> Codec:
    """The codec that is asked for, by our name or FFmpeg's (h264_nvenc, libx264, …).

    Raises:
        UnknownName: there is no such encoder.
        UsageError: it encodes no video, or the container does not hold it.
    """
    name = encoding.codec or container.codec
    if container.constant_rate:
        return Codec(name)
    name = _ALIASES.get(name, name)
    by_encoder = {codec.encoder: row for row, codec in CODECS.items()}
    row = by_encoder.get(name, name)
    codec = CODECS.get(row) or _of_ffmpeg(name)
    if row in CODECS and row not in container.holds:
        raise UsageError(
            f"A {container.format} file holds no {row}. Choose from: {', '.join(container.holds)}."
        )
    return codec


def _of_ffmpeg(name: str) -> Codec:
    try:
        encoder = av.Codec(name, "w")
    except ValueError:  # UnknownCodecError
        more = "Or any video encoder of FFmpeg."
        raise UnknownName("codec", name, CODECS, more) from None
    if encoder.type != "video":
        raise UsageError(f"{name!r} encodes {encoder.type}, not video.")
    return Codec(name, 20 if name.endswith("nvenc") else None)


def options_for(codec: Codec, encoding: Encoding, pix_fmt: str) -> dict[str, str]:
    """The encoder's own options.

    Raises:
        UsageError: it has no constant quality, or no preset.
    """
    options = dict(codec.options)
    if encoding.crf is not None and encoding.bitrate is not None:
        raise UsageError("--crf and --bitrate exclude one another.")
    quality = codec.quality if encoding.crf is None else encoding.crf
    if quality is not None and encoding.bitrate is None:
        options[_own_name(codec, "--crf", _QUALITY)] = f"{quality:g}"
    effort = encoding.preset or codec.effort
    if effort is not None:
        if codec.efforts and effort not in codec.efforts:
            raise UnknownName(f"preset of {codec.encoder}", effort, codec.efforts)
        options[_own_name(codec, "--preset", _EFFORT)] = effort
    if codec.encoder == "prores_ks" and "444" in pix_fmt:
        options["profile"] = "4444"
    if codec.encoder == "libx265" and encoding.crf == 0:
        options["x265-params"] += ":lossless=1"
    return options


def bit_rate_for(codec: Codec, encoding: Encoding, info: VideoInfo, rate: Fraction) -> int | None:
    """Bits a second; None where a constant quality, or the codec itself, decides."""
    if encoding.bitrate is not None:
        return encoding.bitrate
    if encoding.crf is not None or codec.quality is not None or codec.encoder in _DECIDE_ALONE:
        return None
    return round(_USUAL_BITS * info.width * info.height * rate)


def pixel_format_for(kind: Container, codec: Codec, encoding: Encoding, info: VideoInfo) -> str:
    """What the encoder is given: the video's own layout, bits and alpha, or the nearest.

    Raises:
        UsageError: the format that is asked for is unknown, or not the encoder's.
    """
    formats = [format.name for format in av.Codec(codec.encoder, "w").video_formats or ()]
    if encoding.pix_fmt is not None:
        _check_pixel_format(codec, encoding.pix_fmt, formats)
        return encoding.pix_fmt
    if codec.encoder == "gif":
        return "pal8"
    if codec.encoder == "rawvideo":
        return "rgb24"
    known = _by_layout(formats or ALL_PLANAR)
    own = "420" if info.layout == "rgb" and not codec.rgb else info.layout
    wishes = [
        (layout, bits, alpha)
        for alpha in ((True, False) if info.alpha and codec.alpha and kind.alpha else (False,))
        for layout in dict.fromkeys([own, "420", "444" if alpha else "422"])
        for bits in _depths(info.bits)
    ]
    found = (known[wish] for wish in wishes if wish in known)
    return next(found, "yuv420p")


ALL_PLANAR = [
    f"yuv{layout}p{depth}"
    for layout in ("420", "422", "444")
    for depth in ("", "10le", "12le", "16le")
]


def _depths(bits: int) -> list[int]:
    """Bits for each sample, the best first: the least that hold all, then less, then more."""
    depths = [8, 10, 12, 16]
    enough = [depth for depth in depths if depth >= bits] or [16]
    return [enough[0], *(d for d in reversed(depths) if d < enough[0]), *enough[1:]]


def _by_layout(formats: Sequence[str]) -> dict[tuple[str, int, bool], str]:
    """Pixel formats by chroma layout, bits and alpha; the first of each kind."""
    known: dict[tuple[str, int, bool], str] = {}
    for name in formats:
        format = av.VideoFormat(name)
        if len(format.components) >= 3 and not format.is_bayer and not name.startswith("yuvj"):
            known.setdefault(layout_of(format), name)
    return known


def _check_pixel_format(codec: Codec, name: str, formats: Sequence[str]) -> None:
    choices = formats or ["rgb24", *ALL_PLANAR]
    if name not in choices or not av.VideoFormat(name).components:
        raise UsageError(
            f"The encoder {codec.encoder!r} takes no pixel format {name!r}. "
            f"Choose from: {', '.join(choices)}."
        )


def _own_name(codec: Codec, option: str, names: Sequence[str]) -> str:
    """What the encoder calls that option."""
    own = {
        each.name for each in av.CodecContext.create(codec.encoder, "w").supported_options.private
    }
    for name in names:
        if name in own:
            return name
    raise UsageError(f"The encoder {codec.encoder!r} knows no {option}; leave it out.")


def is_text(codec: str) -> bool:
    """Whether subtitles of that codec are text, which other codecs can hold as well."""
    return codec in _TEXT_ROWS


def must_not_copy(container: Container, codec: str) -> bool:
    """Whether players would not understand a sound or subtitle codec that FFmpeg would write."""
    if container.format == "mpegts":
        return codec not in _IN_TRANSPORT_STREAMS
    return container.format == "mp4" and codec.startswith("pcm_")
