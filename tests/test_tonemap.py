"""Numbers from the recommendations themselves, or worked out by hand from their formulas."""

import numpy as np
import pytest

from vidstyle.tonemap import BT2020_TO_BT709, HLG, PQ, light_to_pq, pq_to_light, to_sdr


def grey(code):
    return np.full((1, 1, 3), round(code * 65535), np.uint16)


def shown(code, transfer):
    """What a grey becomes, 0 .. 1."""
    return to_sdr(grey(code), transfer)[0, 0, 1] / 65535


@pytest.mark.parametrize(
    ("light", "code"), [(0, 0.0), (100, 0.508), (203, 0.581), (1000, 0.752), (10000, 1.0)]
)
def test_pq_is_that_of_bt2100(light, code):  # BT.2408-7, table 1, in thousandths
    assert light_to_pq(np.array(float(light))) == pytest.approx(code, abs=0.0006)
    assert pq_to_light(light_to_pq(np.array(float(light)))) == pytest.approx(light, abs=1e-6)


def test_below_the_knee_light_stays_as_it_is():
    code = light_to_pq(np.array(50.0))  # the knee lies at 92 cd/m2
    assert shown(code, PQ) == pytest.approx((50 / 203) ** (1 / 2.4), abs=0.002)


def test_the_peak_becomes_white_and_black_stays_black():
    assert shown(light_to_pq(np.array(1000.0)), PQ) == pytest.approx(1, abs=0.002)
    assert shown(1.0, PQ) == pytest.approx(1, abs=0.002)
    assert shown(0.0, PQ) == 0


def test_diffuse_white_is_bright_and_not_clipped():
    # BT.2390 by hand: PQ 0.5807 -> knee 0.6586, T 0.333, spline 0.7387, PQ 0.5553: 160 cd/m2
    assert shown(light_to_pq(np.array(203.0)), PQ) == pytest.approx(
        (160 / 203) ** (1 / 2.4), abs=0.01
    )


def test_hlg_of_its_reference_white_is_pq_of_203():
    # BT.2408: HLG 75 % is 203 cd/m2 on a screen of 1000 cd/m2
    assert shown(0.75, HLG) == pytest.approx(shown(light_to_pq(np.array(203.0)), PQ), abs=0.003)


def test_hlg_of_full_signal_is_white():
    assert shown(1.0, HLG) == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_brighter_stays_brighter(transfer):
    ramp = np.repeat(np.linspace(0, 65535, 1024).astype(np.uint16)[None, :, None], 3, -1)
    levels = to_sdr(ramp, transfer)[0, :, 0].astype(int)
    assert (np.diff(levels) >= -16).all()  # of 65535: the step of the table, below a 10-bit level


def test_greys_stay_grey():
    ramp = np.repeat(np.linspace(0, 65535, 1024).astype(np.uint16)[None, :, None], 3, -1)
    out = to_sdr(ramp, PQ).astype(int)
    assert (out.max(-1) - out.min(-1)).max() <= 16  # the matrix has four digits


def test_the_primaries_are_those_of_bt2087():
    assert BT2020_TO_BT709.sum(1) == pytest.approx([1, 1, 1], abs=2e-4)
    red = np.array([[[40000, 0, 0]]], np.uint16)
    assert (to_sdr(red, PQ)[0, 0] > 0).tolist() == [True, False, False]  # out of gamut: clipped


def test_hues_stay_when_highlights_are_compressed():
    code = light_to_pq(np.array([150.0, 100.0, 100.0]))
    pixels = np.rint(code * 65535).astype(np.uint16)[None, None]
    light = (to_sdr(pixels, PQ)[0, 0] / 65535) ** 2.4
    wanted = BT2020_TO_BT709 @ [150, 100, 100]
    assert light / light[0] == pytest.approx(wanted / wanted[0], abs=0.01)


def test_8_bits_go_in_and_out_as_8_bits():
    pixels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    deep = to_sdr(pixels.astype(np.uint16) * 257, PQ)
    shallow = to_sdr(pixels, PQ)
    assert shallow.dtype == np.uint8
    assert np.abs(shallow.astype(int) * 257 - deep).max() <= 129
