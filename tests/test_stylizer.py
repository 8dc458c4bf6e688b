"""A style is read once, then frames of any size are drawn in it."""

import numpy as np
import pytest
from models import picture, random_model, random_models

from vidstyle.contracts import VideoInfo
from vidstyle.errors import UnknownName, VidstyleError
from vidstyle.runtimes.openvino import OpenVINO
from vidstyle.stylizer import Drawing, load_stylizer

CONTENT, STYLE = picture(48, 64), picture(60, 80, 1)


@pytest.fixture(scope="module")
def stylizer():
    return load_stylizer(Drawing(device="cpu", precision="fp32"))


def test_strength_zero_is_the_content_itself(stylizer):
    assert np.array_equal(stylizer(CONTENT, stylizer.look(STYLE, 0.0)), CONTENT)


@pytest.mark.parametrize("network", ["swift", "microast"])
def test_strength_is_the_share_of_the_drawing(network):
    stylizer = load_stylizer(Drawing(network, device="cpu", precision="fp32"))
    full = stylizer(CONTENT, stylizer.look(STYLE)).astype(float)
    for strength in (0.02, 0.3, 0.7):
        drawn = stylizer(CONTENT, stylizer.look(STYLE, strength))
        assert np.abs(drawn - (strength * full + (1 - strength) * CONTENT)).max() <= 1


def test_where_a_networks_own_strength_ends_the_drawing_fades(tmp_path_factory, monkeypatch):
    model = random_model("adain", random_models(tmp_path_factory))
    monkeypatch.setenv("VIDSTYLE_DATA", str(model.path.parent))
    stylizer = load_stylizer(Drawing("adain-random", device="cpu", precision="fp32"))
    strengths = [0.0, 0.02, 0.05, 0.0995, 0.1]
    drawn = [stylizer(CONTENT, stylizer.look(STYLE, s)).astype(float) for s in strengths]
    distances = [np.abs(picture - CONTENT).mean() for picture in drawn]
    assert distances == sorted(distances)
    assert np.abs(drawn[3] - drawn[4]).mean() < 1  # just below and at the seam


def test_a_style_of_any_size_is_read(stylizer):
    for size in [(1, 1), (5, 300), (300, 5)]:
        assert stylizer(CONTENT, stylizer.look(picture(*size))).shape == CONTENT.shape


def test_two_styles_give_two_drawings(stylizer):
    one = stylizer(CONTENT, stylizer.look("ink"))
    other = stylizer(CONTENT, stylizer.look("starry-night"))
    assert np.abs(one.astype(int) - other).mean() > 10


def test_sizes_can_come_and_go(stylizer):
    look = stylizer.look(STYLE)
    first = stylizer(CONTENT, look)
    for width in range(20, 120, 16):  # more sizes than engines are kept
        stylizer(picture(32, width), look)
    assert np.array_equal(stylizer(CONTENT, look), first)


@pytest.mark.parametrize(("height", "width"), [(48, 64), (5, 40)])
@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (10, np.uint16)])
def test_what_is_prepared_is_what_frames_need(monkeypatch, height, width, bits, dtype):
    sizes = []
    compile_ = OpenVINO.compile

    def noted(self, graph, profile):
        if profile.size is not None:  # what reads a style is for any size
            sizes.append((*profile.size, profile.bits))
        return compile_(self, graph, profile)

    monkeypatch.setattr(OpenVINO, "compile", noted)
    stylizer = load_stylizer(Drawing(runtime="openvino"))
    stylizer.prepare(VideoInfo(width, height, bits=bits))
    stylizer(picture(height, width).astype(dtype), stylizer.look(STYLE))
    assert sizes == [(max(16, height), width, 8 * dtype().itemsize)]


def test_a_mistyped_network_is_guessed():
    with pytest.raises(UnknownName, match="Did you mean 'microast'"):
        load_stylizer(Drawing(network="micro-ast"))


def test_a_network_without_weights_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setenv("VIDSTYLE_DATA", str(tmp_path))
    with pytest.raises(VidstyleError, match="vidstyle weights (fetch|import) stytr2"):
        load_stylizer(Drawing(network="stytr2"))


def test_a_mix_is_a_look_of_its_own(stylizer):
    mix = stylizer.look({"ink": 3, "mosaic": 1})
    ink, mosaic = stylizer.look("ink"), stylizer.look("mosaic")
    for part, one, other in zip(mix.code, ink.code, mosaic.code, strict=True):
        assert np.allclose(part, 0.75 * one + 0.25 * other, atol=1e-6)
