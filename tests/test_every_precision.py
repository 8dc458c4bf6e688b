"""Every bundled network draws right in every precision that its header names."""

from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from models import picture

from vidstyle.errors import UsageError
from vidstyle.image import resize
from vidstyle.runtimes import RUNTIMES
from vidstyle.sources import Reading, open_source
from vidstyle.stylizer import Drawing, load_stylizer
from vidstyle.weights import BUNDLED, models

CLIP = Path(__file__).parents[1] / "samples/clips/street.mp4"
DRAWN_BY_GRAPHS = [
    model for model in models() if model.path.parent == BUNDLED and not model.header.optimizes
]
IN_HALF = [
    (model.name, precision)
    for model in DRAWN_BY_GRAPHS
    for precision in model.header.precisions
    if precision != "fp32"
]
LEAST_PSNR = 38.0  # dB


@pytest.fixture(scope="module")
def frame():
    with open_source(str(CLIP), Reading(start=Fraction(2))) as source:
        return resize(next(iter(source)).pixels, 144, 256).astype(np.uint16) * 257


def drawn(network, runtime, precision, *contents):
    made = load_stylizer(Drawing(network, runtime, "cpu", precision))
    look = made.look("great-wave")
    return [made(content, look) for content in contents]


def psnr(one, other) -> float:
    difference = (one.astype(np.float64) - other) / 65535
    return float(-10 * np.log10(max(np.square(difference).mean(), 1e-12)))


@pytest.fixture(scope="module")
def exact(frame):
    return lru_cache(lambda network: drawn(network, "torch", "fp32", frame)[0])


@pytest.mark.parametrize(("network", "precision"), IN_HALF)
def test_half_precision_is_near_fp32_and_gives_numbers_for_flat_pictures(
    network, precision, frame, exact
):
    flat = [np.full((48, 64, 3), level, np.uint8) for level in (0, 128, 255)]
    half, *others = drawn(network, "torch", precision, frame, *flat, picture(48, 64))
    assert psnr(half, exact(network)) >= LEAST_PSNR
    for content in others:
        assert 0 < content.astype(float).mean() < 255  # no numbers become 0 everywhere


@pytest.mark.parametrize("network", sorted({name for name, _ in IN_HALF}))
def test_openvino_at_its_best_is_near_fp32(network, frame, exact):
    (best,) = drawn(network, "openvino", "auto", frame)
    assert psnr(best, exact(network)) >= LEAST_PSNR


@pytest.mark.parametrize("network", [model.name for model in DRAWN_BY_GRAPHS])
def test_auto_takes_fp32_where_the_best_of_the_runtime_is_not_right(network, monkeypatch):
    monkeypatch.setattr(RUNTIMES["torch"], "best_precision", lambda *_: "bf16")
    made = load_stylizer(Drawing(network, "torch", "cpu"))
    exact = {"capvstnet", "capvstnet-art", "microast", "wct"}
    assert made.precision == ("fp32" if network in exact else "bf16")


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_a_precision_that_draws_wrong_is_refused(precision):
    with pytest.raises(UsageError, match=f"wct does not draw right in {precision}.*: fp32"):
        load_stylizer(Drawing("wct", "torch", "cpu", precision))
