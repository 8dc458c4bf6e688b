"""The reference here is float64 arithmetic of H.273's definitions, written a second time."""

from types import SimpleNamespace

import av
import numpy as np
import pytest
from av.sidedata.sidedata import Type as SideData
from media import clip, in_bits, smooth, turned

from vidstyle.avframe import FrameReader, FrameWriter, color_of, layout_of, orientation
from vidstyle.contracts import Color

WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}  # H.273, table 4
SD = Color(matrix=6, primaries=6, transfer=6)
PLANAR = (
    "yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "yuva420p", "yuva422p",
    "yuva444p", "yuv420p9le", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuva444p10le",
    "yuv420p12le", "yuva444p12le", "yuv420p14le", "yuv444p16le",
)  # fmt: skip
REPACKED = {  # the same samples, stored another way
    "nv12": "yuv420p", "nv21": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p",
    "yuyv422": "yuv422p", "uyvy422": "yuv422p", "p010le": "yuv420p10le", "p210le": "yuv422p10le",
    "yuv420p10be": "yuv420p10le", "y210le": "yuv422p10le", "xv30le": "yuv444p10le",
    "p012le": "yuv420p12le", "p016le": "yuv420p16le",
}  # fmt: skip
RGB = (
    "rgb24", "bgr24", "rgba", "bgra", "argb", "rgb0", "gbrp", "gbrap", "rgb48le", "rgba64le",
    "gbrp10le", "gbrp12le", "gbrap10le", "gbrp16le",
)  # fmt: skip
GREY = ("gray", "gray10le", "gray12le", "gray16le", "ya8", "ya16le")


def planes_of(picture, name, color):
    """A float picture as planes of a format: chroma at the left, and halfway between rows."""
    format = av.VideoFormat(name)
    red, blue = WEIGHTS[color.matrix]
    luma = picture.astype(np.float64) @ [red, 1 - red - blue, blue]
    chroma = [(picture[..., 2] - luma) / (2 - 2 * blue), (picture[..., 0] - luma) / (2 - 2 * red)]
    height, width = luma.shape
    rows, columns = format.chroma_height(height), format.chroma_width(width)
    down, across = 256 // format.chroma_height(256), 256 // format.chroma_width(256)
    y = np.clip(np.arange(rows) * down + (down - 1) / 2, 0, height - 1)
    x = np.clip(np.arange(columns) * across, 0, width - 1)
    bits = format.components[0].bits
    unit, top = 2 ** (bits - 8), 2**bits - 1
    scales = (top, top) if color.full_range else (219 * unit, 224 * unit)
    made = [luma * scales[0] + (0 if color.full_range else 16 * unit)]
    made += [_between(plane, y)[:, x] * scales[1] + 128 * unit for plane in chroma]
    if len(format.components) == 4:
        made.append(np.full(luma.shape, top))
    return [np.rint(plane).astype(np.uint16 if bits > 8 else np.uint8) for plane in made]


def _between(plane, y):
    low = np.floor(y).astype(int)
    high = np.minimum(low + 1, len(plane) - 1)
    part = (y - low)[:, None]
    return plane[low] * (1 - part) + plane[high] * part


def filled(planes, name):
    """A frame that holds `planes`."""
    frame = av.VideoFrame(planes[0].shape[1], planes[0].shape[0], name)
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        values = np.ascontiguousarray(values).view(np.uint8)
        rows[: len(values), : values.shape[1]] = values
    return frame


def planes_in(frame):
    deep = frame.format.components[0].bits > 8
    made = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height]
        made.append((rows.view(np.uint16) if deep else rows)[:, : plane.width].astype(int))
    return made


def levels_off(pixels, picture):
    """How far pixels are from a float picture, in levels of 8 bits."""
    return np.abs(pixels.astype(float) / np.iinfo(pixels.dtype).max - picture) * 255


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("name", [*PLANAR, *REPACKED])
def test_every_yuv_format_is_read(name, full_range):
    color = Color(6, full_range, 6, 6)
    base, picture = REPACKED.get(name, name), smooth(240, 320)
    frame = filled(planes_of(picture, base, color), base)
    if name != base:
        frame = frame.reformat(format=name)
    pixels, alpha = FrameReader().read(frame, color)
    off = levels_off(pixels, picture)
    assert off.mean() < 0.6  # half a level of 8-bit Y, U and V each, and another for RGB
    assert np.quantile(off, 0.99) < 2.2  # at the right edge chroma is repeated
    assert alpha is None


@pytest.mark.parametrize("height, width", [(361, 641), (17, 33), (3, 1), (1, 3), (1, 1)])
@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "yuv411p", "yuv410p", "yuva420p"])
def test_odd_sizes_are_read_whole(name, height, width):
    picture = np.broadcast_to(smooth(1, 1), (height, width, 3))
    pixels, _ = FrameReader().read(filled(planes_of(picture, name, SD), name), SD)
    assert pixels.shape == (height, width, 3)
    assert levels_off(pixels, picture).max() < 2.2  # rounding of Y, U, V and RGB


@pytest.mark.parametrize("name", RGB)
def test_every_rgb_format_is_read_exactly(name):
    deep = av.VideoFormat(name).components[0].bits > 8
    picture = in_bits(smooth(48, 65), np.uint16 if deep else np.uint8)
    packed = av.VideoFrame.from_ndarray(picture, format="rgb48le" if deep else "rgb24")
    packed = packed.reformat(format=name)
    pixels, alpha = FrameReader().read(packed, color_of(packed))
    assert np.abs(pixels.astype(int) - picture).max() <= (64 if deep else 0)  # a level of 10 bits
    assert alpha is None


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("name", GREY)
def test_grey_is_read_in_its_range(name, limited):
    picture = np.repeat(smooth(48, 64)[..., :1], 3, -1)
    bits = av.VideoFormat(name).components[0].bits
    luma = picture[..., 0] * (219 if limited else 2**bits - 1) * (2 ** (bits - 8) if limited else 1)
    luma = np.rint(luma + 16 * 2 ** (bits - 8) * limited).astype(
        np.uint16 if bits > 8 else np.uint8
    )
    if name.startswith("ya"):
        luma = np.stack([luma, np.full_like(luma, 2**bits - 1)], -1).reshape(48, 128)
    frame = filled([luma], name) if len(luma[0]) == 64 else av.VideoFrame(64, 48, name)
    np.frombuffer(frame.planes[0], luma.dtype).reshape(48, -1)[:, : luma.shape[1]] = luma
    frame.color_range = 1 if limited else 2
    pixels, _ = FrameReader().read(frame, color_of(frame))
    assert levels_off(pixels, picture).max() < 1.1  # rounding before and after


@pytest.mark.parametrize("name", ["rgba", "gbrap10le", "yuva420p", "yuva444p10le", "yuva444p12le"])
def test_alpha_is_read(name):
    wanted = in_bits(smooth(48, 64))[..., 0]
    packed = np.dstack([in_bits(smooth(48, 64)), wanted])
    frame = av.VideoFrame.from_ndarray(packed, format="rgba").reformat(format=name)
    _, alpha = FrameReader().read(frame, SD)
    assert np.abs(alpha.astype(int) - wanted).max() <= 1  # swscale's own rounding


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("layout", ["420", "422", "444"])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", [6, 1, 9])
def test_a_smooth_video_comes_back_within_one_level(matrix, full_range, layout, bits):
    name = f"yuv{layout}p" + ("10le" if bits == 10 else "")
    color = Color(matrix, full_range, matrix, matrix)
    before = planes_of(smooth(360, 640), name, color)
    pixels, _ = FrameReader().read(filled(before, name), color)
    after = planes_in(FrameWriter(name, color).write(pixels))
    assert max(np.abs(a - b).max() for a, b in zip(after, before, strict=True)) <= 1


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("matrix", [6, 1, 9])
def test_pixels_come_back_through_full_chroma_within_one_level(matrix, bits):
    name = "yuv444p" + ("10le" if bits == 10 else "")
    color = Color(matrix, True, matrix, matrix)
    picture = in_bits(smooth(360, 640), np.uint8 if bits == 8 else np.uint16)
    pixels, _ = FrameReader().read(FrameWriter(name, color).write(picture), color)
    level = 1 if bits == 8 else 65535 / 1023
    assert np.abs(pixels.astype(int) - picture).max() <= 2 * level  # blue is 1.86 levels of U
    assert np.abs(pixels.astype(int) - picture).mean() < level


def test_chroma_that_was_raised_is_lowered_to_itself_at_the_sides():
    color = Color(1, True, 1, 1)
    before = planes_of(smooth(48, 64), "yuv422p16le", color)
    pixels, _ = FrameReader().read(filled(before, "yuv422p16le"), color)
    after = planes_in(FrameWriter("yuv422p16le", color).write(pixels))
    assert np.abs(after[1] - before[1])[:, [0, -1]].max() <= 4  # of 65535: roundings


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "rgb24", "gbrp10le", "yuvj420p"])
def test_an_odd_size_is_written_with_its_edge_repeated(name):
    picture = in_bits(smooth(17, 33))
    frame = FrameWriter(name, SD).write(picture)
    layout = layout_of(av.VideoFormat(name))[0]
    assert frame.width == 33 + (layout != "rgb")
    assert frame.height == 17 + (layout == "420")


def test_alpha_over_a_format_without_it_lies_on_black():
    picture, alpha = in_bits(smooth(48, 64)), np.zeros((48, 64), np.uint8)
    frame = FrameWriter("yuv444p", SD).write(picture, alpha)
    assert (planes_in(frame)[0] == 16).all()


@pytest.mark.parametrize(
    ("size", "matrix"), [((320, 240), 6), ((720, 576), 6), ((1280, 534), 1), ((720, 1280), 1)]
)
def test_an_untagged_matrix_is_chosen_by_size_and_said(caplog, size, matrix):
    caplog.set_level("INFO")
    color = color_of(av.VideoFrame(*size, "yuv420p"))
    assert (color.matrix, color.primaries, color.full_range) == (matrix, matrix, False)
    assert "is taken, for its size" in caplog.text


def test_tags_are_taken_as_they_are():
    frame = av.VideoFrame(64, 48, "yuv420p10le")
    frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc = 9, 2, 9, 16
    assert color_of(frame) == Color(9, True, 9, 16)


def test_rgb_keeps_its_tagged_transfer():
    frame = av.VideoFrame(64, 48, "gbrp10le")
    frame.color_primaries, frame.color_trc = 9, 16
    assert color_of(frame) == Color(0, True, 9, 16)


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("yuv420p", ("420", 8, False)), ("yuv410p", ("420", 8, False)),
        ("yuv411p", ("422", 8, False)), ("yuv440p", ("444", 8, False)),
        ("yuva444p12le", ("444", 12, True)), ("p010le", ("420", 10, False)),
        ("pal8", ("rgb", 8, True)), ("gray10le", ("rgb", 10, False)), ("gbrap", ("rgb", 8, True)),
        ("monob", ("rgb", 8, False)), ("rgb565le", ("rgb", 8, False)),
    ],
)  # fmt: skip
def test_layouts_are_told(name, layout):
    assert layout_of(av.VideoFormat(name)) == layout


ORIENTATIONS = {  # display matrix (a, b, c, d): x' = a x + c y, y' = b x + d y
    (1, 0, 0, 1): lambda p: p, (-1, 0, 0, 1): lambda p: p[:, ::-1],
    (1, 0, 0, -1): lambda p: p[::-1], (-1, 0, 0, -1): lambda p: p[::-1, ::-1],
    (0, 1, 1, 0): lambda p: p.transpose(1, 0, 2), (0, 1, -1, 0): lambda p: np.rot90(p, -1),
    (0, -1, 1, 0): lambda p: np.rot90(p),
    (0, -1, -1, 0): lambda p: np.rot90(p.transpose(1, 0, 2), 2),
}  # fmt: skip


@pytest.mark.parametrize("matrix", ORIENTATIONS)
def test_every_orientation_is_turned_upright(tmp_path, matrix):
    path = turned(clip(tmp_path / "a.mp4", frames=1), matrix)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    upright, _ = FrameReader().read(frame, SD)
    flat = SimpleNamespace(side_data={})
    assert orientation(flat) == (False, False, False)
    with av.open(str(turned(path, (1, 0, 0, 1)))) as container:
        stored, _ = FrameReader().read(next(container.decode(video=0)), SD)
    assert (upright == ORIENTATIONS[matrix](stored)).all()


def test_a_small_tilt_is_no_orientation():
    data = np.array([65000, 3000, 0, -3000, 65000, 0, 0, 0, 1 << 30], np.int32).tobytes()
    assert orientation(SimpleNamespace(side_data={SideData.DISPLAYMATRIX: data})) == (False,) * 3


def test_pixels_outlive_their_frame():
    planes = planes_of(smooth(48, 64), "yuv444p", SD)
    pixels, _ = FrameReader().read(filled(planes, "yuv444p"), SD)
    assert levels_off(pixels, smooth(48, 64)).max() < 2.2
    assert pixels.flags.c_contiguous and pixels.flags.owndata
