"""What the machine itself can do at most, measured: products, convolutions and copies.

No network is faster than these let it be, so they tell how much is left to gain.
"""

from __future__ import annotations

from dataclasses import dataclass

from vidstyle.contracts import Precision


@dataclass(frozen=True)
class Ceilings:
    """The most that was seen on a device, in one precision."""

    device: str
    precision: Precision
    product_tflops: float  # a product of square matrices; a multiply-add is two operations
    convolution_tflops: float  # 3x3, 64 channels to 64
    copy_gb_per_second: float  # read and written

    @property
    def tflops(self) -> float:
        """The higher of both."""
        return max(self.product_tflops, self.convolution_tflops)


def ceilings(device: str, precision: Precision) -> Ceilings | None:
    """Measure them, in a few seconds; None where nothing is known that measures them."""
    if device.startswith("cuda"):
        from vidstyle.bench import gpu_ceilings  # which loads torch

        return Ceilings(
            device,
            precision,
            gpu_ceilings.product(device, precision),
            gpu_ceilings.convolution(device, precision),
            gpu_ceilings.copy(device),
        )
    if device != "cpu" or precision == "fp16":
        return None
    try:
        from vidstyle.bench import cpu_ceilings
    except ImportError:  # there is no OpenVINO for Macs with a processor by Intel
        return None
    return Ceilings(
        device,
        precision,
        cpu_ceilings.product(precision),
        cpu_ceilings.convolution(precision),
        cpu_ceilings.copy(),
    )
