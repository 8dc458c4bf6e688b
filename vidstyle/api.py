"""What a Python program calls: load, stylize, frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from vidstyle.contracts import Frame, Look, OnStep, Pixels, VideoInfo
from vidstyle.errors import Interrupted, UsageError
from vidstyle.job import Job
from vidstyle.pipeline import Meter
from vidstyle.session import (
    Summary,
    check_job,
    directed,
    drawing_of,
    drawings,
    gpu_for,
    reading_of,
    run,
)
from vidstyle.sources import open_source
from vidstyle.stylizer import Drawing, Stylizer, load_stylizer
from vidstyle.timeline import Mix

P = TypeVar("P")  # a numpy array or a torch tensor: what comes back is what went in


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    frames: int  # written so far
    total: int | None  # as far as the file says
    frames_per_second: float


class Painter:
    """Draws pictures of any size in one style; made by `load`."""

    def __init__(self, stylizer: Stylizer, look: Look) -> None:
        self.stylizer = stylizer
        self.look = look

    def __call__(self, picture: P) -> P:
        """Draw `picture`: uint8 or uint16 [H, W, 3] RGB; the same kind, size and device come back.

        Raises:
            UsageError: another shape or number format.
        """
        array: Any = picture
        if isinstance(array, np.ndarray):
            return self._drawn(array)  # type: ignore[return-value]
        if not hasattr(array, "detach"):
            raise UsageError(
                f"A picture is a numpy array or a torch tensor; got {type(array).__name__}."
            )
        if self.stylizer.takes_tensors and str(array.device) == self.stylizer.device:
            # A clone may be written to; what comes out of torch's inference mode may not.
            return self._drawn(array.detach()).clone()  # type: ignore[union-attr,no-any-return]
        drawn = self._drawn(array.detach().cpu().numpy())
        return array.new_tensor(drawn)  # type: ignore[no-any-return]

    def _drawn(self, pixels: Pixels) -> Pixels:
        kind = str(pixels.dtype).removeprefix("torch.")
        if kind not in ("uint8", "uint16") or pixels.ndim != 3 or pixels.shape[2] != 3:
            raise UsageError(
                f"A picture is uint8 or uint16 [H, W, 3]; got {kind} {list(pixels.shape)}."
            )
        return self.stylizer(pixels, self.look)


def load(
    network: str = Drawing.network,
    style: str | Path | Pixels | Mix = "starry-night",
    strength: float = 1.0,
    runtime: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    steps: int | None = None,
    optimizer: str | None = None,
    vgg: str | Path | None = None,
) -> Painter:
    """A callable that draws pictures in a style.

    Args:
        network: a model's name, such as "swift".
        style: a name, a picture's path, uint8 [H, W, 3]; or a mix: {"ink": 0.7, "mosaic": 0.3}.
        strength: 0..1; 0 gives the content back.
        runtime: "auto", or one that `vidstyle info` names, such as "openvino".
        device: "auto", "cpu" or "cuda:0".
        precision: "auto", "fp32", "bf16" or "fp16".
        steps: at each scale, of a network that draws by optimization; so are the other two.
        optimizer: "lbfgs" or "adam".
        vgg: a whole normalized VGG-19, to compare by.
    """
    own = None if vgg is None else str(vgg)
    stylizer = load_stylizer(Drawing(network, runtime, device, precision, own, optimizer, steps))
    return Painter(
        stylizer, stylizer.look(str(style) if isinstance(style, Path) else style, strength)
    )


def stylize(
    source: str | Path,
    sink: str | Path,
    style: str | Path | tuple[str, ...],
    on_progress: Callable[[Progress], bool | None] | None = None,
    on_step: OnStep | None = None,
    **settings: Any,
) -> Summary:
    """Draw a clip or photograph into another, sound and all.

    Args:
        source: what to read.
        sink: what to write.
        style: a style's name or a picture's path; several, such as ("ink:0.7", "mosaic:0.3"), mix.
        on_progress: called after each frame; returning False ends the run.
        on_step: called within a frame, after each step of a network that draws by optimization, on
            a thread of its own; raising `Interrupted` ends the run.
        settings: any other field of `Job`, such as strength=0.8 or overwrite=True.

    Raises:
        VidstyleError: with one line that says what failed. `Interrupted` when `on_progress`
            ended the run: what was drawn is kept as NAME.partial.SUFFIX.
    """

    def watch(meter: Meter, info: VideoInfo) -> None:
        if on_progress is None:
            return
        progress = Progress(meter.frames("write"), info.count, meter.frames_per_second)
        if on_progress(progress) is False:
            raise Interrupted("The run was ended by on_progress.")

    return run(Job(str(source), str(sink), _named(style), **settings), watch, on_step=on_step)


def frames(
    source: str | Path, style: str | Path | tuple[str, ...], **settings: Any
) -> Iterator[Frame]:
    """Each frame of a clip, drawn, as it becomes ready.

    Args:
        source: what to read.
        style: a style's name or a picture's path.
        settings: fields of `Job` that say how to read and draw.

    Yields:
        Frames whose `pixels` are uint8 [H, W, 3] (uint16 for video above 8 bits).
    """
    job = Job(str(source), "-", _named(style), **settings)
    check_job(job)
    gpu = gpu_for(job)
    with open_source(job.source, reading_of(job, gpu)) as opened:
        stylizer = load_stylizer(drawing_of(job))
        with (
            directed(job, stylizer, job.drawn_info(opened.info)) as direction,
            closing(drawings(opened, job, direction, Meter(), gpu)) as drawn,
        ):
            yield from drawn


def _named(style: str | Path | tuple[str, ...]) -> str | tuple[str, ...]:
    return str(style) if isinstance(style, Path) else style
