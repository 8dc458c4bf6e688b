"""A hardware decoder is known to work when it has decoded."""

import pytest
from needs import needs_cuda

from vidstyle.avcodecs import in_software
from vidstyle.errors import DeviceError
from vidstyle.runtimes.cuda import driver
from vidstyle.sources.hardware import decode_some
from vidstyle.trial import outcomes

CODECS = ("h264", "hevc", "av1", "vp9", "prores", "ffv1")


def outcomes_of(decoders):
    return outcomes([("vidstyle.sources.hardware:decode_some", name) for name in decoders], 60.0)


def test_what_decodes_is_seen_to_work():
    decoders = [name for codec in CODECS for name in in_software(codec, "r")]
    assert outcomes_of(decoders) == [""] * len(decoders)


@pytest.mark.skipif(driver() is not None, reason="there is an NVIDIA driver")
@pytest.mark.parametrize("decoder", ["h264 by cuda", "hevc by cuda"])
def test_without_a_driver_no_device_helps(decoder):
    with pytest.raises(DeviceError, match="Cannot load (libcuda|nvcuda)"):
        decode_some(decoder)


@needs_cuda
def test_an_nvidia_gpu_decodes():
    assert outcomes_of(["h264 by cuda"]) == [""]
