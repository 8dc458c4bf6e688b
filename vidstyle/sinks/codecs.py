"""What a video file is encoded with: containers, codecs, quality, pixel formats."""

from __future__ import annotations

from dataclasses import dataclass, field

import av

from vidstyle.avframe import layout_of, pixel_format
from vidstyle.contracts import VideoInfo
from vidstyle.errors import DeviceError, UnknownName, UsageError


@dataclass(frozen=True)
class Container:
    """A kind of file."""

    format: str  # FFmpeg's name of the muxer
    codec: str  # what is taken when none is named
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Codec:
    """An encoder and what people would choose for it."""

    encoder: str  # FFmpeg's name
    quality: str | None = None  # the option that sets a constant quality …
    crf: int | None = None  # … and the one that is taken: stylized pictures, no visible loss
    preset: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    alpha: str | None = None  # the pixel format that keeps transparency


_WEB = {"movflags": "+faststart"}  # plays in a browser before all of it has come

CONTAINERS = {
    ".mp4": Container("mp4", "h264", _WEB),
    ".m4v": Container("mp4", "h264", _WEB),
    ".mov": Container("mov", "h264", _WEB),
    ".mkv": Container("matroska", "h264"),
    ".webm": Container("webm", "vp9"),
    ".ts": Container("mpegts", "h264"),
    ".gif": Container("gif", "gif"),
}
PIPES = {  # formats for standard output
    "yuv4mpegpipe": Container("yuv4mpegpipe", "wrapped_avframe", {"strict": "-1"}),
    "rawvideo": Container("rawvideo", "rawvideo"),
}

CODECS = {
    "h264": Codec("libx264", "crf", 18, "fast"),
    "hevc": Codec("libx265", "crf", 20, "fast", {"x265-params": "log-level=error"}),
    "av1": Codec("libsvtav1", "crf", 26, "8", {"svtav1-params": "tune=0"}),
    "vp9": Codec(
        "libvpx-vp9", "crf", 24, None,
        {"row-mt": "1", "deadline": "good", "cpu-used": "4", "b": "0"}, alpha="yuva420p",
    ),
    "prores": Codec("prores_ks", None, None, None, {"profile": "hq"}, alpha="yuva444p10le"),
    "ffv1": Codec("ffv1", None, None, None, {"level": "3", "slicecrc": "1"}, alpha="bgra"),
    "gif": Codec("gif", alpha="pal8"),
}  # fmt: skip
_ALIASES = {"h265": "hevc", "x264": "h264", "x265": "hevc", "libvpx": "vp9"}
_ENCODERS = {codec.encoder: codec for codec in CODECS.values()}


@dataclass(frozen=True)
class Encoding:
    """How a video is encoded; None leaves the choice to the container and the codec."""

    codec: str | None = None  # a row of CODECS, or FFmpeg's name of an encoder
    crf: float | None = None
    preset: str | None = None
    bitrate: int | None = None  # bits a second
    pix_fmt: str | None = None  # FFmpeg's name
    audio: bool = True  # sound and subtitles come along


def codec_for(name: str) -> Codec:
    """The codec of that name, FFmpeg's names included (h264_nvenc, libx264, …)."""
    name = _ALIASES.get(name, name)
    if name in CODECS:
        return CODECS[name]
    if name in _ENCODERS:
        return _ENCODERS[name]
    try:
        av.Codec(name, "w")
    except ValueError:  # UnknownCodecError
        raise UnknownName(
            "codec", name, [*CODECS, *_ENCODERS], "Or any video encoder of FFmpeg."
        ) from None
    if av.Codec(name, "w").type != "video":
        raise UsageError(f"{name!r} encodes {av.Codec(name, 'w').type}, not video.")
    if name in PIPES["yuv4mpegpipe"].codec + PIPES["rawvideo"].codec:
        return Codec(name)
    return Codec(
        name,
        quality="cq" if name.endswith("nvenc") else None,
        crf=20 if name.endswith("nvenc") else None,
    )


def options_for(codec: Codec, encoding: Encoding, alpha: bool) -> dict[str, str]:
    """The encoder's own options."""
    options = dict(codec.options)
    if encoding.crf is not None and codec.quality is None:
        raise UsageError(f"The encoder {codec.encoder!r} has no constant quality: leave --crf out.")
    if encoding.bitrate is not None:
        if encoding.crf is not None:
            raise UsageError("--crf and --bitrate exclude one another.")
        options.pop("b", None)
    elif codec.quality is not None:
        options[codec.quality] = f"{codec.crf if encoding.crf is None else encoding.crf:g}"
    preset = encoding.preset or codec.preset
    if preset is not None:
        options["preset"] = preset
    if codec.encoder == "prores_ks" and alpha:
        options["profile"] = "4444"
    if codec.encoder == "libx265" and encoding.crf == 0:
        options["x265-params"] += ":lossless=1"
    return options


def pixel_format_for(codec: Codec, encoding: Encoding, info: VideoInfo) -> str:
    """What the encoder is given: the video's own layout and bits, or the nearest that it takes."""
    formats = [format.name for format in av.Codec(codec.encoder, "w").video_formats or ()]
    if encoding.pix_fmt is not None:
        if formats and encoding.pix_fmt not in formats:
            raise UsageError(
                f"The encoder {codec.encoder!r} takes no {encoding.pix_fmt!r}. "
                f"Choose from: {', '.join(formats)}."
            )
        return encoding.pix_fmt
    if info.alpha and codec.alpha is not None:
        return codec.alpha
    if codec.encoder == "ffv1" and info.layout == "rgb":
        return "bgr0" if info.bits <= 8 else f"gbrp{_depth(info.bits)}le"
    layout = "420" if info.layout == "rgb" else info.layout
    bits = _depth(info.bits)
    wished = [
        (layout, bits),
        (layout, min(bits, 10)),
        ("420", min(bits, 10)),
        ("420", 8),
        ("422", 10),
    ]
    for name in (pixel_format(*wish) for wish in wished):
        if not formats or name in formats:
            return name
    usable = [name for name in formats if _can_be_written(name)]
    if not usable:
        raise DeviceError(f"The encoder {codec.encoder!r} takes no pixel format of common memory.")
    return usable[0]


def _depth(bits: int) -> int:
    return 8 if bits <= 8 else 10 if bits <= 10 else 12


def _can_be_written(name: str) -> bool:
    format = av.VideoFormat(name)
    return bool(format.components) and layout_of(format)[1] <= 16 and not format.is_bayer
