"""Which codec, options and pixel format are taken."""

from __future__ import annotations

from typing import Any

import pytest

from vidstyle.contracts import VideoInfo
from vidstyle.errors import UnknownName, UsageError
from vidstyle.sinks.codecs import (
    CODECS,
    CONTAINERS,
    Encoding,
    codec_for,
    container_for,
    options_for,
    pixel_format_for,
)


def chosen(codec: str, **info: Any) -> str:
    """The pixel format for a video like `info`."""
    return pixel_format_for(
        CONTAINERS[".mkv"], CODECS[codec], Encoding(), VideoInfo(64, 48, **info)
    )


@pytest.mark.parametrize(
    ("codec", "info", "expected"),
    [
        ("h264", {}, "yuv420p"),
        ("h264", {"layout": "444"}, "yuv444p"),
        ("h264", {"bits": 10, "layout": "422"}, "yuv422p10le"),
        ("h264", {"bits": 12}, "yuv420p10le"),
        ("h264", {"layout": "rgb"}, "yuv420p"),
        ("h264", {"layout": "rgb", "alpha": True}, "yuv420p"),
        ("hevc", {"bits": 12}, "yuv420p12le"),
        ("hevc", {"alpha": True}, "yuv420p"),
        ("av1", {"layout": "444"}, "yuv420p"),
        ("av1", {"bits": 10}, "yuv420p10le"),
        ("vp9", {"alpha": True}, "yuva420p"),
        ("prores", {}, "yuv422p10le"),
        ("prores", {"layout": "444"}, "yuv444p10le"),
        ("prores", {"layout": "rgb", "alpha": True}, "yuva444p10le"),
        ("ffv1", {"layout": "rgb"}, "bgr0"),
        ("ffv1", {"layout": "rgb", "alpha": True}, "bgra"),
        ("ffv1", {"layout": "rgb", "bits": 16}, "gbrp16le"),
        ("ffv1", {"layout": "422", "bits": 12}, "yuv422p12le"),
        ("gif", {"layout": "rgb"}, "pal8"),
        ("rawvideo", {}, "rgb24"),
    ],
)
def test_pixel_format_keeps_what_the_codec_holds(
    codec: str, info: dict[str, Any], expected: str
) -> None:
    assert chosen(codec, **info) == expected


def test_mp4_holds_no_transparency() -> None:
    info = VideoInfo(64, 48, alpha=True)
    assert pixel_format_for(CONTAINERS[".mp4"], CODECS["vp9"], Encoding(), info) == "yuv420p"


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_every_container_holds_its_own_codec(suffix: str) -> None:
    container = CONTAINERS[suffix]
    assert container.codec in container.holds
    assert all(name in CODECS for name in container.holds)


def test_ffmpegs_name_of_a_known_encoder_has_its_quality() -> None:
    assert codec_for(CONTAINERS[".mp4"], Encoding("libx265")) is CODECS["hevc"]


def test_a_codec_that_the_container_does_not_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="A webm file holds no h264. Choose from: vp9, av1."):
        codec_for(CONTAINERS[".webm"], Encoding("libx264"))


def test_a_mistyped_codec_is_guessed() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'prores'"):
        codec_for(CONTAINERS[".mov"], Encoding("proress"))


def test_standard_output_takes_no_compressed_video() -> None:
    assert container_for(None, Encoding()).format == "yuv4mpegpipe"
    with pytest.raises(UsageError, match="y4m"):
        container_for(None, Encoding("h264"))


def test_quality_and_effort_have_each_encoders_own_name() -> None:
    vp9 = options_for(CODECS["vp9"], Encoding(crf=30, preset="2"), "yuv420p")
    assert (vp9["crf"], vp9["cpu-used"]) == ("30", "2")
    h264 = options_for(CODECS["h264"], Encoding(bitrate=1_000_000), "yuv420p")
    assert "crf" not in h264


@pytest.mark.parametrize(
    ("codec", "encoding", "said"),
    [
        ("prores", Encoding(crf=10), "knows no --crf"),
        ("ffv1", Encoding(preset="fast"), "knows no --preset"),
        ("h264", Encoding(preset="fastt"), "Did you mean 'fast'"),
        ("h264", Encoding(crf=10, bitrate=1), "exclude one another"),
    ],
)
def test_options_that_an_encoder_has_not_are_refused(
    codec: str, encoding: Encoding, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        options_for(CODECS[codec], encoding, "yuv420p")
