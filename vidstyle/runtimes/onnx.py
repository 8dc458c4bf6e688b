"""ONNX Runtime: anywhere, by what it calls execution providers. Reads ONNX."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import onnxruntime

from vidstyle.contracts import Array, Engine, Graph, Precision, Profile
from vidstyle.errors import DeviceError
from vidstyle.export.pixels import with_pixels
from vidstyle.folders import cache_folder

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",  # Apple's
    "dml": "DmlExecutionProvider",  # DirectML: any GPU under Windows
}
_SEVERE = 3  # errors; warnings are of graphs that compute well


class ONNXRuntime:
    """Compiles graphs for the CPU, or for a GPU where the installed package can."""

    reads: Literal["module", "onnx"] = "onnx"
    at_once = 1
    providers: ClassVar[dict[str, str]] = _PROVIDERS  # by kind of device

    def best_precision(self, device: str) -> Precision:
        """fp16 on a GPU, whose products are faster in it; fp32 on the CPU and by CoreML.

        Raises:
            DeviceError: the installed ONNX Runtime does not know the device.
        """
        self._provider(device)
        return "fp16" if device.startswith(("cuda", "dml")) else "fp32"

    def compile(self, graph: Graph, profile: Profile) -> Engine:
        """Compile `graph`; the engine may be called from several threads at once."""
        provider = self._provider(profile.device)
        if profile.precision not in ("fp32", self.best_precision(profile.device)):
            raise DeviceError(
                f"ONNX Runtime does not compute in {profile.precision} on {profile.device!r}: "
                "--precision fp32."
            )
        model = with_pixels(graph, profile)
        if profile.precision == "fp16":
            from vidstyle.export.half import halved  # with what it loads, it takes a second

            model = halved(model)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _SEVERE
        # Threads that wait for work would take the cores from decoding and encoding.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, [provider])
        if provider[0] not in session.get_providers():  # where CUDA is broken it says so in passing
            raise DeviceError(
                f"ONNX Runtime could not start {provider[0]} for {profile.device!r}: --device cpu, "
                "or mend its installation."
            )
        return _Engine(session, graph)

    def _provider(self, device: str) -> tuple[str, dict[str, Any]]:
        """What ONNX Runtime calls the device, and its options."""
        kind, _, number = device.partition(":")
        name = self.providers.get(kind, "")
        if name not in (there := onnxruntime.get_available_providers()):
            able = [kind for kind, name in self.providers.items() if name in there]
            raise DeviceError(
                f"The installed ONNX Runtime does not draw on {device!r}. "
                f"Choose from: {', '.join(able)}."
            )
        options: dict[str, Any] = (
            {} if kind in ("cpu", "coreml") else {"device_id": int(number or 0)}
        )
        return name, options


class ONNXRuntimeTensorRT(ONNXRuntime):
    """The same, by TensorRT on an NVIDIA GPU; its engines are kept in the cache folder."""

    providers: ClassVar[dict[str, str]] = {"cuda": "TensorrtExecutionProvider"}

    def _provider(self, device: str) -> tuple[str, dict[str, Any]]:
        name, options = super()._provider(device)
        folder = cache_folder() / "onnxruntime"
        kept = {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(folder)}
        return name, options | kept


class _Engine:
    """A session that takes and gives arrays: of numpy, or tensors of torch on its own device."""

    def __init__(self, session: onnxruntime.InferenceSession, graph: Graph) -> None:
        self._session, self._graph = session, graph
        self._takes = [port.name for port in session.get_inputs()]
        self._gives = [port.name for port in session.get_outputs()]

    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        ports = self._graph.inputs
        inputs = [a[None] if port.is_picture else a for port, a in zip(ports, arrays, strict=True)]
        here = all(isinstance(array, np.ndarray) for array in inputs)
        found = self._on_host(inputs) if here else self._on_device(inputs)
        return tuple(
            array[0] if port.is_picture else array
            for port, array in zip(self._graph.outputs, found, strict=True)
        )

    def _on_host(self, inputs: list[Any]) -> list[Any]:
        feed = {
            name: np.ascontiguousarray(array)
            for name, array in zip(self._takes, inputs, strict=True)
        }
        return list(self._session.run(self._gives, feed))

    def _on_device(self, inputs: list[Any]) -> list[Any]:
        """Pictures stay where they are; ONNX Runtime itself takes what lies elsewhere there."""
        import torch  # whoever holds tensors has loaded it
        from torch.utils.dlpack import from_dlpack

        tensors = [torch.as_tensor(array).contiguous() for array in inputs]
        device = next(array.device for array in inputs if isinstance(array, torch.Tensor))
        binding = self._session.io_binding()
        for name, tensor in zip(self._takes, tensors, strict=True):
            binding.bind_ortvalue_input(name, onnxruntime.OrtValue.from_dlpack(tensor))
        for name in self._gives:
            binding.bind_output(name, device.type, device.index or 0)
        if device.type == "cuda":  # ONNX Runtime computes on a stream of its own
            torch.cuda.current_stream(device).synchronize()
        self._session.run_with_iobinding(binding)
        binding.synchronize_outputs()
        return [from_dlpack(value) for value in binding.get_outputs()]
