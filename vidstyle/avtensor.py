"""FFmpeg's frames to Pixels on a device and back: what avframe.py does, for plain 4:2:0.

Half as much crosses between host and GPU as in RGB, or nothing where FFmpeg decodes there.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import av
import numpy as np
import torch
from torch import Tensor
from torch.utils.dlpack import from_dlpack

from vidstyle.avframe import fill, format_of, orientation
from vidstyle.contracts import Color
from vidstyle.planes import pixels_of, planes_of
from vidstyle.transfer import on_host, pinned, stream_for
from vidstyle.yuv import PACKINGS


class TensorReader:
    """FFmpeg's frames, in the host's memory or the GPU's, to upright Pixels on `device`."""

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)

    def reads(self, frame: av.VideoFrame) -> bool:
        """Whether `frame` is of 8 or 10 bits in 4:2:0, and stored so that PyAV shares it."""
        packing = PACKINGS.get(format_of(frame).name)
        if packing is None or any(plane.line_size < 0 for plane in frame.planes):
            return False
        return not packing.pairs or (frame.width % 2 == 0 and frame.height % 2 == 0)

    def read(self, frame: av.VideoFrame, color: Color) -> Tensor:
        """Pixels, turned as the display matrix says; begun on the device's current stream.

        FFmpeg decodes on the default stream: where that is the current one, frames come in order.
        """
        # As capsules, since PyAV refuses torch's wish that its stream be waited for.
        planes = [from_dlpack(plane.__dlpack__()) for plane in frame.planes]
        there = [self._there(plane) for plane in planes]
        pixels = pixels_of(there, PACKINGS[format_of(frame).name], color)
        return _turned(pixels, orientation(frame))

    def _there(self, plane: Tensor) -> Tensor:
        if plane.device.type == self._device.type:
            return plane
        return pinned(plane).to(self._device, non_blocking=True)


class TensorWriter:
    """Pixels on a device to FFmpeg's frames in the host's memory: converted first, then fetched.

    Args:
        format: a row of PACKINGS that stores each of Y, U and V as a plane.
        color: what the numbers of the frames mean.
    """

    def __init__(self, format: str, color: Color) -> None:
        self._format, self._color = format, color

    def write(self, pixels: Tensor) -> av.VideoFrame:
        """A frame of `pixels`, which must be finished; odd sizes as avframe.FrameWriter's."""
        with _beside_drawing(pixels.device):
            planes = planes_of(pixels, PACKINGS[self._format], self._color)
            fetched = on_host(torch.cat([plane.view(torch.uint8).flatten() for plane in planes]))
        parts = np.split(fetched, np.cumsum([plane.nbytes for plane in planes])[:-1])
        height, width = planes[0].shape
        frame = av.VideoFrame(width, height, self._format)
        rows = [part.reshape(plane.shape[0], -1) for part, plane in zip(parts, planes, strict=True)]
        fill(frame, rows, self._color)
        return frame


def _beside_drawing(device: torch.device) -> AbstractContextManager[object]:
    """On a GPU another stream, or what is still to be drawn would be waited for, too."""
    if device.type == "cpu":
        return nullcontext()
    return torch.cuda.stream(stream_for("planes", device))


def _turned(pixels: Tensor, turn: tuple[bool, bool, bool]) -> Tensor:
    """As avframe.py turns; numbers of 16 bits as signed ones, which torch can flip everywhere."""
    transpose, left_right, up_down = turn
    flips = [axis for axis, flip in ((0, up_down), (1, left_right)) if flip]
    if not (transpose or flips):
        return pixels
    numbers = pixels.view(torch.int16) if pixels.dtype == torch.uint16 else pixels
    if transpose:
        numbers = numbers.transpose(0, 1)
    return numbers.flip(flips).contiguous().view(pixels.dtype)
