"""A function of tensors recorded as a CUDA graph: all its kernels are then launched at once.

A GPU finishes a small network's kernels sooner than Python can launch them one by one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

log = logging.getLogger(__name__)

Function = Callable[..., tuple[Tensor, ...]]

_WARM_UPS = 3  # calls before the recording: libraries choose their kernels and workspaces in them
_one_at_a_time = threading.Lock()  # PyTorch records one graph at a time in a process


@dataclass(frozen=True)
class Recording:
    """A function's work on tensors that stay where they are."""

    inputs: Sequence[Tensor]  # what the work reads
    outputs: Sequence[Tensor]  # what it writes
    replay: Callable[[], None]  # begins the work
    turn: Callable[[], AbstractContextManager[None]]  # one use after the other, on any stream


class Replayed:
    """Calls `function` by a recording made at the first call; as it is where that fails.

    Args:
        name: what the log calls it.
        function: pure; takes arrays of numpy or torch, always of the same shapes, gives tensors.
        changing: for each argument, whether it is written to in place between calls. Of one that is
            not, the same object is the same values.
        record: makes the recording.
    """

    def __init__(
        self,
        name: str,
        function: Function,
        changing: Sequence[bool],
        record: Callable[[Function, Sequence[Any]], Recording],
    ) -> None:
        self._name, self._function = name, function
        self._changing, self._record = changing, record
        self._lock = threading.Lock()
        self._recording: Recording | None = None
        self._fails = False
        self._given: list[Any] = [None] * len(changing)  # what the recording's inputs hold

    def __call__(self, *arrays: Any) -> tuple[Tensor, ...]:
        """What `function` gives; the tensors are the caller's own."""
        with self._lock:
            if not self._fails and self._recording is None:
                self._recording = self._recorded(arrays)
            if self._recording is not None:
                return self._replayed(self._recording, arrays)
        return self._function(*arrays)

    def _recorded(self, arrays: Sequence[Any]) -> Recording | None:
        try:
            return self._record(self._function, arrays)
        except RuntimeError as error:  # such as a step that must know a number on the host
            log.warning(
                "%s cannot be a CUDA graph (%s), so each of its kernels is launched by itself.",
                self._name, str(error).splitlines()[0].rstrip("."),
            )  # fmt: skip
            self._fails = True
            return None

    def _replayed(self, recording: Recording, arrays: Sequence[Any]) -> tuple[Tensor, ...]:
        with recording.turn():
            for place, array in enumerate(arrays):
                if self._changing[place] or array is not self._given[place]:
                    recording.inputs[place].copy_(torch.as_tensor(array), non_blocking=True)
                    self._given[place] = None if self._changing[place] else array
            recording.replay()
            # The next replay writes to the same memory, perhaps before these have been read.
            return tuple(output.clone() for output in recording.outputs)


def record_on(device: torch.device) -> Callable[[Function, Sequence[Any]], Recording]:
    """What records a function on a GPU."""

    def record(function: Function, arrays: Sequence[Any]) -> Recording:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(device):
            inputs = [torch.as_tensor(array).to(device, copy=True) for array in arrays]
            aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            aside.wait_stream(torch.cuda.current_stream())
            # `graph` leaves its stream current where it fails; the outer `with` does not.
            with _one_at_a_time, torch.cuda.stream(aside):
                for _ in range(_WARM_UPS):
                    function(*inputs)
                # Other threads may allocate, decode and copy in the meantime: "thread_local".
                with torch.cuda.graph(graph, stream=aside, capture_error_mode="thread_local"):
                    outputs = function(*inputs)
            torch.cuda.current_stream().wait_stream(aside)
        return Recording(inputs, outputs, graph.replay, _turns(device))

    return record


def _turns(device: torch.device) -> Callable[[], AbstractContextManager[None]]:
    """Each use of a recording waits, on the GPU, for the one before."""
    done = torch.cuda.Event()  # type: ignore[no-untyped-call]

    @contextmanager
    def turn() -> Iterator[None]:
        stream = torch.cuda.current_stream(device)
        stream.wait_event(done)
        yield
        done.record(stream)

    return turn
