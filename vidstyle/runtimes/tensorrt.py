"""TensorRT: on NVIDIA GPUs, engines that are built for the very GPU by trying."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import tensorrt

from vidstyle.export.tensorrt import Order
from vidstyle.folders import engines_folder
from vidstyle.runtimes.cuda import Gpu
from vidstyle.runtimes.engines import Aim, EngineRuntime, compute_capability


class TensorRT(EngineRuntime):
    """Builds an engine for a graph when it is first met, by trying; then it is kept."""

    name: ClassVar[str] = "tensorrt"
    library: ClassVar[Any] = tensorrt

    def _aim(self, number: int, gpu: Gpu) -> Aim:
        model = re.sub("[^a-z0-9]+", "-", gpu.name.lower())
        said = f"{compute_capability(gpu)}-{model}"
        timings = engines_folder() / f"tensorrt-{tensorrt.__version__}-{said}.timings"
        return Aim(said, Order("tensorrt", gpu=number), timings)
