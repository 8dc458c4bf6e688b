"""Opening videos with FFmpeg's doors shut: which files, protocols and formats it may touch.

FFmpeg follows what a file says: a playlist called clip.mp4 could make it read other files or call
other hosts. So a local file is read with the `file` protocol and container formats alone, and an
address of the network without the `file` protocol.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer

from vidstyle.errors import InputError

_CONTAINERS = (
    "3dostr,aac,ac3,aiff,apng,asf,av1,avi,dv,flac,flv,gif,gxf,h261,h263,h264,hevc,ivf,m4v,matroska,"
    "mjpeg,mov,mp3,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,swf,vc1,vvc,wav,webm,wtv,yuv4mpegpipe"
)
_NETWORK = {
    "protocol_whitelist": "crypto,hls,http,httpproxy,https,rtmp,rtmps,rtp,srt,srtp,tcp,tls,udp",
    "format_whitelist": f"{_CONTAINERS},hls,rtsp,sdp,rtp,webvtt",
}
DEVICES = ("v4l2", "avfoundation", "dshow", "lavfi", "alsa", "pulse")  # FFmpeg's, no files
_TIMEOUT = 15.0  # seconds to open, and to wait for data
_LIVE = ("rtsp://", "rtmp://", "rtmps://", "srt://", "udp://", "rtp://")


def is_url(address: str) -> bool:
    """Whether `address` names something on the network."""
    return re.match(r"[a-z][a-z0-9+.-]+://", address, re.IGNORECASE) is not None


def is_live(address: str) -> bool:
    """Whether `address` goes on whether or not it is read."""
    return address.lower().startswith(_LIVE)


def can_reopen(address: str) -> bool:
    """Whether a second reader would find the same from the start."""
    if is_url(address):
        return not is_live(address)
    return Path(address).is_file()  # and no pipe


def open_video(
    address: str | Any,
    format: str | None = None,
    options: dict[str, str] | None = None,
    accelerator: HWAccel | None = None,
) -> InputContainer:
    """Open a file, an address of the network, or an open file such as standard input.

    Args:
        address: where it is.
        format: FFmpeg's name, where it is known.
        options: FFmpeg's own.
        accelerator: what decodes in place of the CPU.

    Raises:
        InputError: it is not there, or is no video that FFmpeg reads.
    """
    name, place = (address, address) if isinstance(address, str) else ("standard input", address)
    settings: dict[str, Any] = {}
    allowed = {"protocol_whitelist": "file", "format_whitelist": format or _CONTAINERS}
    if isinstance(address, str) and is_url(address):
        allowed, settings = _NETWORK, {"timeout": (_TIMEOUT, _TIMEOUT)}
    elif format in DEVICES:
        allowed, settings = {}, {"timeout": (_TIMEOUT, _TIMEOUT)}
    elif isinstance(address, str):
        if format is None and (Path(address).is_dir() or not Path(address).exists()):
            kind = "is a folder" if Path(address).is_dir() else "does not exist"
            raise InputError(f"{address!r} {kind}; a video is needed.")
        place = f"file:{address}"  # a name with a colon is no protocol
    try:
        container: InputContainer = av.open(
            place, format=format, container_options=allowed | (options or {}),
            metadata_errors="replace", hwaccel=accelerator, **settings,
        )  # fmt: skip
        return container
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{name!r} cannot be read as a video: {reason(error)}.") from None


def reason(error: BaseException) -> str:
    """What went wrong, in FFmpeg's or the system's words, without number and file name."""
    if isinstance(error, av.ExitError):  # raised by PyAV's clock alone
        return f"nothing came for {_TIMEOUT:g} seconds"
    if isinstance(error, av.ProtocolNotFoundError):
        return "the FFmpeg of this PyAV was built without its protocol"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0].rstrip(".")
