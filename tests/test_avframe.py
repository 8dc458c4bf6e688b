"""The reference here is float64 arithmetic of H.273's definitions, written a second time."""


import av
import numpy as np

WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}  # H.273, table 4
REPACKED = {  # the same samples, stored another way
    "nv12": "yuv420p", "nv21": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p",
    "yuyv422": "yuv422p", "uyvy422": "yuv422p", "p010le": "yuv420p10le", "p210le": "yuv422p10le",
    "yuv420p10be": "yuv420p10le", "y210le": "yuv422p10le", "xv30le": "yuv444p10le",
    "p012le": "yuv420p12le", "p016le": "yuv420p16le",
}  # fmt: skip
PLANAR = (
    "yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p", "yuv440p", "yuv411p",
    "yuv410p", "yuva420p", "yuva422p", "yuva444p", "yuv420p9le", "yuv420p10le", "yuv422p10le",
    "yuv444p10le", "yuva444p10le", "yuv420p12le", "yuva444p12le", "yuv420p14le", "yuv444p16le",
)  # fmt: skip
RGB = ("rgb24", "bgr24", "rgba", "bgra", "argb", "rgb0", "gbrp", "gbrap", "rgb48le", "rgba64le",
       "gbrp10le", "gbrp12le", "gbrap10le", "gbrp16le")  # fmt: skip
GREY = ("gray", "gray10le", "gray12le", "gray16le", "ya8", "ya16le")


def planes_of(picture, format, color):
    """A float picture as the planes of `format`: chroma left, and halfway between rows."""
    red, blue = WEIGHTS[color.matrix]
    luma = picture.astype(np.float64) @ [red, 1 - red - blue, blue]
    chroma = [(picture[..., 2] - luma) / (2 - 2 * blue), (picture[..., 0] - luma) / (2 - 2 * red)]
    height, width = luma.shape
    rows, columns = format.chroma_height(height), format.chroma_width(width)
    down, across = (-(-256 // side) for side in (format.chroma_height(256), format.chroma_width(256)))
    y = np.clip(np.arange(rows) * down + (down - 1) / 2, 0, height - 1)
    x = np.clip(np.arange(columns) * across, 0, width - 1)
    chroma = [_between(plane, y)[:, x] for plane in chroma]
    bits = format.components[0].bits
    if color.full_range:
        scales, offsets = (2**bits - 1, 2**bits - 1), (0, 2 ** (bits - 1))
    else:
        scales, offsets = (219 * 2 ** (bits - 8), 224 * 2 ** (bits - 8)), (16 * 2 ** (bits - 8), 2 ** (bits - 1))
    made = [luma * scales[0] + offsets[0], *(c * scales[1] + offsets[1] for c in chroma)]
    if len(format.components) == 4:
        made.append(np.full(luma.shape, 2**bits - 1))
    return [np.clip(np.rint(plane), 0, 2**bits - 1).astype(np.uint16 if bits > 8 else np.uint8) for plane in made]


def _between(plane, y):
    low = np.floor(y).astype(int)
    high = np.minimum(low + 1, len(plane) - 1)
    part = (y - low)[:, None]
    return plane[low] * (1 - part) + plane[high] * part


def filled(planes, name):
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, name)
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        rows[: len(values), : values.shape[1] * values.itemsize] = np.ascontiguousarray(values).view(np.uint8)
    return frame


def planes(frame):
    deep = frame.format.components[0].bits > 8
    made = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height]
        made.append((rows.view(np.uint16) if deep else rows)[:, : plane.width].astype(int))
    return made
