"""What every row of RUNTIMES must do, with the bundled network."""

import threading

import numpy as np
import pytest
import torch
from models import picture
from needs import needs_cuda

from vidstyle.contracts import Profile
from vidstyle.errors import DeviceError, UnknownName
from vidstyle.export.graphs import graph_of
from vidstyle.networks.loading import load_network
from vidstyle.runtimes import RUNTIMES, choose
from vidstyle.stylizer import Drawing, Stylizer, load_stylizer
from vidstyle.weights import find_model

CONTENT, STYLE = picture(72, 104), picture(60, 80, 1)
INSTANT = ["openvino", "onnx", "torch"]  # torch-compile needs a C++ compiler


def stylizer(runtime: str, precision: str = "fp32") -> Stylizer:
    return load_stylizer(Drawing(runtime=runtime, device="cpu", precision=precision))


def drawn(runtime: str, content=CONTENT, precision: str = "fp32", strength: float = 1.0):
    made = stylizer(runtime, precision)
    return made(content, made.look(STYLE, strength))


def psnr(one, other) -> float:
    with np.errstate(divide="ignore"):  # where they are the same
        return float(10 * np.log10(255**2 / np.square(one.astype(float) - other).mean()))


@pytest.mark.parametrize("runtime", ["openvino", "onnx"])
def test_what_reads_onnx_draws_what_torch_draws(runtime):
    difference = drawn(runtime).astype(int) - drawn("torch")
    assert np.abs(difference).max() <= 1  # float32 sums in another order, then rounded


@pytest.mark.parametrize("network", ["swift", "microast"])
@pytest.mark.parametrize("runtime", ["openvino", "onnx"])
def test_what_reads_onnx_reads_what_torch_reads(runtime, network):
    read, expected = (
        load_stylizer(Drawing(network, name, "cpu", "fp32")).look(STYLE).code
        for name in (runtime, "torch")
    )
    for ours, theirs in zip(read, expected, strict=True):
        assert np.abs(ours - np.asarray(theirs)).max() < 1e-3 * np.abs(theirs).max()


@pytest.mark.parametrize("runtime", INSTANT)
def test_its_best_precision_is_near_fp32(runtime):
    best = RUNTIMES[runtime]().best_precision("cpu")
    best, exact = drawn(runtime, precision=best), drawn("torch")
    assert psnr(best, exact) > 38  # bf16 has 8 bits; what is left is noise, not a shift:
    assert np.abs((best.astype(float) - exact).mean((0, 1))).max() < 0.5


@pytest.mark.parametrize("runtime", INSTANT)
@pytest.mark.parametrize("size", [(1, 1), (17, 33), (64, 64)], ids=str)
def test_any_size_comes_back(runtime, size):
    assert drawn(runtime, picture(*size)).shape == (*size, 3)


@pytest.mark.parametrize("runtime", INSTANT)
def test_sixteen_bits_come_back_and_look_alike(runtime):
    deep = drawn(runtime, CONTENT.astype(np.uint16) * 257)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - drawn(runtime)).max() < 1.0


@pytest.mark.parametrize("runtime", INSTANT)
def test_a_drawing_is_not_overwritten_by_the_next(runtime):
    made = stylizer(runtime)
    look = made.look(STYLE)
    first = made(CONTENT, look)
    kept = first.copy()
    made(255 - CONTENT, look)
    assert np.array_equal(first, kept)


@pytest.mark.parametrize("runtime", INSTANT)
def test_a_picture_that_may_not_be_written_to_and_a_mirrored_one_are_drawn(runtime):
    expected = drawn(runtime)
    content = CONTENT.copy()
    content.flags.writeable = False
    assert np.array_equal(drawn(runtime, content), expected)
    mirrored = np.ascontiguousarray(CONTENT[:, ::-1])[:, ::-1]
    assert np.array_equal(drawn(runtime, mirrored), expected)


@pytest.mark.parametrize("runtime", INSTANT)
def test_threads_do_not_disturb_one_another(runtime):
    made = stylizer(runtime)
    look = made.look(STYLE)
    contents = [picture(48, 64, seed) for seed in range(4)]
    expected = [made(content, look) for content in contents]
    found = [None] * len(contents)

    def work(place):
        for _ in range(5):
            found[place] = made(contents[place], look)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(contents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


@pytest.mark.parametrize("runtime", INSTANT)
@pytest.mark.parametrize("content", [np.zeros, np.ones], ids=["black", "grey"])
def test_a_flat_picture_gives_numbers(runtime, content):
    best = RUNTIMES[runtime]().best_precision("cpu")
    pixels = (128 * content((48, 64, 3))).astype(np.uint8)
    assert drawn(runtime, pixels, best).std() < 128


def test_a_network_read_in_one_precision_is_not_changed_by_another():
    made = stylizer("torch", "bf16")
    before = made.look(STYLE).code
    made(CONTENT, made.look(STYLE))
    after = made.look(STYLE).code
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@needs_cuda
@pytest.mark.parametrize("precision", ["fp32", "fp16", "bf16"])
def test_a_gpu_draws_what_the_cpu_draws(precision):
    made = load_stylizer(Drawing(runtime="torch", device="cuda:0", precision=precision))
    on_gpu = made(CONTENT, made.look(STYLE))
    assert psnr(on_gpu, drawn("torch")) > (45 if precision == "fp32" else 38)  # TF32 is off


@needs_cuda
def test_where_there_is_a_gpu_it_is_chosen():
    assert choose("auto", "auto") == ("torch", "cuda:0")


def test_on_the_cpu_openvino_is_chosen():
    assert choose("auto", "cpu") == ("openvino", "cpu")


def test_a_gpu_means_torch():
    assert choose("auto", "cuda") == ("torch", "cuda:0")


def test_openvino_refuses_a_gpu():
    with pytest.raises(DeviceError, match="cuda:0"):
        load_stylizer(Drawing(runtime="openvino", device="cuda:0"))


def test_openvino_refuses_fp16():
    with pytest.raises(DeviceError, match="fp16"):
        drawn("openvino", precision="fp16")


@pytest.mark.parametrize("runtime", ["onnx", "onnx-tensorrt"])
def test_onnx_runtime_refuses_a_device_that_its_package_does_not_know(runtime):
    with pytest.raises(DeviceError, match="does not draw on 'dml'"):
        load_stylizer(Drawing(runtime=runtime, device="dml"))


def engine(runtime: str, device: str = "cpu"):
    """What draws CONTENT in fp32, and a code for it."""
    made, model = stylizer(runtime), find_model("swift")
    graph = model.graph("stylize")
    if RUNTIMES[runtime].reads == "module":
        graph = graph_of(load_network(model), model, "stylize")
    profile = Profile(CONTENT.shape[:2], "fp32", device)
    return RUNTIMES[runtime]().compile(graph, profile), made.look(STYLE).code


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_tensors_go_in_and_tensors_come_out(runtime):
    draw, code = engine(runtime)
    (expected,), (found,) = draw(CONTENT, *code), draw(torch.from_numpy(CONTENT), *code)
    assert isinstance(found, torch.Tensor) and np.array_equal(found.numpy(), expected)


@needs_cuda
def test_tensors_on_a_gpu_stay_there():
    draw, code = engine("torch", "cuda:0")
    for _ in range(3):  # as it is, recorded, replayed
        (expected,), (found,) = draw(CONTENT, *code), draw(torch.from_numpy(CONTENT).cuda(), *code)
        assert found.is_cuda and psnr(found.cpu().numpy(), expected) > 50


@needs_cuda
def test_a_stylizer_on_a_gpu_draws_tensors_as_it_draws_arrays():
    made = load_stylizer(Drawing(runtime="torch", device="cuda:0"))
    for content in (CONTENT, CONTENT[:3, :5], CONTENT.astype(np.uint16) * 257):
        for strength in (1.0, 0.4):
            look = made.look(STYLE, strength)
            found = made(torch.from_numpy(np.ascontiguousarray(content)).cuda(), look)
            scale = 257 if content.dtype == np.uint16 else 1
            assert psnr(found.cpu().numpy() / scale, made(content, look) / scale) > 50


def test_an_unknown_device_is_refused_by_torch():
    with pytest.raises(DeviceError, match="quantum"):
        load_stylizer(Drawing(runtime="torch", device="quantum", precision="fp32")).look(STYLE)


def test_a_mistyped_runtime_is_guessed():
    with pytest.raises(UnknownName, match="Did you mean 'openvino'"):
        load_stylizer(Drawing(runtime="openvin", device="cpu"))
