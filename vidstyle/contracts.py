"""The words of vidstyle. Every other file speaks them; this file imports none of it.

Read top to bottom: a Source gives Frames, a Network draws them in a Look, a Runtime makes that
fast, a Sink takes them away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeAlias, Union

if TYPE_CHECKING:  # a program that draws with OpenVINO never loads torch
    import numpy
    import torch

ErrorType: TypeAlias = type[BaseException] | None  # what `with` hands over at its end

# On the host an Array is numpy's, on a device it is torch's.
Array: TypeAlias = Union["numpy.ndarray[Any, Any]", "torch.Tensor"]
HostArray: TypeAlias = "numpy.ndarray[Any, Any]"

# Kinds of array. A signature that says Image has said shape, range and order.
# Pixels are numpy's, or lie on the device that draws them, as torch's: a Frame, a Stylizer and an
# Engine take both. They are typed as numpy's, since most code is for the host alone.
# uint8 [H, W, 3] RGB 0..255, upright (uint16 0..65535 above 8 bit)
Pixels: TypeAlias = "numpy.ndarray[Any, Any] | Any"
Alpha: TypeAlias = HostArray  # uint8 [H, W]  how opaque each pixel is, 0..255
Image: TypeAlias = Array  # float [B, 3, H, W]  RGB 0..1, as coded for a screen (not linear light)
StyleCode: TypeAlias = tuple[Array, ...]  # one style, encoded; shapes are the network's own
Memory: TypeAlias = tuple[Array, ...]  # what a network hands from frame to frame; () at the first

Precision: TypeAlias = Literal["fp32", "bf16", "fp16"]
# A compiled graph. Pictures go in as Pixels, of numpy or as torch's on the engine's own device, and
# what comes out is of the same kind.
Engine: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Color:
    """What the numbers of a video mean, in the code points of ITU-T H.273 (and of FFmpeg)."""

    matrix: int = 1  # 0 RGB, 1 BT.709, 5 and 6 BT.601, 9 BT.2020
    full_range: bool = False
    primaries: int = 1
    transfer: int = 1


@dataclass(frozen=True)
class Frame:
    """One picture on its way from a source to a sink."""

    pixels: Pixels
    time: Fraction  # seconds on the clock that the sound runs on, exact; the first need not be 0
    duration: Fraction | None  # seconds; None when the next frame tells
    index: int  # counted by the source
    alpha: Alpha | None = None  # None: opaque everywhere


@dataclass(frozen=True)
class VideoInfo:
    """What a source promises, and what a sink is told to expect."""

    width: int  # pixels, after rotation
    height: int
    rate: Fraction | None = None  # frames a second on average; None when unknown
    count: int | None = None  # frames, as far as the file says
    seconds: Fraction | None = None  # how long it lasts, as far as the file says
    color: Color = Color()
    bits: int = 8  # for each sample
    layout: str = "420"  # how chroma is sampled: "420", "422", "444", or "rgb"
    alpha: bool = False  # frames may carry an alpha
    sample_aspect: Fraction = Fraction(1)  # width of a pixel over its height
    time_base: Fraction = Fraction(1, 90000)  # seconds; every time is a multiple of it
    origin: str | None = None  # what can be opened again for its sound, subtitles and metadata
    start: Fraction = Fraction(0)  # the part of the origin that is read, in seconds …
    end: Fraction | None = None  # … and None for all that follows
    shift: Fraction = Fraction(0)  # seconds taken off every time of the origin


class Source(Protocol):
    """Where frames come from. Opened by `with`; a blocked read gives up in time."""

    @property
    def info(self) -> VideoInfo:
        """Known once opened."""

    @property
    def lost(self) -> int:
        """Frames that were promised or damaged and could not be given, so far."""

    @property
    def decoder(self) -> str:
        """What decodes, known once opened: "software", or "nvdec" on an NVIDIA GPU."""

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: ErrorType, error: Any, trace: Any, /) -> None: ...
    def __iter__(self) -> Iterator[Frame]: ...


class Sink(Protocol):
    """Where frames go. Opened by `with`.

    An error leaves nothing behind. `Interrupted` and `PartialResult` leave a playable file under
    another name.
    """

    @property
    def destination(self) -> str:
        """What was written, once closed."""

    @property
    def how(self) -> str:
        """The format that is written, in words."""

    @property
    def notes(self) -> Sequence[str]:
        """What was done with each track of sound and subtitles."""

    @property
    def takes_tensors(self) -> bool:
        """Whether the Pixels of frames may be torch's, finished, on any device."""

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: ErrorType, error: Any, trace: Any, /) -> None: ...
    def write(self, frame: Frame) -> None:
        """Take the next frame; its time is later than the last one's."""


class Network(Protocol):
    """A style network: it reads a style once, then draws every frame with it.

    All methods are pure functions of their arguments and the weights, so each becomes one graph.
    A network that steadies itself says so in `memory_names` and is handed its memory; most have
    none. One whose authors published weights has `official_keys()` too (networks/importing.py);
    one that has learned its styles by heart, `style_names`, and `encode` takes the place of one as
    int64 [1]; one whose codes cannot be mixed, `mixes = False`; one that does not draw right in
    every precision, `precisions`; one that draws by optimization, too slowly for live video and
    without a graph, `optimizes = True`, and its `stylize` takes an `OnStep` too; one that reads a
    style as it is, not brought to a square, `reads_whole = True`; one whose authors taught it to
    draw the same alike from frame to frame, `steady = True`.
    """

    code_names: tuple[str, ...]  # one for each tensor of a style code
    memory_names: tuple[str, ...]
    smallest: int  # pixels; a smaller height or width must be padded to this
    least_strength: float  # below it drawings fade into their content; 1: none is its own

    def encode(self, style: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Read a style, an Image [1, 3, H, W]."""

    def stylize(
        self,
        content: torch.Tensor,
        code: tuple[torch.Tensor, ...],
        strength: torch.Tensor | None = None,
        memory: tuple[torch.Tensor, ...] = (),
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """Draw `content` in a style. `strength` is float [B], the paper's own; None: in full."""


@dataclass(frozen=True)
class Step:
    """How far a drawing is, where a network draws step by step."""

    number: int  # counted from 1
    count: int  # of this drawing
    losses: Mapping[str, float]  # each term, weighed, of what this step tried
    image: Image  # [1, 3, H, W] so far; it may be smaller than the content


OnStep: TypeAlias = Callable[[Step], None]  # called after each step; may raise, to end the drawing


@dataclass(frozen=True)
class Look:
    """How frames are drawn right now. Replaced whole, never changed in place."""

    code: StyleCode
    strength: float = 1.0  # 0 is the content itself


@dataclass(frozen=True)
class Port:
    """One input or output of a graph."""

    name: str
    shape: tuple[int | str, ...]  # a word is a free size: ("B", 3, "H", "W")

    @property
    def is_picture(self) -> bool:
        """Whether an Image goes through: engines take and give it as Pixels."""
        return self.shape[1:2] == (3,) and len(self.shape) == 4


@dataclass(frozen=True)
class Graph:
    """One function of tensors that a runtime can compile: encode or stylize."""

    name: str  # "adain.stylize"
    function: torch.nn.Module | Path  # module(*inputs) -> tuple of outputs, or its .onnx
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    digest: str  # sha256 of the weights; part of the engine's name on disk


@dataclass(frozen=True)
class Profile:
    """For which size, number format and device a graph is compiled."""

    size: tuple[int, int] | None  # height and width of the picture going in; None for any
    precision: Precision
    device: str  # "cpu", "cuda:0"
    bits: int = 8  # pictures go in and out as uint8, above 8 as uint16
    at_once: int = 1  # calls that share the cores, side by side


class Runtime(Protocol):
    """A way to run graphs: PyTorch or OpenVINO."""

    reads: Literal["module", "onnx"]  # what `Graph.function` must be
    at_once: int  # calls that are done sooner side by side than one after the other

    def best_precision(self, device: str) -> Precision:
        """The number format to take on `device` when none is asked for."""

    def compile(self, graph: Graph, profile: Profile) -> Engine:
        """Return a callable engine; it may be called from several threads at once."""
