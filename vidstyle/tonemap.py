"""HDR to SDR: pictures coded with PQ or HLG, brought to what a common screen shows.

The steps, each from a recommendation of the ITU:
1. Decode to light in cd/m2: PQ by SMPTE ST 2084 (BT.2100 table 4), HLG by BT.2100 table 5 with
   its system gamma of 1.2 for a screen of 1000 cd/m2.
2. Compress the highlights by the EETF of BT.2390-10 section 5.4.1, from 1000 cd/m2 to the
   203 cd/m2 of diffuse white (BT.2408), on the largest of R, G and B, so that hues stay.
3. Primaries of BT.2020 to those of BT.709 (BT.2087), out-of-gamut colors clipped.
4. Code for a screen by BT.1886 (gamma 2.4).
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from vidstyle.contracts import HostArray, Pixels

PQ, HLG = 16, 18  # transfer characteristics, as H.273 numbers them

SOURCE_PEAK = 1000.0  # cd/m2
TARGET_PEAK = 203.0
BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
LUMINANCE = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
_STEPS = 4096  # of the tables that are looked up by light; a step is below one 10-bit level


def to_sdr(pixels: Pixels, transfer: int) -> Pixels:
    """SDR pixels in BT.709 from pixels that are coded with PQ or HLG in BT.2020.

    Args:
        pixels: [H, W, 3], uint16, or uint8 where a file has no more; the result is alike.
        transfer: `PQ` or `HLG`.
    """
    if pixels.dtype == np.uint8:
        return np.rint(to_sdr(pixels.astype(np.uint16) * 257, transfer) / 257).astype(np.uint8)
    light = np.take(_decoded(transfer), pixels)
    if transfer == HLG:
        luminance = cv2.transform(light, LUMINANCE / SOURCE_PEAK)
        light *= cv2.pow(np.maximum(luminance, 1e-9), 0.2)[..., None]
    brightest = cv2.max(cv2.max(light[..., 0], light[..., 1]), light[..., 2])
    place = cv2.sqrt(np.minimum(brightest / SOURCE_PEAK, 1)) * (_STEPS - 1)
    light *= np.take(_gains(), np.rint(place).astype(np.int32))[..., None]
    light = cv2.transform(light, BT2020_TO_BT709 * (1 / TARGET_PEAK))
    coded = cv2.pow(np.clip(light, 0, 1), 1 / 2.4)
    return np.rint(coded * 65535).astype(np.uint16)


@lru_cache
def _decoded(transfer: int) -> HostArray:
    """Light in cd/m2 for each of the 65536 code values; for HLG before its system gamma."""
    code = np.linspace(0, 1, 65536)
    if transfer == PQ:
        return np.minimum(pq_to_light(code), SOURCE_PEAK).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return (scene * SOURCE_PEAK).astype(np.float32)


@lru_cache
def _gains() -> HostArray:
    """Light after the EETF over light before, by the root of light over the source's peak."""
    light = np.square(np.linspace(0, 1, _STEPS)) * SOURCE_PEAK
    light[0] = 1e-4
    return (pq_to_light(_eetf(light_to_pq(light))) / light).astype(np.float32)


def _eetf(code: HostArray) -> HostArray:
    """BT.2390-10 section 5.4.1, black level zero: straight up to a knee, then a spline."""
    top = light_to_pq(np.array(SOURCE_PEAK))
    target = light_to_pq(np.array(TARGET_PEAK)) / top
    knee = 1.5 * target - 0.5
    x = code / top
    t = np.clip((x - knee) / (1 - knee), 0, 1)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * target
    )
    return np.asarray(np.where(x < knee, x, spline) * top)


def pq_to_light(code: HostArray) -> HostArray:
    """SMPTE ST 2084: code value 0..1 -> light in cd/m2."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.power(code, 1 / m2)
    return np.asarray(10000 * np.power(np.maximum(root - c1, 0) / (c2 - c3 * root), 1 / m1))


def light_to_pq(light: HostArray) -> HostArray:
    """SMPTE ST 2084: light in cd/m2 -> code value 0..1."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.power(light / 10000, m1)
    return np.asarray(np.power((c1 + c2 * root) / (1 + c3 * root), m2))
