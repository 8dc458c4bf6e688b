"""Encoders and decoders by FFmpeg's names, in software and on hardware."""

import av
import pytest

from vidstyle.avcodecs import (
    explained,
    hardware_decoders,
    hardware_encoders,
    in_software,
    on_hardware,
)
from vidstyle.errors import DeviceError


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "vp9", "prores", "ffv1"])
def test_what_is_in_software_goes_both_ways_and_by_its_own_name(codec):
    for mode in ("r", "w"):
        names = in_software(codec, mode)
        assert names
        assert all(av.Codec(name, mode).name == name for name in names)


def test_what_needs_a_chip_is_not_in_software():
    encoders, decoders = hardware_encoders(["h264", "av1"]), hardware_decoders(["h264", "av1"])
    assert not set(encoders) & {*in_software("h264", "w"), *in_software("av1", "w")}
    assert "av1" not in in_software("av1", "r")  # FFmpeg's own, which a device has to help
    assert all(on_hardware(name) for name in encoders)
    assert all(on_hardware(name) or " by " in name for name in decoders)


def test_an_error_is_told_in_the_words_of_ffmpeg():
    with pytest.raises(DeviceError, match="^Invalid video pixel format"):
        with explained():
            av.CodecContext.create("mpeg2video", "w").open()
    assert av.logging.get_level() is None
