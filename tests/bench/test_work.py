"""What a network takes for a frame, counted from its graph."""

import pytest

from vidstyle.weights import BUNDLED

pytest.importorskip("openvino")

from vidstyle.bench.work import work  # noqa: E402  it loads OpenVINO

SWIFT = str(BUNDLED / "swift.stylize.onnx")


def test_multiply_adds_are_those_that_the_network_is_known_for():
    found = work(SWIFT, 360, 640, "fp32")
    assert found.multiply_adds / (360 * 640) == pytest.approx(8_860, rel=0.01)  # models/swift.md


def test_four_times_the_pixels_take_four_times_the_work():
    small, large = (work(SWIFT, side, side, "fp32") for side in (256, 512))
    assert large.multiply_adds / small.multiply_adds == pytest.approx(
        4, rel=0.05
    )  # margins count less


def test_half_precision_moves_half_the_bytes():
    exact, half = (work(SWIFT, 128, 128, precision) for precision in ("fp32", "bf16"))
    assert exact.bytes == 2 * half.bytes
