"""Builds one TensorRT engine, in a process of its own, which `tensorrt.py` beside it starts.

The library may abort, and hears no Ctrl-C while it builds: both end this process alone.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn


def main(folder: Path) -> None:
    """Build what `folder` orders, and leave it there; each step, or an error, is a line of JSON.

    In the folder lie graph.onnx and order.json (see `tensorrt.Order`); engine is put beside them.
    Where there is a file timings, what earlier builds measured is taken from it and put back.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    order = json.loads((folder / "order.json").read_text("utf-8"))
    trt = import_module(order["library"])
    log, monitor = error_log(trt), _monitor(trt)
    builder = trt.Builder(log)
    network = _parsed((folder / "graph.onnx").read_bytes(), trt, builder, log)
    config = _config(order, trt, builder, network)
    config.progress_monitor = monitor
    timings = folder / "timings"
    if timings.exists():
        _use(timings.read_bytes(), config)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        _fail(log.errors or ["no reason given"])
    (folder / "engine").write_bytes(engine)
    if timings.exists():
        timings.write_bytes(config.get_timing_cache().serialize())
    os._exit(0)  # at once: in which order the library's objects are taken down is no matter then


def _parsed(onnx: bytes, trt: Any, builder: Any, log: Any) -> Any:
    """The graph as a network whose numbers have the types that the graph says."""
    typed = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    network = builder.create_network(0 if typed is None else 1 << int(typed))
    parser = trt.OnnxParser(network, log)
    if not parser.parse(onnx):
        _fail([str(parser.get_error(place)) for place in range(parser.num_errors)])
    return network


def _config(order: Mapping[str, Any], trt: Any, builder: Any, network: Any) -> Any:
    config = builder.create_builder_config()
    config.clear_flag(trt.BuilderFlag.TF32)  # float32 is meant as it is said
    if order["targets"]:
        config.num_compute_capabilities = len(order["targets"])
        for place, target in enumerate(order["targets"]):
            config.set_compute_capability(getattr(trt.ComputeCapability, target.upper()), place)
    if order["recordable"] and hasattr(trt.BuilderFlag, "REQUIRE_USER_ALLOCATION"):
        config.set_flag(trt.BuilderFlag.REQUIRE_USER_ALLOCATION)
    if order["shapes"]:
        profile = builder.create_optimization_profile()
        for name, shapes in order["shapes"].items():
            profile.set_shape(name, *shapes)
        config.add_optimization_profile(profile)
    return config


def _use(timings: bytes, config: Any) -> None:
    """Take what earlier builds measured; from none, where it was on another GPU."""
    if not config.set_timing_cache(config.create_timing_cache(timings), False):
        config.set_timing_cache(config.create_timing_cache(b""), False)


def error_log(trt: Any) -> Any:
    """A logger for the library `trt` that keeps errors, in `errors`, and drops the rest."""

    class Log(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity in (trt.ILogger.INTERNAL_ERROR, trt.ILogger.ERROR):
                self.errors.append(message)

    return Log()


def _monitor(trt: Any) -> Any:
    """Tells each step of each phase."""

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self.steps: dict[str, int] = {}

        def phase_start(self, phase: str, parent: str | None, steps: int) -> None:
            self.steps[phase] = steps

        def step_complete(self, phase: str, step: int) -> bool:
            _tell({"phase": phase, "done": step + 1, "total": self.steps[phase]})
            return True

        def phase_finish(self, phase: str) -> None:
            pass

    return Monitor()


def _fail(errors: list[str]) -> NoReturn:
    _tell({"error": errors[0]})
    os._exit(1)


def _tell(what: dict[str, Any]) -> None:
    try:
        print(json.dumps(what), flush=True)
    except OSError:  # whoever ordered this is gone
        os._exit(1)
