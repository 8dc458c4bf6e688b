"""Flow by RAFT, with seeded weights: what trained ones would find is not asked of them."""

import numpy as np
import pytest
import torch
from fakes import typed
from models import picture
from torchvision.models.optical_flow import raft_small

from vidstyle.errors import InputError, VidstyleError
from vidstyle.temporal import FLOWS
from vidstyle.temporal.raft import import_raft
from vidstyle.weights import published_flows

PUBLISHED = published_flows()["raft-small"]["files"]["weights"]


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("VIDSTYLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(0)
    return raft_small().state_dict()


@pytest.fixture
def file(state, tmp_path):
    """As torchvision publishes it."""
    torch.save(state, tmp_path / PUBLISHED)
    return tmp_path / PUBLISHED


@pytest.fixture
def estimator(file):
    import_raft("raft-small", file)
    return FLOWS["raft-small"]()


def pair(height=128, width=136):
    return picture(height, width, 0), picture(height, width, 1)


def test_it_is_torchvisions_network(estimator, state):
    raft = raft_small().eval()
    raft.load_state_dict(state)
    before, now = pair()
    images = (torch.from_numpy(p).permute(2, 0, 1)[None] / 127.5 - 1 for p in (now, before))
    with torch.no_grad():
        expected = raft(*images)[-1][0].permute(1, 2, 0).numpy()
    assert np.abs(estimator.flow(before, now) - expected).max() < 1e-2 * np.abs(expected).max()


@pytest.mark.parametrize("size", [(1, 1), (50, 131)])
def test_pictures_of_any_size_have_flow(estimator, size):
    motion = estimator.motion(*pair(*size))
    assert motion.flow.shape == (*size, 2) and motion.flow.dtype == np.float32
    assert motion.occluded.shape == size


def test_the_same_is_found_twice(estimator):
    assert np.array_equal(estimator.flow(*pair(64, 64)), estimator.flow(*pair(64, 64)))


def test_frames_of_16_bits_give_the_same(estimator):
    deep = [part.astype(np.uint16) * 257 for part in pair(64, 64)]
    assert np.array_equal(estimator.flow(*deep), estimator.flow(*pair(64, 64)))


def test_large_pictures_are_shrunk_for_it(estimator, monkeypatch):
    monkeypatch.setattr("vidstyle.temporal.raft._MOST", 128 * 136)
    before, now = (np.repeat(np.repeat(part, 2, 0), 2, 1) for part in pair())
    large = estimator.flow(before, now)
    assert np.abs(large[::2, ::2] - 2 * estimator.flow(*pair())).mean() < 0.1 * np.abs(large).mean()


def test_what_torchvision_has_downloaded_is_taken(file, tmp_path):
    folder = tmp_path / "torch/hub/checkpoints"
    folder.mkdir(parents=True)
    file.rename(folder / file.name)
    assert FLOWS["raft-small"]().flow(*pair(64, 64)).any()


def test_without_weights_it_says_how_to_get_them():
    said = "not here. .*weights fetch raft-large; .*weights import raft-large FILE"
    with pytest.raises(VidstyleError, match=said) as caught:
        FLOWS["raft-large"]()
    assert "\n" not in str(caught.value)


def test_the_file_of_another_network_is_refused(file):
    with pytest.raises(InputError, match="is it torchvision's file of raft-large"):
        import_raft("raft-large", file)


def test_people_import_and_list_it(file, capfd):
    assert typed("weights", "import", "raft-small", str(file)) == 0
    assert "data/flows/raft-small.safetensors: ready for optical flow" in capfd.readouterr().out
    assert typed("weights", "list") == 0
    (row,) = (line for line in capfd.readouterr().out.splitlines() if "raft-small" in line)
    assert "BSD-3-Clause" in row and row.endswith("raft-small.safetensors")


def test_people_export_it_and_two_runtimes_agree_with_torch(
    estimator, tmp_path, capfd, monkeypatch
):
    monkeypatch.setattr("vidstyle.temporal.raft._UPDATES", 2)  # each takes seconds to trace
    openvino, size = pytest.importorskip("openvino"), (50, 70)
    assert typed("export", "raft-small", "--out", str(tmp_path), "--size", "70x50") == 0
    assert "raft-small.flow.onnx: " in capfd.readouterr().out
    compiled = openvino.Core().compile_model(
        str(tmp_path / "raft-small.flow.onnx"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    images = [part.transpose(2, 0, 1)[None].astype(np.float32) / 255 for part in pair(*size)]
    found, expected = compiled(images)[0][0], estimator.flow(*pair(*size))
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize(
    "options", [("--pixels",), ("--precision", "fp16"), ("--format", "tensorrt"), ()]
)
def test_what_it_cannot_be_exported_as_is_refused(options, capfd):
    assert typed("export", "raft-small", *options) == 2
    assert capfd.readouterr().err.count("\n") == 1
