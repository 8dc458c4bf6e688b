"""At which frequencies pixels change: the fast share of it is what the eye sees as flicker.

After Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE
Transactions on Audio and Electroacoustics, 1967: windows that overlap by half, averaged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vidstyle.contracts import HostArray

WINDOW = 32  # frames
FAST = 5.0  # hertz; above, change is flicker to the eye
_HANN = np.hanning(WINDOW + 1)[:-1]


@dataclass(frozen=True)
class Rhythm:
    """How fast values change."""

    deviation: float  # of a value from its mean over a window
    fast_share: float  # of the energy of that deviation, above `fast_from`
    fast_from: float  # hertz
    spectrum: tuple[tuple[float, float], ...]  # hertz, and the energy there


def power_of(values: HostArray) -> HostArray:
    """The energy at each frequency, summed over places: float [WINDOW / 2 + 1].

    Args:
        values: [WINDOW, N], in time and at N places.
    """
    values = values - values[0]  # exactly 0 where nothing changes
    mean = _HANN @ values / _HANN.sum()
    spectrum = np.fft.rfft((values - mean) * _HANN[:, None], axis=0)
    power = (np.abs(spectrum) ** 2).sum(1) / (WINDOW * (_HANN**2).sum())
    power[1:-1] *= 2  # negative frequencies too: so the sum over all is the variance (Parseval)
    return np.asarray(power)


def rhythm(power: HostArray, rate: float) -> Rhythm:
    """What `power`, the mean over places, says at `rate` frames a second.

    Fast is what is above 5 Hz, or above a quarter of the frame rate if that is less: half of the
    frequencies that so few frames can show.
    """
    hertz = np.arange(len(power)) * rate / WINDOW
    fast_from, total = min(FAST, rate / 4), float(power.sum())
    fast = float(power[hertz > fast_from].sum())
    return Rhythm(
        total**0.5, fast / total if total else 0.0, fast_from,
        tuple(zip(hertz[1:].tolist(), power[1:].tolist(), strict=True)),
    )  # fmt: skip
