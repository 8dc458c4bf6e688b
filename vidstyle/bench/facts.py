"""Which machine it is, and what is installed: without it, figures mean little."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import av

from vidstyle import machine
from vidstyle.errors import DeviceError
from vidstyle.runtimes.cuda import driver

_PACKAGES = (
    "openvino", "torch", "onnxruntime", "onnxruntime-gpu", "tensorrt", "tensorrt-rtx", "numpy",
    "opencv-python-headless", "av",
)  # fmt: skip
_CHECKOUT = Path(__file__).parents[2]


def machine_facts() -> dict[str, Any]:
    """By name; what is compared when another benchmark is."""
    try:
        nvidia = driver()
    except DeviceError:  # a driver that does not start draws nothing
        nvidia = None
    return {
        "processor": machine.processor(),
        "cores": machine.cores(),
        "instruction_sets": list(machine.instruction_sets()),
        "memory": machine.memory(),
        "system": machine.system(),
        "nvidia": None if nvidia is None else asdict(nvidia),
        "python": platform.python_version(),
        "vidstyle": _version("vidstyle"),
        "commit": _commit(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "ffmpeg": av.ffmpeg_version_info,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Of a checkout, with "-dirty" behind it where files were changed; installed, None."""
    if not (_CHECKOUT / ".git").exists():
        return None
    line = ["git", "-C", str(_CHECKOUT), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
