"""NVIDIA's driver tells of GPUs without torch."""

import ctypes
from types import SimpleNamespace

import pytest
import torch
from needs import needs_cuda

from vidstyle.errors import DeviceError
from vidstyle.runtimes import choose, cuda


@needs_cuda
def test_the_driver_and_torch_tell_the_same():
    found = cuda.driver()
    assert cuda.has_gpu() and found.version and found.cuda
    assert len(found.gpus) == torch.cuda.device_count()
    theirs = torch.cuda.get_device_properties(0)
    assert found.gpus[0].name == theirs.name
    assert found.gpus[0].compute_capability == f"{theirs.major}.{theirs.minor}"
    assert found.gpus[0].memory == pytest.approx(theirs.total_memory, rel=0.02)  # some is kept


def test_without_a_driver_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(cuda, "_DRIVER", "no-such-library.so")
    assert cuda.driver() is None
    assert not cuda.has_gpu()


def test_a_driver_that_does_not_start_says_why_and_has_no_gpu(monkeypatch):
    def name_error(code, name):
        name._obj.value = b"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"

    broken = SimpleNamespace(cuInit=lambda flags: 803, cuGetErrorName=name_error)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: broken)
    with pytest.raises(DeviceError, match=r"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH \(803\)"):
        cuda.driver()
    assert not cuda.has_gpu()
    assert choose("torch", "auto") == ("torch", "cpu")
