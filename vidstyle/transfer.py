"""Frames on their way to a GPU and back, each finished before another thread sees it.

A call on CUDA only begins its work, in the order of a stream. Four rules keep that safe:

1. Frames are made and drawn on the device's default stream, as FFmpeg's decoder makes them. So
   memory that one thread frees and another takes anew is used in order.
2. Copies have a stream of their own for each way, beside drawing. Memory that a second stream
   reads is told of it by `record_stream`, or it would be taken anew too soon.
3. What crosses a thread is finished: the host has waited for its event.
4. Meanwhile the next frame is begun, so that the GPU does not wait for the host.

Frames on the CPU are handed over without a copy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from vidstyle.contracts import Frame, HostArray

UnderWay: TypeAlias = tuple[Frame, torch.cuda.Event | None]  # and what says that it is finished
Waiting: TypeAlias = Callable[[], AbstractContextManager[None]]  # entered while the host waits


def uploaded(
    frames: Generator[Frame], device: str, waiting: Waiting = nullcontext
) -> Generator[Frame]:
    """`frames` with their pixels on `device`; those that are there already are finished.

    `frames` are closed at the end, however it comes.
    """
    place = torch.device(device)
    return _one_ahead(frames, lambda frame: _upload(frame, place), waiting)


def downloaded(frames: Generator[Frame], waiting: Waiting = nullcontext) -> Generator[Frame]:
    """`frames` with their pixels on the host, as numpy's.

    `frames` are closed at the end, however it comes.
    """
    return _one_ahead(frames, _download, waiting)


def on_host(tensor: Tensor) -> HostArray:
    """The values of `tensor`, finished; of one on the CPU the very memory."""
    host, copied = _to_host(tensor)
    if copied is not None:
        copied.synchronize()
    return host


def pinned(tensor: Tensor) -> Tensor:
    """A copy in memory of the host that a GPU reads by itself, while the host goes on."""
    return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True).copy_(tensor)


@lru_cache
def stream_for(purpose: str, device: torch.device) -> torch.cuda.Stream:
    """A stream of its own for each purpose, always the same.

    PyTorch has 32 and hands them out in turn: were one made for each video, two purposes would soon
    share one, and a copy could be taken into a recording.
    """
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


def _one_ahead(
    frames: Generator[Frame], begin: Callable[[Frame], UnderWay], waiting: Waiting
) -> Generator[Frame]:
    """Each frame when it is finished; by then the next has been begun."""
    under_way: deque[UnderWay] = deque()
    with closing(frames):
        try:
            for frame in frames:
                under_way.append(begin(frame))
                if len(under_way) > 1:
                    yield _finished(*under_way.popleft(), waiting)
        except Exception:  # it travels behind the last good frame
            yield from (_finished(*each, waiting) for each in under_way)
            raise
    yield from (_finished(*each, waiting) for each in under_way)


def _finished(frame: Frame, event: torch.cuda.Event | None, waiting: Waiting) -> Frame:
    if event is not None:
        with waiting():
            event.synchronize()
    return frame


def _upload(frame: Frame, device: torch.device) -> UnderWay:
    pixels: Any = frame.pixels
    if isinstance(pixels, np.ndarray):
        pixels = torch.from_numpy(np.require(pixels, requirements=["C", "W"]))
    if device.type == "cpu":
        return replace(frame, pixels=pixels), None
    if pixels.device == device:
        return frame, torch.cuda.current_stream(device).record_event()
    copying = stream_for("upload", device)
    with torch.cuda.stream(copying):
        there = pinned(pixels).to(device, non_blocking=True)
    there.record_stream(torch.cuda.default_stream(device))
    return replace(frame, pixels=there), copying.record_event()


def _download(frame: Frame) -> UnderWay:
    pixels: Any = frame.pixels
    if isinstance(pixels, np.ndarray):
        return frame, None
    host, copied = _to_host(pixels)
    return replace(frame, pixels=host), copied


def _to_host(tensor: Tensor) -> tuple[HostArray, torch.cuda.Event | None]:
    """Its values, once the event has come."""
    if tensor.device.type == "cpu":
        return tensor.numpy(), None
    copying = stream_for("download", tensor.device)
    copying.wait_stream(torch.cuda.current_stream(tensor.device))
    with torch.cuda.stream(copying):
        host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        host.copy_(tensor, non_blocking=True)
    tensor.record_stream(copying)
    return host.numpy(), copying.record_event()
