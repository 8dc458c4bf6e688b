"""A hardware encoder is known to work when it has encoded."""

import pytest

from vidstyle.avcodecs import hardware_encoders
from vidstyle.errors import DeviceError
from vidstyle.runtimes.cuda import driver
from vidstyle.sinks.hardware import encode_some
from vidstyle.trial import outcomes


def test_what_encodes_is_seen_to_work():
    encoders = ["libx264", "libx265", "libsvtav1", "libvpx-vp9", "prores_ks"]
    trials = [("vidstyle.sinks.hardware:encode_some", name) for name in encoders]
    assert outcomes(trials, 60.0) == [""] * len(encoders)


@pytest.mark.skipif(driver() is not None, reason="there is an NVIDIA driver")
@pytest.mark.parametrize("encoder", [n for n in hardware_encoders(["h264"]) if "nvenc" in n])
def test_without_its_driver_an_encoder_says_what_is_missing(encoder):
    with pytest.raises(DeviceError, match="Cannot load (libcuda|nvcuda)"):
        encode_some(encoder)
