"""Flow that is known: of rendered footage, or of another program.

Files are Middlebury's .flo, or .npz with an array `flow`, [H, W, 2] or [2, H, W], and, if known, a
bool array `occluded`, [H, W]. One .npz can hold a whole clip: [N, H, W, 2] or [N, 2, H, W], and
[N, H, W].
"""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from vidstyle.contracts import HostArray, Pixels
from vidstyle.errors import InputError
from vidstyle.temporal.flo import read_flo
from vidstyle.temporal.flow import Flow, Motion, Numbers
from vidstyle.temporal.occlusion import breaks, leaves
from vidstyle.temporal.warp import composed, warp


class Exact:
    """Known backward flow, frame by frame.

    The first flow leads from frame 1 back to frame 0, the next from 2 to 1, and so on. Between
    frames that are further apart the flows are composed.

    Args:
        path: a file; or a folder of them, one flow in each, taken in the order of their names and
            numbers.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    def flow(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> Flow:
        """The backward flow between the frames of these `numbers`."""
        return self.motion(previous, current, numbers).flow

    def motion(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> Motion:
        """The backward flow and where not to trust it.

        Where a file does not say what is occluded, it is what leaves the picture, and where motion
        breaks.

        Raises:
            InputError: no such file, damaged, of another size, or none for these frames.
        """
        before, after = numbers
        flow, occluded = self._step(after, current)
        for number in range(after - 1, before, -1):
            earlier = self._step(number, current)
            occluded = occluded | (warp(earlier.occluded.astype(np.float32), flow) > 0)
            flow = composed(flow, earlier.flow)
        return Motion(flow, occluded | leaves(flow))

    def _step(self, number: int, current: Pixels) -> Motion:
        """The motion from frame `number` - 1 to it."""
        if not 1 <= number <= self._count:
            raise InputError(
                f"{str(self._path)!r} has {self._count} flows, for the frames from 1 on; frame "
                f"{number} has none."
            )
        if self._path.is_dir():
            path, place = self._files[number - 1], 0
            flows, occluded = _read(path)
        else:
            path, place = self._path, number - 1
            flows, occluded = self._whole
        flow = flows[place]
        if flow.shape[:2] != current.shape[:2]:
            (height, width), (high, wide) = flow.shape[:2], current.shape[:2]
            raise InputError(
                f"The flow in {str(path)!r} is {width}x{height}, and the frames are {wide}x{high}: "
                "both must be of one size."
            )
        return Motion(flow, breaks(flow) if occluded is None else occluded[place])

    @cached_property
    def _count(self) -> int:
        return len(self._files if self._path.is_dir() else self._whole[0])

    @cached_property
    def _files(self) -> list[Path]:
        """Those of the folder, of one flow each."""
        files = [file for file in self._path.iterdir() if file.suffix in (".flo", ".npz")]
        if not files:
            raise InputError(f"In the folder {str(self._path)!r} are no .flo or .npz files.")
        return sorted(files, key=_counted)

    @cached_property
    def _whole(self) -> tuple[HostArray, HostArray | None]:
        """All that the file holds: it is read but once."""
        return _read(self._path)


def _counted(file: Path) -> list[tuple[int, str]]:
    """A key by which frame_10 comes after frame_9."""
    words = re.split(r"(\d+)", file.name)  # every second one is a number
    return [(int(word), "") if place % 2 else (0, word) for place, word in enumerate(words)]


def _read(path: Path) -> tuple[HostArray, HostArray | None]:
    """The flows [N, H, W, 2] of a file, and bool [N, H, W] where it says what is occluded."""
    if path.suffix == ".flo":
        return read_flo(path)[None], None
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            flow = _in_order(np.asarray(arrays["flow"], np.float32))
            if "occluded" not in arrays:
                return flow, None
            return flow, np.asarray(arrays["occluded"], bool).reshape(flow.shape[:3])
    except FileNotFoundError:
        raise InputError(f"There is no file or folder {str(path)!r} of known flow.") from None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        reason = (str(error).splitlines() or ["it is empty"])[0]
        raise InputError(
            f"{str(path)!r} is damaged, or no .npz with an array 'flow': {reason}"
        ) from None


def _in_order(flow: HostArray) -> HostArray:
    """[N, H, W, 2] of what is that, or [N, 2, H, W], or one of them alone."""
    flow = flow[None] if flow.ndim == 3 else flow
    if flow.ndim == 4 and flow.shape[3] == 2:
        return flow
    if flow.ndim == 4 and flow.shape[1] == 2:
        return flow.transpose(0, 2, 3, 1)
    raise ValueError(f"it is {flow.shape}, and not [H, W, 2].")
