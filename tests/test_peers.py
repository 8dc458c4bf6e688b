"""bench/peers: what vidstyle is measured against draws what it claims to draw."""

import sys
from importlib import import_module
from pathlib import Path

import av
import numpy as np
import pytest
from media import clip
from models import picture

BENCH = Path(__file__).parents[1] / "bench"
PEERS = ("ffmpeg_alone", "microast_torch", "onnx_loop", "opencv_dnn", "adain_torch")


@pytest.fixture
def peer(monkeypatch):
    """A module of bench/peers, by name."""
    monkeypatch.syspath_prepend(str(BENCH))
    before = set(sys.modules)
    yield lambda name: import_module(f"peers.{name}")
    for name in set(sys.modules) - before:
        if str(BENCH) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def drawn():
    """What vidstyle draws in fp32: network, content and style -> Pixels."""
    from vidstyle.stylizer import Drawing, load_stylizer

    def draw(network, content, style):
        stylizer = load_stylizer(Drawing(network, "openvino", "cpu", "fp32"))
        return stylizer(content, stylizer.look(style))

    return draw


def test_microast_in_torch_draws_what_vidstyle_draws(peer, drawn):
    from torchvision.transforms.functional import to_tensor

    content, style = picture(64, 96), picture(384, 384, 1)
    microast = peer("microast_torch")
    network = microast.load_network(microast.find_model("microast"))
    image = microast.draw(network, to_tensor(content)[None], to_tensor(style)[None])
    theirs = image[0].permute(1, 2, 0).clamp(0, 1).numpy() * 255
    ours = drawn("microast", content, style)
    assert np.abs(theirs - ours).max() < 1.5  # of 255: one for the order of sums, half for rounding


def test_the_loop_of_onnx_runtime_draws_what_vidstyle_draws(peer, drawn):
    content, style = picture(64, 96), picture(384, 384, 1)
    theirs = peer("onnx_loop").painter(style[..., ::-1])(content[..., ::-1])[..., ::-1]
    difference = np.abs(theirs.astype(int) - drawn("swift", content, style))
    assert difference.max() <= 1


def test_opencv_draws_the_picture_of_the_network_in_its_file(peer, tmp_path):
    import cv2
    import torch

    johnson, opencv = peer("fast_neural_style"), peer("opencv_dnn")
    content = picture(48, 64)
    network = cv2.dnn.readNetFromONNX(johnson.export(tmp_path / "net.onnx", 64, 48))
    theirs = opencv.draw(network, np.ascontiguousarray(content[..., ::-1]))[..., ::-1]
    pixels = torch.from_numpy(content).permute(2, 0, 1)[None].float()
    exact = johnson.fast_neural_style()(pixels)[0].permute(1, 2, 0).clamp(0, 255).detach().numpy()
    assert np.abs(theirs - exact).max() < 1.1  # what OpenCV draws is cut to whole numbers


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_writes_every_frame(name, peer, tmp_path):
    from PIL import Image

    content, out = clip(tmp_path / "in.mp4", frames=3), tmp_path / "out.mp4"
    style = tmp_path / "style.png"
    Image.fromarray(picture(32, 32)).save(style)
    if name == "opencv_dnn":
        style = peer("fast_neural_style").export(tmp_path / "net.onnx", 64, 48)
    assert sum(1 for _ in peer(name).stylize(str(content), str(style), str(out))) == 3
    with av.open(str(out)) as written:
        assert sum(1 for _ in written.decode(video=0)) == 3


def test_a_peer_that_was_stopped_counts_at_its_pace(peer):
    summary = {"frames": 5, "seconds": 10.0, "first_frame_seconds": 2.0}
    found = peer("__main__").figures(summary, seconds=11.0, frames=10)
    assert found["fps"] == 10 / (11 + 5 * 2)  # five more, of two seconds
    assert found["first_seconds"] == 3  # from the start of the process


def test_a_run_that_grows_is_seen(peer):
    held = [50.0] * 10 + [200 + 0.1 * second for second in range(30)]
    assert import_module("processes").growth(held, minutes=4) == pytest.approx(1.0, abs=0.05)
