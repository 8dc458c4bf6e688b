"""Models by name, and the authors' files on their way in."""

import json
import struct

import pytest
import torch
from fakes import typed

from vidstyle.errors import InputError, UsageError
from vidstyle.networks.adain import AdaIN
from vidstyle.networks.importing import import_weights, read_parts
from vidstyle.weights import find_model, models


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("VIDSTYLE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """The two files of AdaIN as its authors publish them, with random weights."""
    torch.manual_seed(0)
    folder, network = tmp_path_factory.mktemp("checkpoints"), AdaIN()
    state, paths = network.state_dict(), {}
    for part, keys in network.official_keys().items():
        paths[part] = folder / f"{part}.pth"
        torch.save({theirs: state[ours] for theirs, ours in keys.items()}, paths[part])
    return paths


def read(parts):
    network = AdaIN()
    return read_parts(network, network.official_keys(), parts)


def check_refused(parts, error, match):
    with pytest.raises(error, match=match) as caught:
        read(parts)
    assert "\n" not in str(caught.value)


def test_an_imported_network_is_found_by_name(checkpoints, own_folder):
    import_weights("adain", checkpoints, own_folder)
    assert find_model("adain").path == own_folder / "adain.safetensors"


def test_importing_keeps_every_number(checkpoints):
    tensors, state = read(checkpoints), torch.load(checkpoints["decoder"])
    assert torch.equal(tensors["decoder.0.weight"], state["1.weight"])


@pytest.mark.parametrize("wrapper", ["state_dict", "model"])
def test_a_wrapped_checkpoint_is_unwrapped(checkpoints, tmp_path, wrapper):
    wrapped = tmp_path / "wrapped.pth"
    torch.save({wrapper: torch.load(checkpoints["decoder"]), "epoch": 3}, wrapped)
    assert read(checkpoints | {"decoder": wrapped})


def test_a_network_without_published_files_cannot_be_imported(own_folder):
    with pytest.raises(UsageError, match="'swift' no files are published.*vidstyle train"):
        import_weights("swift", {}, own_folder)
    assert typed("weights", "import", "swift", "--help") == 2


def test_a_missing_part_is_named(checkpoints):
    check_refused({"vgg": checkpoints["vgg"]}, UsageError, "--decoder")


def test_an_unknown_part_is_named(checkpoints):
    check_refused(checkpoints | {"encoder": checkpoints["vgg"]}, UsageError, "no part --encoder")


def test_files_in_each_others_place_are_noticed(checkpoints):
    swapped = {"vgg": checkpoints["decoder"], "decoder": checkpoints["vgg"]}
    check_refused(swapped, InputError, "is it the file for --vgg")


def test_a_wrong_shape_is_said(checkpoints, tmp_path):
    state = torch.load(checkpoints["decoder"])
    torch.save(state | {"1.weight": torch.zeros(3, 3)}, tmp_path / "wrong.pth")
    check_refused(checkpoints | {"decoder": tmp_path / "wrong.pth"}, InputError, r"\(3, 3\)")


def test_numbers_that_are_none_are_check_refused(checkpoints, tmp_path):
    state = torch.load(checkpoints["decoder"])
    state["1.bias"] = torch.full_like(state["1.bias"], float("nan"))
    torch.save(state, tmp_path / "nan.pth")
    check_refused(checkpoints | {"decoder": tmp_path / "nan.pth"}, InputError, "not finite")


def test_a_file_that_is_not_there_is_named(checkpoints, tmp_path):
    check_refused(checkpoints | {"decoder": tmp_path / "none.pth"}, InputError, "none.pth")


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_checkpoint_is_check_refused(checkpoints, tmp_path, content):
    (tmp_path / "bad.pth").write_bytes(content)
    check_refused(checkpoints | {"decoder": tmp_path / "bad.pth"}, InputError, "bad.pth")


class Foreign:
    """Something that a checkpoint must not bring to life."""

    def __reduce__(self):
        return print, ("run by a checkpoint",)


def test_a_checkpoint_cannot_run_code(checkpoints, tmp_path, capsys):
    torch.save({"1.weight": Foreign()}, tmp_path / "foreign.pth")
    check_refused(checkpoints | {"decoder": tmp_path / "foreign.pth"}, InputError, "foreign code")
    assert "run by a checkpoint" not in capsys.readouterr().out


def test_bundled_models_come_with_their_graphs_and_a_card():
    bundled = list(models())
    assert {"swift", "swift-lite", "microast", "gatys"} <= {model.name for model in bundled}
    for model in bundled:
        graphs = () if model.header.optimizes else (".encode.onnx", ".stylize.onnx")
        for suffix in (*graphs, ".md"):
            assert model.path.with_name(model.name + suffix).is_file()


@pytest.mark.parametrize("content", [b"", b"x" * 100, struct.pack("<Q", 8) + b'{"a":1} '])
def test_a_damaged_model_is_said_to_be(own_folder, content):
    own_folder.mkdir()
    (own_folder / "adain.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="adain.safetensors"):
        find_model("adain")


def test_a_damaged_model_does_not_hide_the_others(own_folder):
    own_folder.mkdir()
    (own_folder / "adain.safetensors").write_bytes(b"")
    assert find_model("microast").name in {model.name for model in models()}


def test_a_safetensors_of_others_is_no_model(own_folder):
    own_folder.mkdir()
    header = json.dumps({"__metadata__": {"format": "pt"}}).encode()
    (own_folder / "adain.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(InputError, match="no model of vidstyle"):
        find_model("adain")
