"""OpenVINO: the fastest way on a CPU. Reads ONNX, needs no torch."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any, Literal

import numpy as np
import openvino as ov
from openvino import Layout, Type, opset13
from openvino.preprocess import PrePostProcessor

from vidstyle.contracts import Engine, Graph, Precision, Profile
from vidstyle.errors import DeviceError
from vidstyle.export.cache import Key, engine_for, forget_oldest
from vidstyle.folders import engines_folder
from vidstyle.machine import cores, instruction_sets

# The one of this process, which is never thrown away. It gives the thread that makes it a stack for
# signals. Thrown away in another thread, it would take the memory of that stack with it, and the
# next Ctrl-C would end in a crash.
_CORE = ov.Core()
_PRECISIONS = {"fp32": Type.f32, "bf16": Type.bf16}
_KEPT = 32  # engines: one for each size and network, of 1 to 14 MB each
_MOST_AT_ONCE = 4  # each has memory of its own


class OpenVINO:
    """Compiles graphs for the CPU; pictures are converted inside the compiled graph.

    What it compiles is kept on disk and loaded at the next start, two to three times as fast.
    """

    reads: Literal["module", "onnx"] = "onnx"

    def __init__(self) -> None:
        # Cores that draw a frame each wait for nothing; those that share one wait after each layer.
        self.at_once = min(cores(), _MOST_AT_ONCE)

    def best_precision(self, device: str) -> Precision:
        """bf16 where the CPU computes in it, else fp32 (elsewhere bf16 is emulated and slower)."""
        _check_device(device)
        able = _CORE.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return "bf16" if "BF16" in able else "fp32"

    def compile(self, graph: Graph, profile: Profile) -> Engine:
        """Compile `graph`; the engine may be called from several threads at once."""
        _check_device(profile.device)
        if profile.precision not in _PRECISIONS:
            raise DeviceError(
                f"OpenVINO does not compute in {profile.precision} here. "
                f"Choose from: {', '.join(_PRECISIONS)}."
            )
        options = {
            "INFERENCE_PRECISION_HINT": _PRECISIONS[profile.precision],
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": profile.at_once,
        }
        compiled: list[ov.CompiledModel] = []

        def build() -> bytes:
            model = _model(graph, profile)
            compiled.append(_CORE.compile_model(model, "CPU", options))
            return bytes(compiled[0].export_model().getvalue())

        def load(engine: bytes) -> ov.CompiledModel | None:
            if not compiled:  # else it was built just now
                try:
                    compiled.append(_CORE.import_model(engine, "CPU", options))
                except RuntimeError:
                    return None
            return compiled[0]

        key = _key(graph, profile)
        engine = engine_for(key, build, load, engines_folder())
        forget_oldest(f"*-{key.library}-{key.version}-*", engines_folder(), _KEPT)
        assert engine is not None  # what was built is taken as it is
        return _Engine(engine, graph)


class _Engine:
    """A compiled graph that takes and gives numpy arrays without a copy."""

    def __init__(self, compiled: ov.CompiledModel, graph: Graph) -> None:
        self._compiled = compiled
        self._inputs, self._outputs = graph.inputs, graph.outputs
        self._mine = threading.local()  # a request holds the tensors of one call

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        if not hasattr(self._mine, "request"):
            self._mine.request = self._compiled.create_infer_request()
        request = self._mine.request
        shared = [  # OpenVINO keeps no copies alive, and takes nothing that is read-only
            np.require(array[None] if port.is_picture else array, requirements=("C", "W"))
            for port, array in zip(self._inputs, arrays, strict=True)
        ]
        for place, array in enumerate(shared):
            request.set_input_tensor(place, ov.Tensor(array, shared_memory=True))
        request.infer()
        found = [request.get_output_tensor(place).data for place in range(len(self._outputs))]
        return tuple(
            (data[0] if port.is_picture else data).copy()  # the request will be used again
            for port, data in zip(self._outputs, found, strict=True)
        )


def _key(graph: Graph, profile: Profile) -> Key:
    """All that a compiled graph depends on."""
    size = "{1}x{0}".format(*profile.size) if profile.size else "any"
    version = ov.__version__.partition("-")[0]
    onnx = hashlib.sha256(Path(str(graph.function)).read_bytes()).hexdigest()
    return Key(
        graph.name, size, "uint8" if profile.bits <= 8 else "uint16", profile.precision,
        "openvino", version, "_".join([f"cpu{profile.at_once}", *instruction_sets()]), onnx,
    )  # fmt: skip


def _model(graph: Graph, profile: Profile) -> ov.Model:
    """The graph for one size, with Pixels going in and out: [1, H, W, 3] in uint8 or uint16."""
    model = _CORE.read_model(str(graph.function))
    if profile.size is not None:
        model.reshape({p.name: [1, 3, *profile.size] for p in graph.inputs if p.is_picture})
    number, top = (Type.u8, 255.0) if profile.bits <= 8 else (Type.u16, 65535.0)
    steps = PrePostProcessor(model)
    for place, port in enumerate(graph.inputs):
        if port.is_picture:
            picture = steps.input(place)
            picture.tensor().set_element_type(number).set_layout(Layout("NHWC"))
            picture.model().set_layout(Layout("NCHW"))
            picture.preprocess().convert_element_type(Type.f32).scale(top)
    for place, port in enumerate(graph.outputs):
        if port.is_picture:
            drawn = steps.output(place)
            drawn.model().set_layout(Layout("NCHW"))
            drawn.postprocess().custom(lambda image: _quantized(image, top))
            drawn.postprocess().convert_element_type(number).convert_layout(Layout("NHWC"))
    return steps.build()


def _quantized(image: ov.Output, top: float) -> ov.Output:
    scaled = opset13.multiply(opset13.clamp(image, 0.0, 1.0), np.float32(top))
    return opset13.round(scaled, "half_to_even").output(0)


def _check_device(device: str) -> None:
    if device != "cpu":
        raise DeviceError(
            f"The runtime 'openvino' draws on the CPU, not on {device!r}: "
            "--device cpu, or --runtime torch."
        )
