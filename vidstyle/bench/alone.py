"""How fast a network alone is: frames that are there already, and drawings that nobody takes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from vidstyle.bench.cases import Case
from vidstyle.bench.clock import Pace, pace
from vidstyle.contracts import Frame, Look, Pixels
from vidstyle.image import resize
from vidstyle.sources import Reading, open_source
from vidstyle.stylizer import Stylizer

_KINDS = 4  # frames, in turns


def alone(stylizer: Stylizer, look: Look, clip: str, case: Case, seconds: float) -> Pace:
    """Draw frames of `clip` again and again; a batch is drawn by as many threads."""
    pixels = contents(clip, case, stylizer)

    def one(number: int) -> Pixels:
        return stylizer.draw(pixels[number % len(pixels)], look)[0]

    if case.batch == 1:
        return pace(one, stylizer.device, seconds)
    with ThreadPoolExecutor(case.batch) as threads:

        def several(number: int) -> list[Pixels]:
            first = case.batch * number
            return list(threads.map(one, range(first, first + case.batch)))

        return pace(several, stylizer.device, seconds, case.batch)


def contents(clip: str, case: Case, stylizer: Stylizer) -> list[Any]:
    """The first frames of `clip` at the size of `case`, where the stylizer wants them."""
    with open_source(clip, Reading()) as source:
        frames: list[Frame] = [frame for frame, _ in zip(source, range(_KINDS), strict=False)]
    pixels = [resize(frame.pixels, case.height, case.width) for frame in frames]
    if not stylizer.takes_tensors:
        return pixels
    import torch  # only here: a run on OpenVINO never loads it

    return [torch.from_numpy(picture).to(stylizer.device) for picture in pixels]
