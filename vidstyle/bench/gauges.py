"""What a run takes of the machine: processor time, memory, electricity."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from vidstyle.bench.energy import joules
from vidstyle.bench.nvml import Nvml
from vidstyle.machine import cores, processor_seconds

_PERIOD = 0.1  # seconds between looks at a GPU


@dataclass
class Use:
    """Filled in at the end; None is what this machine does not tell."""

    seconds: float = 0.0
    cpu: float = 0.0  # share of all cores that this process may use
    others: float | None = None  # cores that other programs took meanwhile
    gpu: float | None = None  # share of the time in which it did something, by whomever
    gpu_memory: int | None = None  # bytes that were taken at most, by whomever
    cpu_joules: float | None = None  # of the whole processor package, by whomever
    gpu_joules: float | None = None


@contextmanager
def used(device: str) -> Iterator[Use]:
    """Yields what is known at the end of what was used meanwhile, on the host and on `device`."""
    use, watch = Use(), _Watch(device)
    began, mine, all_ours = time.perf_counter(), time.process_time(), processor_seconds()
    energy = joules()
    with watch:
        yield use
    use.seconds, mine = time.perf_counter() - began, time.process_time() - mine
    use.cpu = mine / (use.seconds * cores())
    if (worked := _since(all_ours, processor_seconds())) is not None:
        use.others = max(0.0, worked - mine) / use.seconds
    use.cpu_joules = _since(energy, joules())
    use.gpu, use.gpu_memory, use.gpu_joules = watch.busy, watch.memory, watch.joules


def _since(before: float | None, after: float | None) -> float | None:
    if before is None or after is None or after < before:  # the counter began anew
        return None
    return after - before


class _Watch:
    """Looks at a GPU now and then; at none on the CPU."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.busy: float | None = None
        self.memory: int | None = None
        self.joules: float | None = None

    def __enter__(self) -> None:
        if self._device.startswith("cuda"):
            self._thread = threading.Thread(target=self._look, daemon=True)
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self) -> None:
        gpu = Nvml.open(int(self._device.partition(":")[2] or 0))
        if gpu is None:
            return
        before, shares = gpu.joules(), []
        while True:
            ended = self._ended.wait(_PERIOD)
            shares.append(gpu.busy())
            self.memory = max(self.memory or 0, gpu.memory())
            if ended:
                break
        self.busy = sum(shares) / len(shares)
        self.joules = _since(before, gpu.joules())
