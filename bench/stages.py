"""What a run is made of, each alone: decoding, network and encoding; and the bound they set.

    python bench/stages.py STAGE CLIP

A stage is "decode", "encode", "network-NAME", or "eager-NAME" for the network in eager PyTorch.
Prints the seconds that a frame takes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

STYLE = "starry-night"
FRAMES = 40  # of a stage
LONGEST = 15.0  # seconds that they may take


def main() -> None:
    """Measure one stage in this process."""
    stage, clip = sys.argv[1:]
    kind, _, name = stage.partition("-")
    measure = {"decode": decode, "encode": encode, "network": network, "eager": eager}[kind]
    print(measure(clip, name) if name else measure(clip))


def alone(stage: str, clip: str, one_core: bool = True) -> float:
    """Seconds for one frame of a stage in a process of its own, on one core or on all."""

    def pin() -> None:
        if one_core and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    line = [sys.executable, __file__, stage, clip]
    done = subprocess.run(line, capture_output=True, text=True, check=True, preexec_fn=pin)
    return float(done.stdout.splitlines()[-1])


def one_core_seconds(clip: str, name: str = "swift") -> dict[str, float]:
    """Seconds that a frame takes in each of the three stages alone, on one core."""
    return {
        "decode": alone("decode", clip),
        "network": alone(f"network-{name}", clip),
        "encode": alone("encode", clip),
    }


def bound(seconds: dict[str, float], cores: int) -> float:
    """Frames a second if stages of so many seconds on one core overlapped perfectly."""
    return cores / sum(seconds.values())


def decode(clip: str) -> float:
    """Reading frames as Pixels."""
    from vidstyle.sources import Reading, open_source

    with open_source(clip, Reading()) as source:
        frames = iter(source)
        next(frames)
        began, count = time.perf_counter(), 0
        for _ in frames:
            count += 1
    return (time.perf_counter() - began) / count


def network(clip: str, name: str) -> float:
    """Drawing Pixels."""
    from vidstyle.stylizer import Drawing, load_stylizer

    stylizer = load_stylizer(Drawing(name))
    look = stylizer.look(STYLE)
    contents = some_frames(clip, 4)
    return repeated(lambda number: stylizer(contents[number % 4].pixels, look))


def encode(clip: str) -> float:
    """Writing drawn frames."""
    import vidstyle
    from vidstyle.sinks import open_sink
    from vidstyle.sinks.codecs import Encoding
    from vidstyle.sources import Reading, open_source

    drawn = []
    for frame in vidstyle.frames(clip, style=STYLE):
        drawn.append(frame)
        if len(drawn) == FRAMES:
            break
    with open_source(clip, Reading()) as source:
        info = source.info
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with open_sink(f"{folder}/out.mp4", info, Encoding()) as sink:
            for frame in drawn:
                sink.write(frame)
        return (time.perf_counter() - began) / len(drawn)


def eager(clip: str, name: str) -> float:
    """Drawing in eager PyTorch in fp32, frame by frame; the style is read once."""
    import torch

    from vidstyle.networks.loading import load_network
    from vidstyle.styles import read_style
    from vidstyle.weights import find_model

    def image(pixels: Any) -> torch.Tensor:
        return torch.from_numpy(pixels).permute(2, 0, 1)[None].float().contiguous() / 255

    network = load_network(find_model(name))
    contents = [image(frame.pixels) for frame in some_frames(clip, 4)]
    with torch.inference_mode():
        code = network.encode(image(read_style(STYLE)))
        strength = torch.ones(1)
        return repeated(lambda number: network.stylize(contents[number % 4], code, strength))


def some_frames(clip: str, count: int) -> list[Any]:
    """The first frames of a clip."""
    from vidstyle.sources import Reading, open_source

    with open_source(clip, Reading()) as source:
        return [frame for frame, _ in zip(source, range(count), strict=False)]


def repeated(draw: Callable[[int], Any]) -> float:
    """Median seconds of one call, after two that warm up."""
    times = []
    for number in range(FRAMES + 2):
        began = time.perf_counter()
        draw(number)
        times.append(time.perf_counter() - began)
        if number > 8 and sum(times) > LONGEST:
            break
    return statistics.median(times[2:])


if __name__ == "__main__":
    main()
