"""What a file says about its own length, to tell what a truncated one has lost."""

from __future__ import annotations

import re
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.stream import VideoStream

_SAY_HOW_LONG = ("flv", "matroska", "mov")  # other formats' durations are FFmpeg's own estimates


def promised_frames(container: InputContainer, stream: VideoStream) -> int | None:
    """How many frames the index of an MP4 or MOV lists and its edit list shows."""
    interlaced = stream.codec_context.field_order > 1  # a packet may then be half a frame
    if "mp4" not in container.format.name or not stream.frames or interlaced:
        return None
    return sum(not entry.is_discard for entry in stream.index_entries)


def promised_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """When the last frame ends, in seconds, where the file says so for its picture alone."""
    name = container.format.name
    if told := re.match(r"(\d+):(\d+):([\d.]+)", stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = told.groups()
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
    if name == "avi" and stream.average_rate:
        return stream.frames / stream.average_rate
    if "mp4" in name and stream.duration and stream.time_base:
        return ((stream.start_time or 0) + stream.duration) * stream.time_base
    if name.startswith(_SAY_HOW_LONG) and container.duration and not container.streams.audio:
        return Fraction(container.duration, av.time_base)
    return None
