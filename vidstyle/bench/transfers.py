"""What a GPU's stages take, which the host only begins and does not see the end of."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict
from typing import Any

from vidstyle.bench.clock import Pace
from vidstyle.bench.spread import Times
from vidstyle.contracts import Frame
from vidstyle.sources import Reading, open_source
from vidstyle.transfer import downloaded, uploaded

_COUNT = 50

Way = Callable[[Generator[Frame]], Generator[Frame]]


def on_gpu(
    stages: Mapping[str, dict[str, Any]], pace: Pace, clip: str, device: str
) -> dict[str, dict[str, Any]]:
    """`stages` with what CUDA's events told of the network, and with copies there and back.

    Copies are measured one by one; in a run they go on beside other work.
    """
    with open_source(clip, Reading()) as source:
        frame = next(iter(source))
    up, there = _times(frame, lambda frames: uploaded(frames, device))
    down, _ = _times(there, downloaded)
    rate = pace.fps.median
    others = {name: stage for name, stage in stages.items() if name not in ("decode", "encode")}
    return {
        "decode": stages["decode"],
        "upload": asdict(up) | {"busy": up.p50 * rate / 1000},
        **others,
        "network": stages["network"] | asdict(pace.ms),
        "download": asdict(down) | {"busy": down.p50 * rate / 1000},
        "encode": stages["encode"],
    }


def _times(frame: Frame, way: Way) -> tuple[Times, Frame]:
    """Milliseconds of one frame's way, and where it then is."""
    seconds, came = [], frame
    for _ in range(_COUNT):
        began = time.perf_counter()
        (came,) = way(each for each in (frame,))
        seconds.append(time.perf_counter() - began)
    return Times.of(seconds[5:]), came
