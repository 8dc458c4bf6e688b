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
_TIMEOUT = (15.0, 15.0)  # seconds to open, and to wait for data
_LIVE = ("rtsp://", "rtmp://", "rtmps://", "srt://", "udp://", "rtp://")


def is_url(address: str) -> bool:
    """Whether `address` names something on the network."""
    return re.match(r"[a-z][a-z0-9+.-]+://", address, re.IGNORECASE) is not None


def can_reopen(address: str) -> bool:
    """Whether a second reader would find the same from the start."""
    return not address.lower().startswith(_LIVE) and address != "-"


def open_video(
    address: str | Any, format: str | None = None, options: dict[str, str] | None = None
) -> InputContainer:
    """Open a file, an address of the network, or an open file such as standard input.

    Raises:
        InputError: it is not there, or is no video that FFmpeg reads.
    """
    name = address if isinstance(address, str) else "standard input"
    settings: dict[str, Any] = {}
    allowed = {"protocol_whitelist": "file", "format_whitelist": f"{format or _CONTAINERS}"}
    if isinstance(address, str) and is_url(address):
        allowed, settings = _NETWORK, {"timeout": _TIMEOUT}
    elif isinstance(address, str) and format is None and not Path(address).is_file():
        kind = "is a folder" if Path(address).is_dir() else "does not exist"
        raise InputError(f"{address!r} {kind}; a video is needed.")
    try:
        return av.open(
            address, format=format, container_options=allowed | (options or {}),
            metadata_errors="replace", **settings,
        )  # fmt: skip
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{name!r} cannot be read as a video: {reason(error)}.") from None


def reason(error: BaseException) -> str:
    """What went wrong, in FFmpeg's or the system's words, without number and file name."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0].rstrip(".")
