"""What every row of NETWORKS must do."""

from functools import lru_cache

import numpy as np
import pytest
import torch
from fakes import typed
from media import clip, facts, pictures_in
from models import NETWORK_AND_CONFIG, picture, random_model, random_models, random_network

from vidstyle.contracts import Profile
from vidstyle.export.tensorrt import Order, build_engine
from vidstyle.networks import NETWORKS
from vidstyle.networks.loading import load_network
from vidstyle.weights import BUNDLED, find_model, models, published_checkpoints

COMPILED = [
    name
    for name, (network, _) in NETWORK_AND_CONFIG.items()
    if not getattr(NETWORKS[network], "optimizes", False)
]  # one that optimizes draws picture by picture, and has no graphs
every_network = pytest.mark.parametrize("name", list(NETWORK_AND_CONFIG))
every_compiled_network = pytest.mark.parametrize("name", COMPILED)
# Graphs take up to a minute to export. So of each kind there is the smallest that came with its
# graphs; else the last with random weights, which is the smallest (of capvstnet that one is
# exported for other tests anyway).
COMING = {
    model.header.network: model.name
    for model in sorted(models(), key=lambda model: model.path.stat().st_size, reverse=True)
    if model.path.parent == BUNDLED and model.header.network not in ("capvstnet", "gatys")
}
SMALLEST = list(({NETWORK_AND_CONFIG[name][0]: name for name in COMPILED} | COMING).values())
each_kind_of_network = pytest.mark.parametrize("name", SMALLEST)
every_published_network = pytest.mark.parametrize("name", list(published_checkpoints()))
torch.manual_seed(0)

LIMIT = 3e-4  # rms, of 0..1: float32 sums in another order
LIMITS = {"wct": 2e-2, "wct-16x": 2e-2}  # other roots, and few places: much hardly varies


@pytest.fixture
def model(name, tmp_path_factory):
    if name in COMING.values():
        return find_model(name)
    return random_model(name, random_models(tmp_path_factory))


@pytest.fixture
def network(name):
    return network_of(name)


@lru_cache(2)  # tests come name by name
def network_of(name):
    return random_network(name)


def image(height, width, seed=0):
    return torch.from_numpy(picture(height, width, seed)).permute(2, 0, 1)[None].float() / 255


def style_of(network, height=40, width=56):
    """What the network reads a style from: a picture, or the number of one that it has learned."""
    if hasattr(network, "style_names"):
        return torch.ones(1, dtype=torch.int64)
    return image(height, width, 1)


@every_network
@pytest.mark.parametrize("size", [(0, 0), (17, 33), (64, 48), (50, 91)], ids=str)
def test_a_drawing_has_the_size_of_its_content(network, size):
    size = tuple(max(side, network.smallest) for side in size)
    code = network.encode(style_of(network))
    drawn, memory = network.stylize(image(*size), code, torch.ones(1))
    assert drawn.shape[2:] == size
    assert len(memory) == len(network.memory_names)


@every_network
def test_a_style_is_as_many_tensors_as_it_has_names(network):
    assert len(network.encode(style_of(network))) == len(network.code_names)


@every_network
def test_the_same_is_drawn_twice(network):
    code = network.encode(style_of(network))
    first, _ = network.stylize(image(48, 48), code, torch.ones(1))
    second, _ = network.stylize(image(48, 48), code, torch.ones(1))
    assert torch.equal(first, second)


@every_compiled_network
def test_a_batch_is_drawn_as_its_pictures_one_by_one(name, network):
    code = network.encode(style_of(network))
    pictures = [image(48, 64, 2), image(48, 64, 3)]
    strength = torch.tensor([1.0, 0.5])
    together, _ = network.stylize(torch.cat(pictures), code, strength)
    for place, content in enumerate(pictures):
        alone, _ = network.stylize(content, code, strength[place : place + 1])
        largest = float(alone.abs().max())  # random weights draw far beyond 0..1
        difference = (together[place] - alone[0]).square().mean().sqrt()
        assert difference < LIMITS.get(name, LIMIT) * max(1, largest)


@every_network
def test_no_strength_is_full_strength(name, network):
    code = network.encode(style_of(network))
    first, _ = network.stylize(image(48, 48), code)
    second, _ = network.stylize(image(48, 48), code, torch.ones(1))
    difference = (first - second).square().mean().sqrt() / first.abs().max()
    assert difference < LIMITS.get(name, LIMIT)


@every_network
def test_strength_changes_the_drawing(network):
    code = network.encode(style_of(network))
    full, _ = network.stylize(image(48, 48), code, torch.ones(1))
    half, _ = network.stylize(image(48, 48), code, torch.full((1,), 0.5))
    assert (full - half).abs().mean() > 1e-3


@each_kind_of_network
def test_the_exported_graphs_draw_what_the_module_draws(name, model):
    openvino = pytest.importorskip("vidstyle.runtimes.openvino")
    network = load_network(model)
    runtime = openvino.OpenVINO()
    encode = runtime.compile(model.graph("encode"), Profile(None, "fp32", "cpu"))
    style = style_of(network, 72, 88)  # another size than any that was traced
    read = encode(picture(72, 88, 1) if style.is_floating_point() else style.numpy())
    code = network.encode(style)
    strength = [np.ones(1, np.float32)] if network.least_strength < 1 else []
    for size in ((48, 64), (37, 51)):
        stylize = runtime.compile(model.graph("stylize"), Profile(size, "fp32", "cpu", 16))
        (drawn,) = stylize(picture(*size).astype(np.uint16) * 257, *read, *strength)
        expected, _ = network.stylize(image(*size), code, torch.ones(1))
        expected = expected[0].permute(1, 2, 0).clamp(0, 1).numpy()
        assert expected.std() > 0.05
        assert np.sqrt(np.square(drawn / 65535 - expected).mean()) < LIMITS.get(name, LIMIT)


@each_kind_of_network
def test_tensorrt_builds_both_its_functions(model):
    library = pytest.importorskip("tensorrt_rtx")
    from vidstyle.runtimes.engines import Aim, planned

    aim = Aim("sm89", Order("tensorrt_rtx", targets=("sm89",)))
    precision = "fp16" if "fp16" in model.header.precisions else "fp32"
    profiles = {
        "encode": Profile(None, "fp32", "cuda:0"),
        "stylize": Profile((64, 96), precision, "cuda:0"),
    }
    for function, profile in profiles.items():
        graph = model.graph(function)
        _, onnx, order = planned(graph, profile, aim, library)
        assert len(build_engine(graph.name, onnx, order)) > 20_000


@pytest.mark.parametrize("name", [*SMALLEST, "gatys"])
def test_the_command_line_stylizes_a_clip_with_it(model, tmp_path, monkeypatch):
    monkeypatch.setenv("VIDSTYLE_DATA", str(model.path.parent))
    content = clip(tmp_path / "in.mp4", frames=3, sound=True)
    style = "1" if model.header.styles else "ink"
    drawn = tmp_path / "out.mp4"
    words = "stylize", str(content), str(drawn), "--network", model.name, "--style", style
    assert typed(*words) == 0
    before, after = pictures_in(content), pictures_in(drawn)
    assert facts(drawn).sound_packets and len(after) == 3
    assert all(np.abs(a.astype(float) - b).mean() > 5 for a, b in zip(after, before, strict=True))


@every_published_network
def test_its_authors_files_are_known(name, network):
    parts = {part.replace("-", "_") for part in published_checkpoints()[name]["files"]}
    assert parts == set(network.official_keys())


@every_published_network
def test_its_authors_keys_cover_all_weights(network):
    ours = [key for keys in network.official_keys().values() for key in keys.values()]
    assert sorted(ours) == sorted(network.state_dict())
