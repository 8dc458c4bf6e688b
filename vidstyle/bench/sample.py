"""The clips that are drawn: one that was given, or one made for each size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vidstyle.avfile import is_live
from vidstyle.bench.cases import Case
from vidstyle.bench.clip import RATE, make_clip
from vidstyle.bench.worker import Task
from vidstyle.errors import InputError
from vidstyle.sources import DEFAULT_RATE, Reading, is_photo, open_source

_FRAMES = 250  # of a clip at 640x360; of a larger one fewer, so that it is made as quickly
_FEWEST = 50
_GPU = 3  # times as many for a GPU, which is that much faster at least
_PIXELS = 640 * 360


@dataclass(frozen=True)
class Clip:
    """A clip that is drawn."""

    path: str
    height: int
    width: int
    rate: float  # frames a second
    frames: int

    def task(self, kind: str, case: Case, folder: Path, **more: float) -> Task:
        """What to measure with it; what is drawn is written into `folder`."""
        values = {"frames": self.frames} | more
        return Task(
            kind, case, self.path, (self.height, self.width), self.rate,
            sink=str(folder / "out.mp4"), **values,  # type: ignore[arg-type]
        )  # fmt: skip


def given(path: str) -> Clip:
    """The clip that is there.

    Raises:
        InputError: it cannot be read, or is no clip.
    """
    if path == "-" or is_live(path) or is_photo(path):
        raise InputError(f"{path!r} cannot be read again and again; --input is a clip's file.")
    with open_source(path, Reading()) as source:
        info = source.info
    rate = float(info.rate or DEFAULT_RATE)
    count = info.count or (round(float(info.seconds) * rate) if info.seconds else _FRAMES)
    return Clip(path, info.height, info.width, rate, max(1, count))


def made(folder: Path, case: Case, frames: int | None = None) -> Clip:
    """A clip of that size, or a pixel larger, in `folder`.

    Args:
        folder: where it lies, and is found when it is asked for again.
        case: of its size, and for its device.
        frames: how many; None: as many as suit the size.
    """
    if frames is None:
        frames = max(_FEWEST, min(_FRAMES, 2 * _FRAMES * _PIXELS // (case.width * case.height)))
        frames *= _GPU if case.device.startswith("cuda") else 1
    width, height = (side + side % 2 for side in (case.width, case.height))  # H.264 has even ones
    path = folder / f"{width}x{height}-{frames}.mp4"
    if not path.exists():
        make_clip(path, width, height, frames)
    return Clip(str(path), height, width, RATE, frames)
