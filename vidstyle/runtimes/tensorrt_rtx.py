"""TensorRT-RTX: on GeForce RTX and such, engines that are built in seconds, without a GPU too."""

from __future__ import annotations

from typing import Any, ClassVar

import tensorrt_rtx

from vidstyle.export.tensorrt import Order, targets_of
from vidstyle.runtimes.cuda import Gpu
from vidstyle.runtimes.engines import Aim, EngineRuntime, compute_capability


class TensorRTRTX(EngineRuntime):
    """Builds an engine for a graph when it is first met; then it is kept."""

    name: ClassVar[str] = "tensorrt-rtx"
    library: ClassVar[Any] = tensorrt_rtx

    def _aim(self, number: int, gpu: Gpu) -> Aim:
        target = compute_capability(gpu)
        # For a GPU that is no target an engine for all of the last generations may do.
        targets = (target,) if target in targets_of(tensorrt_rtx) else ()
        return Aim(target, Order("tensorrt_rtx", targets=targets))
