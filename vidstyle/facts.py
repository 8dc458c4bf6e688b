"""What a bug report, or a choice of options, needs to know of this machine and installation."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import av

from vidstyle import machine
from vidstyle.avcodecs import hardware_decoders, hardware_encoders, in_software
from vidstyle.codes import codes_folder
from vidstyle.errors import VidstyleError
from vidstyle.folders import engines_folder
from vidstyle.runtimes import RUNTIMES, choose
from vidstyle.runtimes.availability import available
from vidstyle.runtimes.cuda import driver
from vidstyle.trial import outcomes
from vidstyle.weights import models, published_checkpoints

_CODECS = ("h264", "hevc", "av1", "vp9", "prores", "ffv1")
_SYSTEMS_OWN = {"darwin": ["coreml"], "win32": ["dml"]}  # devices that some runtimes know there
_TRIAL_SECONDS = 10.0  # in all; where there is no chip, one is enough


def facts() -> dict[str, Any]:
    """Every part by name; {"error": why} is what a part says that cannot be found out."""
    with ThreadPoolExecutor(1) as beside:  # most of its time is that of another process
        hardware = beside.submit(_found, _hardware)
        return {name: _found(find) for name, find in _PARTS.items()} | {
            "hardware": hardware.result()
        }


def _found(find: Callable[[], Any]) -> Any:
    try:
        return find()
    except Exception as error:  # whatever is broken here is what the report is made for
        kind = "" if isinstance(error, VidstyleError) else f"{type(error).__name__}: "
        return {"error": " ".join(f"{kind}{error}".split()).rstrip(".")}


def _nvidia() -> dict[str, Any] | None:
    found = driver()
    return None if found is None else asdict(found)


def _runtimes() -> dict[str, Any]:
    nvidia = _found(_nvidia) or {}
    gpus = [f"cuda:{place}" for place in range(len(nvidia.get("gpus", ())))]
    devices = ["cpu", *_SYSTEMS_OWN.get(sys.platform, ()), *gpus]
    return {name: asdict(available(name, devices)) for name in RUNTIMES}


def _auto() -> dict[str, str]:
    runtime, device = choose("auto", "auto")
    return {"runtime": runtime, "device": device}


def _codecs() -> dict[str, Any]:
    return {
        codec: {"decoders": in_software(codec, "r"), "encoders": in_software(codec, "w")}
        for codec in _CODECS
    }


def _hardware() -> dict[str, Any]:
    """Hardware encoders and decoders: what was seen to work, and why others do not."""
    encoders, decoders = hardware_encoders(_CODECS), hardware_decoders(_CODECS)
    trials = [("vidstyle.sinks.hardware:encode_some", name) for name in encoders]
    trials += [("vidstyle.sources.hardware:decode_some", name) for name in decoders]
    came = outcomes(trials, _TRIAL_SECONDS)
    return {
        "encoders": _sorted_out(encoders, came[: len(encoders)]),
        "decoders": _sorted_out(decoders, came[len(encoders) :]),
    }


def _sorted_out(names: list[str], why_not: list[str]) -> dict[str, Any]:
    rows = dict(zip(names, why_not, strict=True))
    return {
        "work": [name for name, why in rows.items() if not why],
        "fail": {name: why for name, why in rows.items() if why},
    }


def _engines() -> dict[str, Any]:
    return _files(engines_folder(), "*.engine")


def _codes() -> dict[str, Any]:
    files = _files(codes_folder(), "*.npz")
    return files | {"files": len(files["files"])}  # their names are checksums


def _files(folder: Path, pattern: str) -> dict[str, Any]:
    sizes = {path.name: path.stat().st_size for path in sorted(folder.glob(pattern))}
    return {"folder": str(folder), "files": sizes, "bytes": sum(sizes.values())}


def _networks() -> dict[str, list[str]]:
    here = list(dict.fromkeys(model.name for model in models()))
    return {"here": here, "published": [row for row in published_checkpoints() if row not in here]}


_PARTS: dict[str, Callable[[], Any]] = {
    "vidstyle": lambda: metadata.version("vidstyle"),
    "python": platform.python_version,
    "system": machine.system,
    "processor": machine.processor,
    "cores": machine.cores,
    "instruction_sets": machine.instruction_sets,
    "memory": machine.memory,
    "nvidia": _nvidia,
    "runtimes": _runtimes,
    "auto": _auto,
    "pyav": lambda: av.__version__,
    "ffmpeg": lambda: av.ffmpeg_version_info,
    "codecs": _codecs,
    "engines": _engines,
    "codes": _codes,
    "networks": _networks,
}
