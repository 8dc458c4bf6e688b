"""The figures of one network in one runtime at one size, for gpu.py."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from clips import CLIP
from networks import STYLE

SECONDS = 2.0  # that drawing alone is measured
LONGEST = 5.0  # seconds that a file is read


def figures(
    name: str, runtime: str, precision: str, size: str, clip: Path | None, device: str = "cuda:0"
) -> dict[str, Any]:
    """All figures of one row."""
    from vidstyle.bench.clock import pace
    from vidstyle.stylizer import Drawing, load_stylizer

    width, height = map(int, size.split("x"))
    contents = real_frames(width, height, device)
    exact = drawn_exactly(name, contents[0])
    before = used_mb(device)
    stylizer = load_stylizer(Drawing(name, runtime, device, precision))
    look = stylizer.look(style_for(name))
    began = time.perf_counter()
    image, _ = stylizer.draw(contents[0], look)
    agreement = decibels(image, exact)  # and by then it is finished
    first = time.perf_counter() - began
    found = pace(lambda n: stylizer.draw(contents[n % len(contents)], look), device, SECONDS)
    row = {
        "network": name, "runtime": runtime, "precision": stylizer.precision, "size": size,
        "fps": 1000 / found.ms.p50, "first_seconds": first, "memory_mb": used_mb(device) - before,
        "decibels": agreement, **work(name, stylizer.precision, contents[0]),
    }  # fmt: skip
    return row | (from_file(clip, name, runtime, precision, device) if clip else {})


def real_frames(width: int, height: int, device: str, count: int = 4) -> list[Any]:
    """Frames of the sample clip, brought to that size, on the device. OpenCV is always there."""
    import cv2
    import torch

    clip, found = cv2.VideoCapture(str(CLIP)), []
    while len(found) < count:
        _, picture = clip.read()
        larger = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
        pixels = cv2.cvtColor(larger, cv2.COLOR_BGR2RGB)
        found.append(torch.from_numpy(pixels).to(device))
    return found


def drawn_exactly(name: str, content: Any) -> Any:
    """What PyTorch draws in fp32; nothing but the drawing stays in memory."""
    import torch

    from vidstyle.stylizer import Drawing, load_stylizer

    stylizer = load_stylizer(Drawing(name, "torch", str(content.device), "fp32"))
    image, _ = stylizer.draw(content, stylizer.look(style_for(name)))
    del stylizer
    if image.is_cuda:
        torch.cuda.empty_cache()
    return image


def style_for(name: str) -> str:
    """A style that the network can draw in."""
    from vidstyle.weights import find_model

    return next(iter(find_model(name).header.styles), STYLE)


def decibels(image: Any, exact: Any) -> float:
    """How near two pictures of 8 bits are: peak signal over noise."""
    noise = float((image.float() - exact.float()).square().mean())
    return 10 * math.log10(255**2 / max(noise, 1e-4))


def used_mb(device: str) -> float:
    """Memory of the GPU that is taken, by whomever."""
    import torch

    if torch.device(device).type == "cpu":
        return 0.0
    torch.cuda.synchronize(device)
    free, total = torch.cuda.mem_get_info(device)
    return (total - free) / 1e6


def work(name: str, precision: str, content: Any) -> dict[str, float]:
    """What drawing takes, done step by step: operations, and bytes read and written."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import FlopCounterMode

    from vidstyle.export.graphs import graph_of
    from vidstyle.networks.loading import load_network
    from vidstyle.stylizer import Drawing, load_stylizer
    from vidstyle.weights import find_model

    class Traffic(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(
            self, function: Any, types: Any, arguments: Any = (), options: Any = None
        ) -> Any:
            given = function(*arguments, **(options or {}))
            if not function.is_view:
                for leaf in tree_leaves((arguments, options, given)):
                    self.total += leaf.nbytes if isinstance(leaf, torch.Tensor) else 0
            return given

    model, device = find_model(name), content.device
    reader = load_stylizer(Drawing(name, "torch", str(device), "fp32"))
    code = reader.look(style_for(name)).code
    inputs = [content.permute(2, 0, 1)[None].float() / 255]
    inputs += [torch.as_tensor(part).to(device) for part in code]
    if model.header.least_strength < 1:
        inputs.append(torch.ones(1, device=device))
    module = graph_of(load_network(model), model, "stylize").function.to(device)
    module = module.to(memory_format=torch.channels_last)
    half = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(precision)
    with (
        torch.inference_mode(),
        torch.autocast(device.type, half or torch.bfloat16, half is not None),
        FlopCounterMode(display=False) as operations,
        Traffic() as traffic,
    ):
        module(*inputs)
    return {"operations": float(operations.get_total_flops()), "bytes": float(traffic.total)}


def from_file(
    clip: Path, name: str, runtime: str, precision: str, device: str
) -> dict[str, float | str]:
    """Frames a second from a file to the host, once running, and of its decoding alone."""
    import vidstyle
    from vidstyle.sources import Reading, open_source
    from vidstyle.transfer import uploaded

    with open_source(str(clip), Reading(device=device)) as source:
        with closing(uploaded(iter(source), device)) as decoded:
            alone = rate(decoded)
        decoder = source.decoder
    settings = {"network": name, "runtime": runtime, "precision": precision, "device": device}
    with closing(vidstyle.frames(clip, style_for(name), **settings)) as frames:
        return {"file_fps": rate(frames), "decoder_fps": alone, "decoder": decoder}


def rate(frames: Iterator[Any]) -> float:
    """Frames a second, not counting the first two, which wait for what is made ready."""
    for _ in islice(frames, 2):
        pass
    began = now = time.perf_counter()
    count = 0
    for _ in frames:
        count, now = count + 1, time.perf_counter()
        if now - began > LONGEST:
            break
    return count / max(now - began, 1e-9)
