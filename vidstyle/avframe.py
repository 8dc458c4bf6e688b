"""FFmpeg's frames to Pixels and back: color matrix, range, chroma, transparency, turning.

The arithmetic is our own, on 16 bits and with one rounding: FFmpeg's scaler is off by up to three
levels for 10-bit video in full range, and by two for plain 8-bit 4:2:0 (measured with smooth
pictures there and back; ours stays within one).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import av
import cv2
import numpy as np
from av.sidedata.sidedata import Type as SideData
from av.video.reformatter import VideoReformatter

from vidstyle.contracts import Alpha, Color, HostArray, Pixels
from vidstyle.image import over_black, to_uint8
from vidstyle.yuv import LUMA_WEIGHTS, from_rgb, to_rgb

log = logging.getLogger(__name__)

RGB, UNSPECIFIED = 0, 2  # matrix coefficients, as H.273 numbers them
LIMITED_RANGE, FULL_RANGE = 1, 2  # AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG
_PLANAR = re.compile(r"yuv[aj]?4\d\dp(10le|12le|16le)?")  # read as they are; others are repacked
_SUBSAMPLING = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}  # layout -> across, down


def format_of(frame: av.VideoFrame) -> av.VideoFormat:
    """How the samples of `frame` are stored, in the host's memory or in a GPU's."""
    return frame.sw_format or frame.format


def in_host_memory(frame: av.VideoFrame) -> av.VideoFrame:
    """`frame`, fetched from a GPU's memory where it lies there; its numbers stay as they are."""
    return frame if frame.sw_format is None else frame.reformat(format=frame.sw_format.name)


def color_of(frame: av.VideoFrame) -> Color:
    """What the numbers of `frame` mean; what is not said is chosen as other players choose it."""
    primaries, transfer = int(frame.color_primaries), int(frame.color_trc)
    if _is_rgb(format_of(frame)):
        return Color(RGB, True, _tagged(primaries, 1), _tagged(transfer, 13))
    matrix = int(frame.colorspace)
    if matrix not in LUMA_WEIGHTS:
        said = "untagged" if matrix == UNSPECIFIED else f"tagged with matrix {matrix}, unknown here"
        matrix = usual_matrix(frame.width, frame.height)
        name = "BT.709" if matrix == 1 else "BT.601"
        log.info("The video's color is %s; %s is taken, for its size.", said, name)
    full = int(frame.color_range) == FULL_RANGE or format_of(frame).name.startswith("yuvj")
    usual = matrix if matrix in (1, 5, 6, 7, 9) else 1
    return Color(
        matrix, full, _tagged(primaries, usual), _tagged(transfer, 1 if matrix in (1, 9, 10) else 6)
    )


def usual_matrix(width: int, height: int) -> int:
    """The matrix of video that does not say: BT.709 for high definition, else BT.601, as in mpv."""
    return 1 if width >= 1280 or height > 576 else 6


def layout_of(format: av.VideoFormat) -> tuple[str, int, bool]:
    """How `format` stores pictures: chroma layout ("420", "422", "444", "rgb"), bits, alpha."""
    bits = max(8, *(component.bits for component in format.components))
    alpha = any(component.is_alpha for component in format.components) or format.has_palette
    if _is_rgb(format):
        return "rgb", bits, alpha
    across, down = _subsampling(format)
    return "444" if across == 1 else "422" if down == 1 else "420", bits, alpha


class FrameReader:
    """FFmpeg's frames to upright Pixels. One for each thread: it owns a converter."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def read(self, frame: av.VideoFrame, color: Color) -> tuple[Pixels, Alpha | None]:
        """Pixels (uint16 above 8 bits) and alpha of `frame`, turned as its display matrix says."""
        turn = orientation(frame)
        frame = in_host_memory(frame)
        is_rgb = _is_rgb(frame.format)
        pixels, alpha = self._rgb(frame) if is_rgb else self._yuv(frame, color)
        if alpha is not None and alpha.min() == 255:
            alpha = None
        return _turned(pixels, turn), None if alpha is None else _turned(alpha, turn)

    def _rgb(self, frame: av.VideoFrame) -> tuple[Pixels, Alpha | None]:
        _, bits, has_alpha = layout_of(frame.format)
        name = packed_format(bits, has_alpha)
        packed = _planes(self._reformat(frame, name))[0]
        pixels = np.ascontiguousarray(packed[..., :3])
        if len(frame.format.components) < 3 and int(frame.color_range) == LIMITED_RANGE:
            pixels = _grey_levels(bits)[pixels]
        return pixels, to_uint8(np.ascontiguousarray(packed[..., 3])) if has_alpha else None

    def _yuv(self, frame: av.VideoFrame, color: Color) -> tuple[Pixels, Alpha | None]:
        layout, bits, has_alpha = layout_of(frame.format)
        if not _PLANAR.fullmatch(frame.format.name):
            bits = next(depth for depth in (8, 10, 12, 16) if depth >= bits)
            frame = self._reformat(frame, pixel_format(layout, bits, has_alpha))
        planes = _planes(frame)
        pixels = _to_rgb(planes[:3], _subsampling(frame.format), bits, color)
        if not has_alpha:
            return pixels, None
        return pixels, to_uint8(_scaled(planes[3], 65535 / (2**bits - 1), np.uint16))

    def _reformat(self, frame: av.VideoFrame, name: str) -> av.VideoFrame:
        return self._reformatter.reformat(frame, format=name, threads=1)


class FrameWriter:
    """Pixels to FFmpeg's frames of one pixel format and color. One for each thread."""

    def __init__(self, format: str, color: Color) -> None:
        self._format = av.VideoFormat(format)
        self._color = color
        self._reformatter = VideoReformatter()
        self._layout, self._bits, self._has_alpha = layout_of(self._format)

    def write(self, pixels: Pixels, alpha: Alpha | None = None) -> av.VideoFrame:
        """A frame; odd sizes are made even by repeating the last row or column where they must."""
        if alpha is not None and not self._has_alpha:
            pixels = over_black(pixels, alpha)
        if self._layout == "rgb":
            return self._packed(pixels, alpha)
        across, down = _SUBSAMPLING[self._layout]
        below, right = -pixels.shape[0] % down, -pixels.shape[1] % across
        if below or right:
            pixels = np.pad(pixels, ((0, below), (0, right), (0, 0)), mode="edge")
            alpha = None if alpha is None else np.pad(alpha, ((0, below), (0, right)), mode="edge")
        planes = _to_yuv(pixels, self._layout, self._bits, self._color)
        if self._has_alpha:
            opaque = np.full(pixels.shape[:2], 255, np.uint8) if alpha is None else alpha
            scale = (2**self._bits - 1) / 255
            planes.append(_scaled(opaque.astype(np.uint16), scale, planes[0].dtype))
        name = pixel_format(self._layout, self._bits, self._has_alpha)
        frame = av.VideoFrame(pixels.shape[1], pixels.shape[0], name)
        fill(frame, planes, self._color)
        return frame if name == self._format.name else self._as_wished(frame)

    def _packed(self, pixels: Pixels, alpha: Alpha | None) -> av.VideoFrame:
        if self._bits == 8:
            pixels = to_uint8(pixels)
        elif pixels.dtype == np.uint8:
            pixels = pixels.astype(np.uint16) * 257
        if self._has_alpha:
            top = np.iinfo(pixels.dtype).max
            opaque = np.full(pixels.shape[:2], top, pixels.dtype)
            if alpha is not None:
                opaque = alpha.astype(pixels.dtype) * (top // 255)
            pixels = np.dstack([pixels, opaque])
        name = packed_format(self._bits, self._has_alpha)
        frame = av.VideoFrame(pixels.shape[1], pixels.shape[0], name)
        fill(frame, [pixels.reshape(pixels.shape[0], -1)], self._color)
        return frame if name == self._format.name else self._as_wished(frame)

    def _as_wished(self, frame: av.VideoFrame) -> av.VideoFrame:
        return self._reformatter.reformat(frame, format=self._format.name, threads=1)


def fill(frame: av.VideoFrame, planes: Sequence[HostArray], color: Color) -> None:
    """Write `planes`, each [H, W], into a frame in the host's memory, and say what they mean."""
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
        source = np.ascontiguousarray(values).view(np.uint8)
        rows[: source.shape[0], : source.shape[1]] = source
    tag(frame, color)


def tag(frame: av.VideoFrame, color: Color) -> None:
    """Say what the numbers of `frame` mean."""
    frame.colorspace = color.matrix
    frame.color_range = FULL_RANGE if color.full_range else LIMITED_RANGE
    frame.color_primaries = color.primaries
    frame.color_trc = color.transfer


def pixel_format(layout: str, bits: int, alpha: bool = False) -> str:
    """FFmpeg's name of a planar format: ("420", 10, False) -> "yuv420p10le"."""
    if layout == "rgb":
        return "gbrp" if bits <= 8 else f"gbrp{bits}le"
    return f"yuv{'a' if alpha else ''}{layout}p" + (f"{bits}le" if bits > 8 else "")


def packed_format(bits: int, alpha: bool) -> str:
    """FFmpeg's name of packed RGB that holds that many bits: (10, False) -> "rgb48le"."""
    if alpha:
        return "rgba" if bits <= 8 else "rgba64le"
    return "rgb24" if bits <= 8 else "rgb48le"


def orientation(frame: av.VideoFrame) -> tuple[bool, bool, bool]:
    """What the display matrix asks for: (transpose), then (flip left-right), (flip up-down)."""
    held: Any = frame.side_data  # PyAV's stubs know a few of its keys only
    if SideData.DISPLAYMATRIX not in held:
        return False, False, False
    data = held[SideData.DISPLAYMATRIX]
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):  # the picture's x goes to (a, b), its y to (c, d)
        return False, a < 0, d < 0
    return True, c < 0, b < 0


def _turned(pixels: HostArray, turn: tuple[bool, bool, bool]) -> HostArray:
    transpose, left_right, up_down = turn
    if transpose:
        pixels = cv2.transpose(pixels)
    if left_right or up_down:
        pixels = cv2.flip(pixels, -1 if left_right and up_down else 1 if left_right else 0)
    return pixels


def _is_rgb(format: av.VideoFormat) -> bool:
    """Grey counts as RGB: it has no chroma to convert."""
    return format.is_rgb or format.has_palette or len(format.components) < 3


def _subsampling(format: av.VideoFormat) -> tuple[int, int]:
    """How many pixels share a sample of chroma, across and down."""
    return 256 // format.chroma_width(256), 256 // format.chroma_height(256)


def _tagged(value: int, otherwise: int) -> int:
    return otherwise if value in (0, UNSPECIFIED) else value


@lru_cache
def _grey_levels(bits: int) -> HostArray:
    """Full-range grey for each level of limited range, which FFmpeg's scaler leaves as it is."""
    top = 255 if bits == 8 else 65535
    black, white = (level * 2.0 ** (bits - 8) / (2**bits - 1) * top for level in (16, 235))
    levels = np.clip((np.arange(top + 1) - black) / (white - black), 0, 1)
    return np.asarray(np.rint(levels * top), np.uint8 if bits == 8 else np.uint16)


def _planes(frame: av.VideoFrame) -> list[HostArray]:
    """Each plane as [H, W] or, packed, [H, W, C]; views while the frame lives."""
    deep = max(component.bits for component in frame.format.components) > 8
    planes: Any = frame.planes  # buffers, which PyAV's stubs do not say
    views = []
    for plane in planes:
        rows = np.frombuffer(plane, np.uint8).reshape(-1, abs(plane.line_size))
        rows = rows[:: 1 if plane.line_size > 0 else -1][: plane.height]  # some are bottom-up
        values = rows.view(np.uint16) if deep else rows
        if len(frame.planes) == 1 and len(frame.format.components) > 1:
            channels = len(frame.format.components)
            views.append(values[:, : plane.width * channels].reshape(plane.height, -1, channels))
        else:
            views.append(values[:, : plane.width])
    return views


def _to_rgb(
    planes: list[HostArray], subsampling: tuple[int, int], bits: int, color: Color
) -> Pixels:
    deep = [_scaled(plane, 2.0 ** (16 - bits), np.uint16) for plane in planes]
    deep[1:] = [_raised(plane, subsampling, deep[0].shape) for plane in deep[1:]]
    pixels = cv2.transform(cv2.merge(deep), to_rgb(color, bits).astype(np.float32))
    return to_uint8(pixels) if bits == 8 else pixels


def _to_yuv(pixels: Pixels, layout: str, bits: int, color: Color) -> list[HostArray]:
    top = 255 if pixels.dtype == np.uint8 else 65535
    affine = (from_rgb(color, bits) / [top, top, top, 1]).astype(np.float32)
    luma, *chroma = cv2.split(cv2.transform(pixels.astype(np.uint16, copy=False), affine))
    planes = [luma, *(_lowered(plane, layout) for plane in chroma)]
    dtype = np.uint8 if bits == 8 else np.uint16
    return [_scaled(plane, 2.0 ** (bits - 16), dtype, 2**bits - 1) for plane in planes]


def _scaled(plane: HostArray, scale: float, dtype: Any, top: int = 65535) -> HostArray:
    """Rounded and clipped multiples of `plane`, as `dtype`."""
    if dtype == np.uint8:
        return cv2.convertScaleAbs(plane, alpha=scale)
    if scale == 1:
        return plane
    if plane.dtype == np.uint8:
        plane = plane.astype(np.uint16)
    scaled = cv2.transform(np.ascontiguousarray(plane), np.array([[scale]], np.float32))
    return np.minimum(scaled, top) if top < 65535 else scaled


def _raised(chroma: HostArray, subsampling: tuple[int, int], shape: tuple[int, ...]) -> HostArray:
    """Chroma at the size of luma, linearly, its samples at the left and halfway between rows."""
    across, down = subsampling
    if (across, down) == (1, 1):
        return chroma
    places = np.array([[1 / across, 0, 0], [0, 1 / down, (1 / down - 1) / 2]], np.float32)
    return np.asarray(
        cv2.warpAffine(
            chroma, places, shape[::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )
    )  # fmt: skip


def _lowered(chroma: HostArray, layout: str) -> HostArray:
    """Chroma sampled down to the same places, so that what `_raised` made comes back.

    Across by (-1, 2, 6, 2, -1) / 8, which undoes linear interpolation exactly (Le Gall, Tabatabai,
    "Sub-band coding of digital images", 1988); pairs of rows are averaged.
    """
    across, down = _SUBSAMPLING[layout]
    if down == 2:
        chroma = cv2.resize(
            chroma, (chroma.shape[1], chroma.shape[0] // 2), interpolation=cv2.INTER_AREA
        )
    if across == 2:
        kernel = np.array([[-1, 2, 6, 2, -1]], np.float32) / 8
        chroma = cv2.filter2D(chroma, -1, kernel, borderType=cv2.BORDER_REFLECT_101)[:, ::2]
    return np.asarray(chroma)
