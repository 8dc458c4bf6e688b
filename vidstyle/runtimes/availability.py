"""Which runtimes can be had here, on which devices and how exactly, found without loading torch."""

from __future__ import annotations

import importlib.util
import os
import re
import runpy
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from vidstyle.contracts import Precision, Runtime
from vidstyle.errors import DeviceError
from vidstyle.machine import instruction_sets
from vidstyle.runtimes import RUNTIMES

_COMPILERS = {"win32": "cl", "darwin": "clang++"}  # what torch.compile calls on a CPU, else g++


@dataclass(frozen=True)
class Availability:
    """Whether a runtime can be had here."""

    package: str  # the one behind it
    version: str  # of the package; "" where it is not installed
    precisions: dict[str, Precision]  # the best on each device that it draws on
    why_not: str  # a clause, where it draws on none; else ""


def available(name: str, devices: Sequence[str]) -> Availability:
    """How the runtime `name` could draw on `devices`, such as "cpu" and "cuda:0"."""
    package = _package(name)
    precisions: dict[str, Precision] = {}
    why_not = ""
    for device in devices:
        try:
            precisions[device] = _best_precision(name, package, device)
        except Exception as error:  # not installed, not for that device, or broken
            why_not = _clause(error, name)
    return Availability(package, _version(package), precisions, "" if precisions else why_not)


def _package(name: str) -> str:
    """What the row's extra installs first; without an extra, what its module is named for."""
    module, _, extra = RUNTIMES.row(name)
    try:
        required = metadata.requires("vidstyle") or []
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        required = []
    for row in required if extra else ():
        if re.search(rf"\bextra == .{extra[1:-1]}.$", row):
            return re.split(r"[^\w.-]", row)[0]
    return module.rpartition(".")[2]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # as onnxruntime-gpu brings onnxruntime
        return getattr(sys.modules.get(package), "__version__", "")


def _best_precision(name: str, package: str, device: str) -> Precision:
    if package == "torch" and importlib.util.find_spec("torch") is not None:
        return _torch_precision(name, device)
    runtime: Runtime = RUNTIMES[name]()
    return runtime.best_precision(device)


def _torch_precision(name: str, device: str) -> Precision:
    """What torch would say itself; to load it takes seconds."""
    if device == "cpu":
        if name == "torch-compile":
            _check_compiler()
        return "bf16" if _computes_bf16() else "fp32"
    if not (device.startswith("cuda") and _built_with_cuda()):
        raise DeviceError(f"the installed torch does not draw on {device!r}")
    return "fp16"


def _check_compiler() -> None:
    compiler = os.environ.get("CXX") or _COMPILERS.get(sys.platform, "g++")
    if shutil.which(compiler) is None:
        raise DeviceError(f"needs a C++ compiler, and there is no {compiler!r}")


def _built_with_cuda() -> bool:
    spec = importlib.util.find_spec("torch")
    assert spec is not None and spec.origin is not None
    facts = runpy.run_path(str(Path(spec.origin).with_name("version.py")))
    return facts.get("cuda") is not None


def _computes_bf16() -> bool:
    """Whether torch computes in bf16 on this CPU; Windows does not tell, but OpenVINO does."""
    if sys.platform == "win32":
        runtime: Runtime = RUNTIMES["openvino"]()
        return runtime.best_precision("cpu") == "bf16"
    return {"AVX-512", "bf16"} <= set(instruction_sets())


def _clause(error: Exception, name: str) -> str:
    """An error's message as what can stand behind the runtime's name."""
    message = " ".join(str(error).split()) or type(error).__name__
    sentence = message.split(". ")[0].rstrip(".")
    return re.sub(rf"^(The )?[Rr]untime {name!r} ", "", sentence)
