"""A tiny training from its recipe to a model."""

import json
import re
from contextlib import suppress
from dataclasses import replace

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from training import IMITATE, PERCEPTUAL, SETTINGS, data_folder, recipe_of

from vidstyle.errors import DeviceError, InputError, Interrupted, UsageError, VidstyleError
from vidstyle.networks.loading import load_network
from vidstyle.train import journal, loop
from vidstyle.train.loop import train
from vidstyle.train.state import begin
from vidstyle.weights import find_model

pytestmark = pytest.mark.usefixtures("small_styles")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return recipe_of(tmp_path_factory.mktemp("recipe"))


@pytest.fixture(scope="module")
def trained(data, recipe, tmp_path_factory):
    """A training without interruption: its folder, and what was said."""
    out, reports = tmp_path_factory.mktemp("runs") / "tiny", []
    train(recipe, data, out, device="cpu", on_step=reports.append)
    return out, reports


def refusal(recipe, data, out, error, **options):
    """What is said, in one line."""
    with pytest.raises(error) as caught:
        train(recipe, data, out, device="cpu", **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def same(one, other):
    """Whether two sets of tensors agree in every bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def stop_at(step):
    def stop(report):
        if report.step == step:
            raise Interrupted("Interrupted.")

    return stop


def stopped(recipe, data, out, step):
    """A training that is stopped after a step of its first stage; its checkpoint."""
    with suppress(Interrupted):
        train(recipe, data, out, device="cpu", on_step=stop_at(step))
    return out / "checkpoint.pt"


def test_a_model_comes_out_and_is_found_by_name(trained, monkeypatch):
    monkeypatch.setenv("VIDSTYLE_DATA", str(trained[0]))
    model = find_model("tiny")
    assert (model.header.network, model.header.config) == ("swift", {"stem": 16})
    network = load_network(model)
    drawn, _ = network.stylize(
        torch.rand(1, 3, 32, 32), network.encode(torch.rand(1, 3, 32, 32)), torch.ones(1)
    )
    assert torch.isfinite(drawn).all()


def test_weights_are_stored_in_half_precision(trained):
    tensors = load_file(trained[0] / "tiny.safetensors")
    exact = [name for name, tensor in tensors.items() if tensor.dtype != torch.float16]
    assert exact == ["feedback.least", "refinement.center", "refinement.spread"]  # no weights


def test_every_step_of_every_stage_is_told(trained):
    told = [(report.stage.name, report.step) for report in trained[1]]
    assert told == [("first", n) for n in (1, 2, 3)] + [("second", n) for n in (1, 2, 3, 4)]
    assert all(report.seconds_left >= 0 for report in trained[1])
    assert set(trained[1][-1].terms) == set(PERCEPTUAL["weights"])


def test_pictures_of_the_training_are_drawn(trained):
    for name in ("curves.png", "sheet.png"):
        with Image.open(trained[0] / name) as drawn:
            drawn.load()
            assert min(drawn.size) > 200


def test_terms_are_written_once_for_each_checkpoint(trained):
    rows = [json.loads(line) for line in (trained[0] / "terms.jsonl").read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in rows] == [("first", 3), ("second", 4)]
    assert rows[0] == {"stage": "first", "step": 3} | trained[1][2].terms


def test_nothing_else_is_left(trained):
    assert sorted(path.name for path in trained[0].iterdir()) == [
        "checkpoint.pt", "curves.png", "sheet.png", "terms.jsonl", "tiny.safetensors",
    ]  # fmt: skip


def test_a_training_stopped_after_every_step_gives_the_very_same_model(
    data, recipe, trained, tmp_path
):
    def stop(report):
        raise Interrupted("Interrupted.")

    for _ in range(7):
        with pytest.raises(Interrupted):
            train(recipe, data, tmp_path, device="cpu", on_step=stop)
    train(recipe, data, tmp_path, device="cpu", on_step=stop)
    assert (tmp_path / "checkpoint.pt").read_bytes() == (trained[0] / "checkpoint.pt").read_bytes()
    assert same(
        load_file(tmp_path / "tiny.safetensors"), load_file(trained[0] / "tiny.safetensors")
    )


def test_a_finished_training_stays_finished(data, recipe, trained):
    before = load_file(trained[0] / "tiny.safetensors")
    train(recipe, data, trained[0], device="cpu", on_step=lambda report: pytest.fail("a step"))
    assert same(load_file(trained[0] / "tiny.safetensors"), before)


def test_frozen_parts_stay_as_they_were(trained, monkeypatch):
    monkeypatch.setenv("VIDSTYLE_DATA", str(trained[0]))
    taught, start = load_file(find_model("tiny").path), load_file(find_model("microast").path)
    for name, tensor in start.items():
        if name.startswith(("style_encoder", "modulator")):
            assert torch.equal(taught[name], tensor.half())


def test_a_checkpoint_of_another_recipe_is_refused(data, recipe, tmp_path):
    stopped(recipe, data, tmp_path / "out", 1)
    other = recipe_of(tmp_path, seed=1)
    said = refusal(other, data, tmp_path / "out", UsageError)
    assert re.search("another recipe.*--out", said)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut off"])
def test_a_damaged_checkpoint_is_refused(data, recipe, tmp_path, content):
    (tmp_path / "checkpoint.pt").write_bytes(content)
    assert "checkpoint.pt" in refusal(recipe, data, tmp_path, InputError)


def test_a_loss_that_is_no_number_leaves_the_last_good_checkpoint(data, tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "_SECONDS_BETWEEN_CHECKPOINTS", -1.0)
    recipe = recipe_of(tmp_path, stages=[IMITATE | {"rate": 1e30}])
    out = tmp_path / "out"
    said = refusal(recipe, data, out, VidstyleError)
    assert re.search("'first', step 2: .* no finite number .*blocks", said)
    state = torch.load(out / "checkpoint.pt")
    assert state["step"] == 1
    assert all(torch.isfinite(value).all() for value in state["network"].values())


def test_one_steep_gradient_counts_little_more_than_others(data, recipe):
    state = begin(recipe, torch.device("cpu"), data)
    stage = replace(recipe.stages[0], weights={"slope": 1.0})
    weight = state.network.head.color.bias
    lengths = []
    for slope in (1.0, 1.0, 100.0):
        loop._descend(state, stage, {"slope": slope * weight.sum()})
        lengths.append(float(weight.grad.norm()))
    assert lengths[1] == pytest.approx(lengths[0]) and lengths[2] < 2 * lengths[0]
    assert state.norm < 1.1 * lengths[0]


def test_a_full_disk_leaves_the_old_checkpoint(data, recipe, tmp_path):
    checkpoint = stopped(recipe, data, tmp_path, 1)
    before = checkpoint.read_bytes()
    (tmp_path / "checkpoint.draft").symlink_to("/dev/full")
    said = refusal(recipe, data, tmp_path, VidstyleError, on_step=stop_at(2))
    assert re.search("no room left to write .*checkpoint.pt", said)
    assert checkpoint.read_bytes() == before
    assert not (tmp_path / "checkpoint.draft").is_symlink()


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"network": "nonsense"}, "Unknown network 'nonsense'"),
        ({"start": "nonsense"}, "Unknown network 'nonsense'"),
        ({"config": {"width": 3}}, r"\[config\] does not suit 'swift'.*width"),
        ({"stages": [IMITATE | {"objective": "x"}]}, "Unknown objective 'x'"),
        ({"stages": [IMITATE | {"teacher": "x"}]}, "Unknown network 'x'"),
        ({"stages": [IMITATE | {"rates": {"hat": 0.0}}]}, "no part 'hat'"),
        ({"stages": [IMITATE | {"rate": 0.0}]}, "every rate is 0"),
        ({"stages": [IMITATE, PERCEPTUAL | {"weights": {"hue": 1.0}}]}, "'second'.*no term 'hue'"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_before_the_first_step(data, tmp_path, changes, match):
    recipe = recipe_of(tmp_path, **changes)
    said = refusal(
        recipe, data, tmp_path / "out", UsageError, on_step=lambda r: pytest.fail("a step")
    )
    assert re.search(match, said)
    assert not (tmp_path / "out").exists()


def test_a_device_that_is_not_there_is_said(data, recipe, tmp_path):
    with pytest.raises(DeviceError, match="'nonsense' cannot be used"):
        train(recipe, data, tmp_path, device="nonsense")


def test_a_whole_vgg_may_judge(data, recipe, tmp_path):
    missing = SETTINGS["loss_networks"] | {"shallow": "nowhere.pth"}
    alone = recipe_of(tmp_path, loss_networks=missing)
    assert "nowhere.pth" in refusal(alone, data, tmp_path, InputError)
    said = refusal(alone, data, tmp_path, InputError, vgg=data / "weights/deep.pth")
    assert "deep.pth' is not the loss network" in said
