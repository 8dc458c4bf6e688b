"""Graphs for use elsewhere draw what vidstyle draws, with nothing done before or after them."""

import sys
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from models import picture, random_model, random_models

from vidstyle.errors import MissingPackage, UsageError, VidstyleError
from vidstyle.export.agreement import gap, runnable
from vidstyle.networks import exporting
from vidstyle.networks.exporting import export_onnx
from vidstyle.stylizer import Drawing, load_stylizer
from vidstyle.weights import find_model

onnxruntime = pytest.importorskip("onnxruntime")

NETWORKS = ["microast", "adaattn-lite", "stylebank"]  # the others take a minute each
STYLE = picture(60, 80, 1)
SIZES = [(49, 70), (11, 90)]  # the second must be padded


@lru_cache
def exported(name, models):
    """A model, with random weights but for microast, and where it was exported to, for any size."""
    model = find_model(name) if name == "microast" else random_model(name, models)
    folder = Path(tempfile.mkdtemp(dir=models))
    files = export_onnx(model, folder)
    assert [file.path for file in files] == sorted(folder.iterdir())
    return model, folder


@pytest.fixture(params=NETWORKS)
def name(request):
    return request.param


@pytest.fixture
def model(name, tmp_path_factory):
    return exported(name, random_models(tmp_path_factory))[0]


@pytest.fixture
def folder(name, tmp_path_factory):
    return exported(name, random_models(tmp_path_factory))[1]


only_microast = pytest.mark.parametrize("name", ["microast"])


def opened(folder, model, function):
    path = folder / f"{model.name}.{function}.onnx"
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def image(pixels):
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32) / 255


def code_of(folder, model, style):
    encode = opened(folder, model, "encode")
    given = {"place": np.array([1])} if model.header.styles else {"style": style}
    return dict(zip(model.header.code_names, encode.run(None, given), strict=True))


def drawn_by(folder, model, style, contents, strengths):
    """What the two files draw."""
    inputs = code_of(folder, model, style)
    inputs |= {"content": contents, "strength": np.array(strengths, np.float32)}
    (drawn,) = opened(folder, model, "stylize").run(["image"], inputs)
    return drawn


def drawn_by_vidstyle(model, monkeypatch, content, strength):
    monkeypatch.setenv("VIDSTYLE_DATA", str(model.path.parent))
    stylizer = load_stylizer(Drawing(model.name, "torch", "cpu", "fp32"))
    return stylizer(content, stylizer.look("1" if model.header.styles else STYLE, strength))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("strength", [0.05, 0.6, 1.0])
def test_the_files_draw_what_vidstyle_draws(folder, model, monkeypatch, size, strength):
    content = picture(*size)
    drawn = drawn_by(folder, model, image(STYLE), image(content), [strength])
    expected = image(drawn_by_vidstyle(model, monkeypatch, content, strength))
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert drawn.shape == expected.shape and expected.std() > 0.05
    assert np.sqrt(np.square(drawn - expected).mean()) < 0.008  # the style as uint8, and roundings


def test_strength_0_gives_the_content_back(folder, model):
    content = image(picture(33, 47))
    assert np.array_equal(drawn_by(folder, model, image(STYLE), content, [0.0]), content)


def test_several_are_drawn_at_once_each_at_its_strength(folder, model):
    contents = np.concatenate([image(picture(48, 64, seed)) for seed in (0, 1)])
    both = drawn_by(folder, model, image(STYLE), contents, [0.3, 1.0])
    for place, strength in enumerate((0.3, 1.0)):
        alone = drawn_by(folder, model, image(STYLE), contents[place : place + 1], [strength])
        assert np.abs(both[place] - alone[0]).max() < 1e-4


def test_names_sides_and_weights_are_in_the_file(folder, model):
    encode, stylize = (opened(folder, model, function) for function in ("encode", "stylize"))
    code = list(model.header.code_names)
    style = encode.get_inputs()[0]
    assert [port.name for port in encode.get_outputs()] == code
    assert [port.name for port in stylize.get_inputs()] == ["content", *code, "strength"]
    assert (style.name, style.shape) in [("style", [1, 3, "H", "W"]), ("place", [1])]
    assert stylize.get_inputs()[0].shape == ["B", 3, "H", "W"]
    assert stylize.get_inputs()[-1].shape == ["B"]
    assert [port.name for port in stylize.get_outputs()] == ["image"]
    for path in folder.iterdir():
        graph = onnx.load(path, load_external_data=False)
        assert [(opset.domain, opset.version) for opset in graph.opset_import] == [("", 20)]
        assert not any(tensor.external_data for tensor in graph.graph.initializer)


@only_microast
def test_one_size_and_pixels_give_what_floats_give(folder, model, tmp_path):
    content, strength = picture(40, 56), [0.8]
    export_onnx(model, tmp_path, size=(40, 56), pixels=True)
    (port, *_) = opened(tmp_path, model, "stylize").get_inputs()
    assert (port.type, port.shape) == ("tensor(uint8)", [1, 40, 56, 3])
    floats = drawn_by(folder, model, image(STYLE), image(content), strength)
    pixels = drawn_by(tmp_path, model, STYLE[None], content[None], strength)
    assert pixels.dtype == np.uint8
    assert np.abs(image(pixels[0]) - floats).max() < 1 / 255


@only_microast
def test_openvino_runs_what_onnx_runtime_runs(folder, model, monkeypatch):
    path = folder / f"{model.name}.encode.onnx"
    style = [torch.from_numpy(image(STYLE))]
    expected = runnable(path)(style)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert all(gap(*pair) < 1e-4 for pair in zip(runnable(path)(style), expected, strict=True))
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingPackage, match="onnx"):
        runnable(path)


@only_microast
def test_half_precision_lies_in_the_graph_and_is_near(model, tmp_path):
    _, stylize = export_onnx(model, tmp_path, precision="fp16")
    assert float(stylize.agreement.split(" dB")[0]) > 50
    graph = onnx.shape_inference.infer_shapes(onnx.load(stylize.path)).graph
    types = {value.name: value.type.tensor_type.elem_type for value in graph.value_info}
    made = {kind: {types[node.output[0]] for node in graph.node if node.op_type == kind}
            for kind in ("Conv", "InstanceNormalization")}  # fmt: skip
    assert made == {
        "Conv": {onnx.TensorProto.FLOAT16},
        "InstanceNormalization": {onnx.TensorProto.FLOAT},
    }
    (image_port,) = graph.output
    assert image_port.type.tensor_type.elem_type == onnx.TensorProto.FLOAT


@only_microast
def test_what_draws_something_else_is_not_kept(model, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "FARTHEST", 1e-9)
    with pytest.raises(VidstyleError, match=r"encode in fp32 draws .* from torch; at most 1e-09 "):
        export_onnx(model, tmp_path)
    assert not list(tmp_path.iterdir())


@only_microast
def test_half_precision_is_refused_where_numbers_would_be_lost(model, tmp_path):
    exact = replace(model, header=replace(model.header, precisions=("fp32",)))
    with pytest.raises(UsageError, match="not draw right in fp16.* Choose from: fp32"):
        export_onnx(exact, tmp_path, precision="fp16")
