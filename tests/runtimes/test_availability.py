"""What is said of runtimes without loading them is what they say themselves."""

import sys
from importlib import metadata

import openvino
import pytest
import torch

from vidstyle.errors import DeviceError
from vidstyle.registry import Table
from vidstyle.runtimes import RUNTIMES, availability
from vidstyle.runtimes.availability import available


@pytest.mark.parametrize("name", RUNTIMES)
def test_the_best_precision_is_the_runtimes_own(name, monkeypatch):
    monkeypatch.setenv("CXX", sys.executable)  # any program is compiler enough to be found
    found = available(name, ["cpu"])
    try:
        best = RUNTIMES[name]().best_precision("cpu")
    except DeviceError as error:
        assert found.precisions == {}
        assert found.why_not in str(error)
    else:
        assert found.precisions == {"cpu": best} and found.why_not == ""
        assert found.version == metadata.version(found.package)


def test_a_package_that_is_missing_is_said_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "vidstyle.runtimes.openvino", raising=False)
    found = available("openvino", ["cpu", "cuda:0"])
    assert found.precisions == {}
    assert found.why_not == "needs the package 'openvino': pip install 'vidstyle'"


def test_devices_that_a_runtime_does_not_draw_on_are_left_out():
    assert list(available("openvino", ["cpu", "cuda:0"]).precisions) == ["cpu"]


def test_torch_draws_on_a_gpu_only_if_it_was_built_for_one(monkeypatch):
    monkeypatch.setattr(availability, "_built_with_cuda", lambda: True)
    devices = ["cuda:0", "dml"]
    assert available("torch", devices).precisions == {"cuda:0": "fp16"}
    monkeypatch.setattr(availability, "_built_with_cuda", lambda: False)
    assert available("torch", ["cuda:0"]).why_not == "the installed torch does not draw on 'cuda:0'"


def test_torch_says_whether_it_was_built_for_a_gpu():
    assert availability._built_with_cuda() == (torch.version.cuda is not None)


def test_torch_compile_needs_a_compiler_on_the_cpu(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert "no-such-compiler" in available("torch-compile", ["cpu"]).why_not
    assert available("torch", ["cpu"]).precisions


def test_the_package_behind_a_runtime_is_the_one_that_its_extra_installs(monkeypatch):
    rows = {"onnx": "vidstyle.runtimes.onnx:ONNX [onnx]", "torch": "vidstyle.runtimes.torch:Torch"}
    required = ['onnxruntime>=1.20; extra == "test"', 'onnxruntime>=1.20; extra == "onnx"']
    monkeypatch.setattr(availability, "RUNTIMES", Table("runtime", rows))
    monkeypatch.setattr(metadata, "requires", lambda name: required)
    assert [availability._package(name) for name in rows] == ["onnxruntime", "torch"]


def test_a_package_that_came_under_another_name_tells_its_version_itself(monkeypatch):
    def not_found(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", not_found)
    monkeypatch.setattr(metadata, "requires", not_found)
    assert available("openvino", ["cpu"]).version == openvino.__version__
