"""What TensorRT is given to build, and what it is built for; running it needs a GPU."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import fake_tensorrt
import numpy as np
import pytest
import torch
from models import picture
from needs import needs_cuda

from vidstyle.contracts import Profile
from vidstyle.errors import DeviceError, MissingPackage
from vidstyle.export.tensorrt import Order
from vidstyle.folders import engines_folder
from vidstyle.runtimes import RUNTIMES
from vidstyle.runtimes.cuda import Gpu
from vidstyle.stylizer import Drawing, load_stylizer
from vidstyle.weights import find_model

CONTENT, STYLE = picture(48, 64), picture(60, 80, 1)
EXTRAS = {"tensorrt": "tensorrt", "tensorrt-rtx": "tensorrt_rtx"}  # the package of each runtime


@pytest.fixture(params=EXTRAS)
def runtime(request):
    pytest.importorskip(EXTRAS[request.param])
    return request.param


def planned(function, profile):
    """The key and the ONNX of one of swift's graphs."""
    library = pytest.importorskip("tensorrt_rtx")
    from vidstyle.runtimes.engines import Aim, planned

    aim = Aim("sm89", Order("tensorrt_rtx", targets=("sm89",)))
    return planned(find_model("swift").graph(function), profile, aim, library)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("bits", [8, 16])
def test_what_is_built_draws_what_openvino_draws(bits, precision):
    onnxruntime = pytest.importorskip("onnxruntime")
    made = load_stylizer(Drawing(runtime="openvino", device="cpu", precision="fp32"))
    content = CONTENT if bits == 8 else CONTENT.astype(np.uint16) * 257
    look = made.look(STYLE)
    _, onnx, order = planned("stylize", Profile((48, 64), precision, "cuda:0", bits))
    session = onnxruntime.InferenceSession(onnx)
    names = [port.name for port in session.get_inputs()]
    wide = content if bits == 8 else content.astype(np.int32)
    (drawn,) = session.run(None, dict(zip(names, [wide[None], *look.code], strict=True)))
    assert np.abs(drawn[0].astype(int) - made(content, look)).max() <= (2 if bits == 8 else 514)
    assert order.recordable and not order.shapes


def test_its_name_tells_one_engine_from_another():
    profiles = [
        Profile((48, 64), "fp32", "cuda:0"), Profile((48, 64), "fp16", "cuda:0"),
        Profile((48, 64), "fp32", "cuda:0", 16), Profile((64, 48), "fp32", "cuda:0"),
        Profile(None, "fp32", "cuda:0"),
    ]  # fmt: skip
    keys = [planned("stylize", profile)[0] for profile in profiles]
    assert len({key.name for key in keys}) == len(keys)
    assert keys[0].name.startswith("swift.stylize-64x48-uint8-fp32-tensorrt_rtx-")
    assert keys[-1].name.startswith("swift.stylize-8x8-1024x1024-uint8-fp32-")
    assert planned("stylize", profiles[0])[0] == keys[0]


def test_a_style_may_be_of_any_size():
    _, _, order = planned("encode", Profile(None, "fp32", "cuda:0"))
    assert order.shapes == {"style.pixels": [[1, side, side, 3] for side in (8, 384, 1024)]}
    assert not order.recordable


@pytest.mark.parametrize("device", ["cpu", "cuda:99", "cuda:first", "dml"])
def test_what_is_no_gpu_is_refused(runtime, device):
    with pytest.raises(
        DeviceError, match=f"'{runtime}' draws on NVIDIA GPUs, and '{device}' is none"
    ):
        load_stylizer(Drawing(runtime=runtime, device=device))


GPU = Gpu("NVIDIA H200", 140 * 2**30, "9.0")


def test_tensorrt_builds_for_the_very_gpu_and_keeps_what_it_measures(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", fake_tensorrt)
    monkeypatch.delitem(sys.modules, "vidstyle.runtimes.tensorrt", raising=False)
    aim = RUNTIMES["tensorrt"]()._aim(1, GPU)
    monkeypatch.delitem(sys.modules, "vidstyle.runtimes.tensorrt")
    assert (aim.device, aim.order) == ("sm90-nvidia-h200", Order("tensorrt", gpu=1))
    assert aim.timings == engines_folder() / "tensorrt-1.2.3-sm90-nvidia-h200.timings"


def test_tensorrt_rtx_builds_for_a_target_or_else_for_all_of_the_last_generations():
    pytest.importorskip("tensorrt_rtx")
    aims = [
        RUNTIMES["tensorrt-rtx"]()._aim(0, gpu)
        for gpu in (replace(GPU, compute_capability="8.9"), GPU)
    ]
    assert [aim.device for aim in aims] == ["sm89", "sm90"]
    assert [aim.order.targets for aim in aims] == [("sm89",), ()]
    assert not any(aim.timings for aim in aims)


@pytest.mark.parametrize("name", EXTRAS)
def test_a_missing_package_is_named_with_its_extra(monkeypatch, name):
    monkeypatch.setitem(sys.modules, EXTRAS[name], None)
    monkeypatch.delitem(sys.modules, f"vidstyle.runtimes.{EXTRAS[name]}", raising=False)
    with pytest.raises(MissingPackage, match=rf"pip install 'vidstyle\[{name}\]'"):
        RUNTIMES[name]


@needs_cuda
def test_a_precision_that_it_has_not_is_refused(runtime):
    with pytest.raises(DeviceError, match="does not compute in bf16. Choose from: fp32, fp16"):
        load_stylizer(Drawing(runtime=runtime, precision="bf16")).look(STYLE)


@needs_cuda
def test_an_engine_that_was_built_is_found_again(runtime, monkeypatch, tmp_path):
    monkeypatch.setenv("VIDSTYLE_CACHE", str(tmp_path))

    def drawn():
        made = load_stylizer(Drawing(runtime=runtime, precision="fp32"))
        return made(CONTENT, made.look(STYLE))

    first = drawn()
    assert len(list(engines_folder().glob("swift.*.engine"))) == 2
    monkeypatch.setattr("vidstyle.runtimes.engines.build_engine", None)
    assert np.array_equal(drawn(), first)


def engine_and_code(runtime):
    """An engine that draws CONTENT, and the code of STYLE."""
    made = load_stylizer(Drawing(runtime="torch", device="cuda:0", precision="fp32"))
    graph = find_model("swift").graph("stylize")
    engine = RUNTIMES[runtime]().compile(graph, Profile((48, 64), "fp32", "cuda:0"))
    return engine, made.look(STYLE).code


@needs_cuda
def test_tensors_on_the_gpu_come_back_there(runtime):
    engine, code = engine_and_code(runtime)
    (expected,), (found,) = engine(CONTENT, *code), engine(torch.from_numpy(CONTENT).cuda(), *code)
    assert found.is_cuda and np.array_equal(found.cpu().numpy(), expected)


@needs_cuda
def test_it_works_on_the_current_stream(runtime):
    engine, code = engine_and_code(runtime)
    (expected,) = engine(CONTENT, *code)
    with torch.cuda.stream(torch.cuda.Stream()):
        content = torch.zeros(48, 64, 3, dtype=torch.uint8, device="cuda")
        torch.cuda._sleep(10**8)  # what comes after on this stream waits
        content.copy_(torch.from_numpy(CONTENT))
        (found,) = engine(content, *code)
        assert np.array_equal(found.cpu().numpy(), expected)


@needs_cuda
def test_threads_with_streams_of_their_own_do_not_disturb_one_another(runtime):
    engine, code = engine_and_code(runtime)
    contents = [picture(48, 64, seed) for seed in range(4)]
    expected = [engine(content, *code)[0] for content in contents]

    def work(content):
        with torch.cuda.stream(torch.cuda.Stream()):
            there = torch.from_numpy(content).cuda()
            return [engine(there, *code)[0].cpu().numpy() for _ in range(20)]

    with ThreadPoolExecutor(4) as threads:
        for found, drawing in zip(threads.map(work, contents), expected, strict=True):
            assert all(np.array_equal(each, drawing) for each in found)


@needs_cuda
@pytest.mark.parametrize("network", ["swift", "adain", "adaattn"])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("top", [1, 257], ids=["8 bits", "16 bits"])
def test_it_draws_what_the_cpu_draws(runtime, network, precision, top):
    ours, theirs = (
        load_stylizer(Drawing(network, *where))
        for where in ((runtime, "cuda:0", precision), ("openvino", "cpu", "fp32"))
    )
    content = CONTENT if top == 1 else CONTENT.astype(np.uint16) * top
    found, expected = (made(content, made.look(STYLE)) for made in (ours, theirs))
    assert found.dtype == content.dtype
    squares = np.square((found.astype(float) - expected) / (255 * top)).mean()
    assert -10 * np.log10(squares) > (45 if precision == "fp32" else 33)  # TF32 is off
