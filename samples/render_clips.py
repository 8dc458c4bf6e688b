"""Paints short clips whose true motion is known at every pixel, to try and to measure styles on.

Each clip is a paper theater: painted sheets lie one behind the other, and in every frame each
sheet is turned, scaled and moved as a whole. So the place of a pixel in the frame before is known
exactly, and so is whether it was hidden there:

    python samples/render_clips.py OUT_DIR           # NAME.mp4 for each clip
    python samples/render_clips.py OUT_DIR --flow    # also NAME/flow_00001.npz and so on
    python samples/render_clips.py OUT_DIR --check   # also how well the flow explains the pixels

Points are complex numbers, x + iy in picture pixels with y down; a whole number is the center of
a pixel. Multiplying turns and scales, adding moves.
"""

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FPS = 640, 360, 25
CENTER = complex((WIDTH - 1) / 2, (HEIGHT - 1) / 2)
SAMPLE_RATE = 48_000
BT709, LIMITED_RANGE = 1, 1  # as H.264 numbers them
DETAIL = 2
"""Sheet pixels to one picture pixel."""

Array = NDArray[Any]
Color = tuple[int, int, int]


# Moving sheets and looking at them


@dataclass(frozen=True)
class Pose:
    """Where a sheet lies: its points turned and scaled by `turn`, then moved by `shift`."""

    turn: complex = 1.0
    shift: complex = 0.0

    def __call__(self, points: Any) -> Any:
        """Carry points of the sheet to where they lie."""
        return self.turn * points + self.shift

    def after(self, first: "Pose") -> "Pose":
        """The pose that does `first`, then this one."""
        return Pose(self.turn * first.turn, self(first.shift))

    def inverse(self) -> "Pose":
        """The pose that undoes this one."""
        return Pose(1 / self.turn, -self.shift / self.turn)


@dataclass(frozen=True)
class Sheet:
    """A painted, cut-out sheet: `paint` is float32 [H, W, 4], RGB times coverage and coverage.

    Values are 0 to 1. `anchor` is the origin of the sheet's own points, in picture pixels from
    the first painted pixel; DETAIL painted pixels make one picture pixel.
    """

    paint: Array
    anchor: complex

    def covers(self, points: Array) -> Array:
        """Whether the sheet has paper, not air, at each of its own points (bool, same shape)."""
        spots = np.rint((points + self.anchor) * DETAIL)
        rows, columns = spots.imag.astype(int), spots.real.astype(int)
        height, width = self.paint.shape[:2]
        on_sheet = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        rows, columns = rows.clip(0, height - 1), columns.clip(0, width - 1)
        covered: Array = on_sheet & (self.paint[rows, columns, 3] >= 0.5)
        return covered

    def box(self, pose: Pose) -> tuple[slice, slice]:
        """The rows and columns of the picture that the sheet can touch when it lies at `pose`."""
        height, width = self.paint.shape[:2]
        corners = np.array([0, width, 1j * height, width + 1j * height]) / DETAIL - self.anchor
        lying = pose(corners)
        top, bottom = int(lying.imag.min()), int(lying.imag.max()) + 2
        left, right = int(lying.real.min()), int(lying.real.max()) + 2
        rows = slice(min(max(top, 0), HEIGHT), min(max(bottom, 0), HEIGHT))
        return rows, slice(min(max(left, 0), WIDTH), min(max(right, 0), WIDTH))

    def seen(self, pose: Pose, rows: slice, columns: slice) -> Array:
        """The sheet lying at `pose`, looked at through a window of the picture: [h, w, 4]."""
        back = pose.inverse()
        turn = back.turn * DETAIL
        start = (back(complex(columns.start, rows.start)) + self.anchor) * DETAIL
        matrix = np.array([[turn.real, -turn.imag, start.real], [turn.imag, turn.real, start.imag]])
        window = (columns.stop - columns.start, rows.stop - rows.start)
        return cv2.warpAffine(
            self.paint, matrix, window, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )


Motion = Callable[[float], Pose]
"""From seconds to where something lies in the world, whose origin is the first picture's center."""


def still(place: complex = 0) -> Motion:
    """Lie at one place."""
    return lambda seconds: Pose(shift=place)


@dataclass(frozen=True)
class Layer:
    """A sheet, how it moves, and how strongly it follows the camera: 0 far away, 1 close by."""

    sheet: Sheet
    motion: Motion = field(default_factory=still)
    nearness: float = 1.0


@dataclass(frozen=True)
class Note:
    """A plucked string: when, in seconds, how high, in Hz, and how loud, 0 to 1."""

    seconds: float
    pitch: float
    loudness: float = 1.0


@dataclass(frozen=True)
class Scene:
    """A clip: its layers from back to front, the camera's own motion and the notes it plays."""

    seconds: float
    layers: Sequence[Layer]
    camera: Motion
    notes: Sequence[Note]

    @property
    def frame_count(self) -> int:
        """The number of frames."""
        return round(self.seconds * FPS)

    def pose(self, layer: Layer, frame: int) -> Pose:
        """Where a layer lies in the picture in a frame."""
        seconds = frame / FPS
        camera = self.camera(seconds)
        # What is far follows the camera's turn, zoom and pan less: parallax.
        turn, shift = camera.turn**layer.nearness, camera.shift * layer.nearness
        view = Pose(turn, CENTER - turn * shift)
        return view.after(layer.motion(seconds))


@dataclass(frozen=True)
class RenderedFrame:
    """A frame with the truth about its motion.

    pixels: uint8 [H, W, 3], RGB.
    flow: float32 [2, H, W], (x, y) in pixels from each pixel to its place in the frame before;
        zero in a clip's first frame.
    occluded: bool [H, W], True where that place lies outside the picture or was hidden behind
        another layer; all True in a clip's first frame, which has nothing before it.
    layer: int16 [H, W], the number of the layer seen at each pixel's center, 0 the furthest.
    """

    pixels: Array
    flow: Array
    occluded: Array
    layer: Array


def render(name: str, frames: range | None = None) -> Iterator[RenderedFrame]:
    """Render frames of the clip `name`: all of them, or only those numbered in `frames`."""
    scene = CLIPS[name]()
    for frame in range(scene.frame_count) if frames is None else frames:
        yield _render_frame(scene, frame)


def _render_frame(scene: Scene, frame: int) -> RenderedFrame:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    seen_layer = np.zeros((HEIGHT, WIDTH), np.int16)
    points = _pixel_centers()
    poses = [scene.pose(layer, frame) for layer in scene.layers]
    for number, (layer, pose) in enumerate(zip(scene.layers, poses, strict=True)):
        rows, columns = window = layer.sheet.box(pose)
        if rows.start == rows.stop or columns.start == columns.stop:
            continue
        paint = layer.sheet.seen(pose, rows, columns)
        picture[window] = picture[window] * (1 - paint[..., 3:]) + paint[..., :3]
        seen_layer[window][layer.sheet.covers(pose.inverse()(points[window]))] = number
    pixels = np.rint(picture * 255).clip(0, 255).astype(np.uint8)
    if frame == 0:
        flow = np.zeros((2, HEIGHT, WIDTH), np.float32)
        return RenderedFrame(pixels, flow, np.ones((HEIGHT, WIDTH), bool), seen_layer)

    poses_before = [scene.pose(layer, frame - 1) for layer in scene.layers]
    places = points.copy()
    for number in np.unique(seen_layer):
        step_back = poses_before[number].after(poses[number].inverse())
        places[seen_layer == number] = step_back(points[seen_layer == number])
    x, y = places.real, places.imag
    occluded = (x < 0) | (x > WIDTH - 1) | (y < 0) | (y > HEIGHT - 1)
    for number, (layer, pose) in enumerate(zip(scene.layers, poses_before, strict=True)):
        rows, columns = layer.sheet.box(pose)
        beneath = ~occluded & (seen_layer < number)
        beneath &= (x >= columns.start - 1) & (x <= columns.stop)
        beneath &= (y >= rows.start - 1) & (y <= rows.stop)
        occluded[beneath] = layer.sheet.covers(pose.inverse()(places[beneath]))
    motion = places - points
    flow = np.stack([motion.real, motion.imag]).astype(np.float32)
    return RenderedFrame(pixels, flow, occluded, seen_layer)


def _pixel_centers() -> Array:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    centers: Array = columns + 1j * rows
    return centers


def flow_error(before: RenderedFrame, frame: RenderedFrame) -> float:
    """Mean absolute error, 0 to 255, of `before` carried along the flow against `frame`.

    Counts the pixels that are not occluded and whose neighborhood of 5 x 5 pixels, here and at
    their place in the frame before, shows one layer only: on an edge two motions share a pixel.
    """
    carried, wanted = carry(before.pixels, frame.flow), frame.pixels.astype(np.float32)
    inside = _one_layer(frame.layer).astype(np.float32)
    inside *= carry(_one_layer(before.layer).astype(np.float32), frame.flow) > 0.999
    counted = (inside > 0) & ~frame.occluded
    return float(np.abs(carried - wanted)[counted].mean())


def carry(image: Array, flow: Array) -> Array:
    """Read `image`, [H, W] or [H, W, C], at each pixel's place in the frame before: float32."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    return cv2.remap(
        image.astype(np.float32), columns + flow[0], rows + flow[1], cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def _one_layer(layer: Array) -> Array:
    block = np.ones((5, 5), np.uint8)
    same: Array = cv2.dilate(layer, block) == cv2.erode(layer, block)
    return same


# Painting sheets


def mix(first: Color, second: Color, share: float) -> Color:
    """The color that is `share` of the way from `first` to `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


CIRCLE = np.exp(1j * np.linspace(0, math.tau, 64, endpoint=False))


class Paper:
    """A sheet being painted; what is drawn on it becomes paper, the rest stays air.

    Places and sizes are in picture pixels from the top left corner.
    """

    def __init__(self, width: int, height: int, color: Color, seed: int) -> None:
        """Lay out a sheet of air whose cut edges will take on `color`."""
        self.width, self.height = width, height
        self.random = np.random.default_rng(seed)
        self.colors: Array = np.full((height * DETAIL, width * DETAIL, 3), color, np.uint8)
        self.cut: Array = np.zeros((height * DETAIL, width * DETAIL), np.uint8)

    def points(self) -> Array:
        """The place of every sheet pixel: complex [H, W], in picture pixels."""
        rows, columns = np.mgrid[: self.cut.shape[0], : self.cut.shape[1]] / DETAIL
        places: Array = columns + 1j * rows
        return places

    def noise(self, tall: float, wide: float) -> Array:
        """Smooth random hills, float32 [H, W], about -1 to 1, of so many picture pixels each."""
        grid = self.random.uniform(-1, 1, (int(self.height / tall) + 4, int(self.width / wide) + 4))
        places = self.points()
        columns = (places.real / wide + 1).astype(np.float32)
        rows = (places.imag / tall + 1).astype(np.float32)
        return cv2.remap(grid.astype(np.float32), columns, rows, cv2.INTER_CUBIC)

    def polygon(self, points: Any, color: Color) -> None:
        """Draw a filled shape through complex points."""
        corners = _fixed_point(points)
        cv2.fillPoly(self.colors, [corners], color, cv2.LINE_AA, shift=4)
        cv2.fillPoly(self.cut, [corners], 255, cv2.LINE_AA, shift=4)

    def punch(self, points: Any) -> None:
        """Cut a hole whose rim runs through complex points."""
        cv2.fillPoly(self.cut, [_fixed_point(points)], 0, cv2.LINE_AA, shift=4)

    def oval(self, center: complex, radii: complex, color: Color, turn: float = 0) -> None:
        """Draw a filled oval; `radii` is x + iy, `turn` in radians."""
        rim = CIRCLE.real * radii.real + 1j * CIRCLE.imag * radii.imag
        self.polygon(center + rim * np.exp(1j * turn), color)

    def line(self, start: complex, end: complex, width: float, color: Color) -> None:
        """Draw a straight bar."""
        side = 1j * (end - start) / abs(end - start) * width / 2
        self.polygon([start + side, end + side, end - side, start - side], color)

    def fill(self, colors: Array) -> None:
        """Color the whole sheet, from [H, W, 3] of 0 to 255, without cutting it anew."""
        self.colors = np.ascontiguousarray(colors.clip(0, 255).astype(np.uint8))

    def cover(self) -> None:
        """Make all of the sheet paper."""
        self.cut[:] = 255

    def blend(self, stops: Sequence[tuple[float, Color]]) -> None:
        """Color the sheet from top to bottom through (height in pixels, color)."""
        heights, colors = zip(*stops, strict=True)
        rows = np.arange(self.height * DETAIL) / DETAIL
        channels = [np.interp(rows, heights, channel) for channel in zip(*colors, strict=True)]
        column = np.stack(channels, -1)[:, None]
        self.fill(np.repeat(column, self.width * DETAIL, axis=1))

    def brush(
        self, count: int, size: complex, angle: float = 0, spread: float = 0.25, wobble: float = 9
    ) -> None:
        """Go over the paper with strokes in its own colors, each a little off.

        `size` is length + i width; strokes lie at `angle` give or take `spread`, in radians.
        """
        rows, columns = np.nonzero(self.cut[::2, ::2])
        for pick in self.random.integers(len(rows), size=count):
            x, y = int(columns[pick]) * 2, int(rows[pick]) * 2
            light, tint = self.random.normal(0, wobble), self.random.normal(0, wobble / 2.5, 3)
            color = [float(c) for c in (self.colors[y, x] + light + tint).clip(0, 255)]
            length, width = (s * self.random.uniform(0.6, 1.3) for s in (size.real, size.imag))
            axes = (max(1, round(length * DETAIL / 2)), max(1, round(width * DETAIL / 2)))
            tilt = math.degrees(self.random.normal(angle, spread))
            cv2.ellipse(self.colors, (x, y), axes, tilt, 0, 360, color, -1, cv2.LINE_AA)

    def light_edge(self, color: Color, reach: float, direction: complex = 1 + 1j) -> None:
        """Let light that travels in `direction` catch the edges that face it."""
        step = direction / abs(direction) * reach * DETAIL
        moved = np.array([[1, 0, step.real], [0, 1, step.imag]])
        size = (self.cut.shape[1], self.cut.shape[0])
        shaded = cv2.warpAffine(self.cut, moved, size)
        lit = cv2.GaussianBlur(255 - shaded, (0, 0), reach * DETAIL / 2)[..., None] / 255
        self.fill(self.colors + (np.array(color) - self.colors) * lit * 0.6)

    def sheet(self, anchor: complex | None = None, softness: float = 1.1) -> Sheet:
        """Finish: add the grain of the paper and soften to what a picture pixel can show."""
        grain = self.random.normal(0, 6, self.cut.shape)[..., None]
        colors = (self.colors + grain).clip(0, 255).astype(np.float32) / 255
        coverage = self.cut.astype(np.float32)[..., None] / 255
        paint = np.concatenate([colors * coverage, coverage], -1)
        middle = complex(self.width, self.height) / 2
        return Sheet(
            cv2.GaussianBlur(paint, (0, 0), softness), middle if anchor is None else anchor
        )


def _fixed_point(points: Any) -> Array:
    """Complex points as OpenCV draws them: whole sixteenths of a sheet pixel."""
    outline = np.asarray(points, complex) * DETAIL * 16
    return np.stack([outline.real, outline.imag], -1).round().astype(np.int32)


def ridge(width: int, height: float, hills: Sequence[tuple[float, float]], seed: int) -> Array:
    """A skyline from x = 0 to `width` around y = `height`; hills are (wave length, size)."""
    phases = np.random.default_rng(seed).uniform(0, math.tau, len(hills))
    x = np.arange(0, width + 1, 2)
    waves = [size * np.sin(math.tau * x / length + phase)
             for (length, size), phase in zip(hills, phases, strict=True)]  # fmt: skip
    skyline: Array = x + 1j * (height + np.sum(waves, axis=0))
    return skyline


def ground(paper: Paper, skyline: Array, color: Color) -> None:
    """Fill the paper below a skyline."""
    below = [paper.width + 1j * paper.height, 1j * paper.height]
    paper.polygon(np.concatenate([skyline, below]), color)


def tree(paper: Paper, foot: complex, height: float, leaves: Color) -> None:
    """Draw a round leafy tree, lit from the upper left."""
    bark = (104, 76, 62)
    paper.polygon([foot - height / 22, foot - 0.6j * height, foot + height / 22], bark)
    crown = foot - 0.66j * height
    spots = paper.random.normal(0, 1, (90, 2)) * height * np.array([0.13, 0.15])
    spots = spots.clip(-0.3 * height, 0.3 * height)
    for x, y in spots[np.argsort(spots[:, 0] - spots[:, 1])[::-1]]:
        light = 0.5 - (x + 1.3 * y) / height
        color = mix(mix(leaves, (40, 62, 70), 0.5), mix(leaves, (255, 240, 170), 0.4), light)
        radius = height * paper.random.uniform(0.035, 0.085)
        paper.oval(crown + complex(x, y), complex(radius, radius * 0.85), color)


def fir(paper: Paper, foot: complex, height: float, color: Color) -> None:
    """Draw a fir."""
    for part in np.linspace(0, 0.8, 6):
        reach = height * (0.26 - 0.22 * part)
        rim = foot - 1j * height * part
        tip = foot - 1j * height * min(1.0, part + 0.36)
        shade = mix(color, (225, 235, 220), 0.05 + 0.16 * part)
        paper.polygon([rim - reach, tip, rim + reach, rim - 0.04j * height], shade)


def house(paper: Paper, foot: complex, size: float) -> None:
    """Draw a small house with a red roof."""

    def at(x: float, y: float) -> complex:
        return foot + size * complex(x, -y)

    paper.polygon([at(0.62, 1.0), at(0.62, 1.5), at(0.76, 1.5), at(0.76, 0.9)], (150, 92, 78))
    paper.polygon([at(-0.6, 0), at(-0.6, 0.8), at(0, 1.4), at(0.6, 0.8), at(0.6, 0)],
                  (250, 232, 200))  # fmt: skip
    paper.polygon([at(0.6, 0), at(0.6, 0.8), at(1.5, 0.86), at(1.5, 0.06)], (226, 190, 160))
    paper.polygon([at(0, 1.42), at(0.95, 1.46), at(1.62, 0.78), at(0.62, 0.7)], (200, 84, 62))
    paper.polygon([at(-0.74, 0.7), at(0, 1.48), at(0.04, 1.36), at(-0.66, 0.62)], (168, 64, 54))
    for row in np.linspace(0.14, 0.86, 6):
        start = at(0, 1.42) * (1 - row) + at(0.62, 0.7) * row
        end = at(0.95, 1.46) * (1 - row) + at(1.62, 0.78) * row
        paper.line(start, end, size * 0.035, (222, 120, 88))
    for x, y in ((-0.3, 0.62), (0.3, 0.62), (0.92, 0.48), (1.26, 0.5)):
        paper.polygon([at(x - 0.12, y - 0.15), at(x - 0.12, y + 0.15), at(x + 0.12, y + 0.15),
                       at(x + 0.12, y - 0.15)], (86, 120, 142))  # fmt: skip
        paper.line(at(x - 0.12, y), at(x + 0.12, y), size * 0.035, (255, 250, 236))
        paper.line(at(x, y - 0.15), at(x, y + 0.15), size * 0.035, (255, 250, 236))
    paper.polygon([at(-0.13, 0), at(-0.13, 0.4), at(0.13, 0.4), at(0.13, 0)], (120, 86, 70))


# A valley with a balloon


@cache
def valley() -> Scene:
    """A summer valley: the camera pans along it and slowly nears, a balloon and a boat pass by."""
    wide, tall = 1000, 440

    sky = Paper(wide, tall, (200, 220, 230), seed=1)
    sky.cover()
    sky.blend([(0, (96, 164, 200)), (120, (150, 200, 212)), (220, (250, 226, 188)),
               (300, (252, 204, 160))])  # fmt: skip
    distance = np.abs(sky.points() - (690 + 150j))[..., None]
    glow = np.exp(-distance / 90) * np.array([110, 70, 10])
    sky.fill(sky.colors + glow)
    sky.brush(5000, 46 + 9j, angle=-0.12, spread=0.2, wobble=6)
    sky.brush(5000, 26 + 5j, angle=-0.12, spread=0.3, wobble=5)
    sky.oval(690 + 150j, 30 + 30j, (255, 244, 200))
    sky.brush(1500, 10 + 4j, angle=-0.12, wobble=3)

    clouds = Paper(wide, tall, (252, 240, 226), seed=2)
    for x, y, size in ((140, 96, 1.0), (410, 66, 0.7), (560, 124, 0.6), (850, 90, 1.1)):
        for lump in clouds.random.uniform(-1, 1, 16):
            radius = size * (26 * (1 - abs(lump)) + 5) * clouds.random.uniform(0.7, 1.2)
            place = complex(x + 84 * size * lump, y - radius * 0.8)
            clouds.oval(place, complex(radius * 1.2, radius), (252, 240, 226))
    shade = clouds.noise(30, 60)[..., None]
    clouds.fill(clouds.colors + shade * np.array([10, 14, 16]))
    clouds.light_edge((214, 186, 190), 7, -1j)
    clouds.brush(4200, 20 + 7j, spread=0.5, wobble=5)

    mountains = Paper(wide, tall, (142, 150, 186), seed=3)
    ground(
        mountains, ridge(wide, 196, [(410, 30), (170, 17), (66, 7), (31, 3)], 5), (142, 150, 186)
    )
    haze = np.clip((mountains.points().imag - 170) / 110, 0, 1)[..., None]
    mountains.fill(mountains.colors + haze * (np.array([236, 206, 186]) - mountains.colors))
    mountains.light_edge((238, 206, 196), 6)
    mountains.brush(9000, 22 + 5j, angle=0.7, spread=0.35, wobble=7)

    hills = Paper(wide, tall, (122, 164, 130), seed=4)
    ground(hills, ridge(wide, 238, [(520, 20), (210, 10)], 8), (122, 164, 130))
    _fields(hills, (150, 186, 128), (214, 200, 128))
    hills.light_edge((226, 222, 160), 5)
    hills.brush(9000, 15 + 4j, angle=-0.15, spread=0.3, wobble=8)
    for x in (70, 96, 118, 300, 322, 610, 640, 655, 905):
        foot = complex(x, 252 + 6 * math.sin(x))
        fir(hills, foot, hills.random.uniform(26, 44), (74, 122, 112))
    hills.brush(3000, 6 + 2j, angle=-0.15, spread=0.5, wobble=6)

    lake = Paper(wide, tall, (108, 172, 186), seed=5)
    ground(lake, ridge(wide, 272, [(900, 2)], 1), (108, 172, 186))
    lake.blend([(270, (190, 214, 196)), (300, (112, 176, 190)), (360, (70, 140, 168))])
    lake.brush(6000, 34 + 3j, spread=0.04, wobble=11)

    boat = _boat()
    balloon = _balloon()

    meadow = Paper(wide, tall, (150, 178, 84), seed=6)
    skyline = ridge(wide, 318, [(620, 30), (240, 8)], 12)
    ground(meadow, skyline, (150, 178, 84))
    _fields(meadow, (120, 158, 76), (222, 204, 104))
    meadow.light_edge((250, 236, 150), 4)
    meadow.brush(16000, 9 + 3j, angle=-1.2, spread=0.5, wobble=9)
    hilltop = 2 * int(np.argmin(skyline.imag[:350]))
    for x, height, leaves in ((hilltop - 250, 120, (96, 146, 84)),
                              (hilltop - 100, 92, (150, 160, 70)),
                              (hilltop - 62, 126, (214, 138, 66)), (640, 116, (104, 150, 86)),
                              (700, 80, (196, 168, 74)), (935, 140, (110, 150, 80))):  # fmt: skip
        tree(meadow, skyline[x // 2] + 6j, height, leaves)
    house(meadow, skyline[hilltop // 2] + 9j, 46)
    meadow.brush(7000, 4 + 1.5j, angle=-1.2, spread=0.8, wobble=8)

    grass = Paper(1300, tall, (70, 112, 72), seed=7)
    ground(grass, ridge(1300, 392, [(500, 12), (150, 5)], 3), (74, 116, 70))
    for x in grass.random.uniform(0, 1300, 900):
        root = complex(x, 402 + 8 * math.sin(x / 80))
        lean = complex(grass.random.normal(0, 7), -grass.random.uniform(18, 44))
        color = mix((60, 104, 66), (170, 184, 88), grass.random.uniform())
        grass.polygon([root - 2, root + lean, root + 2], color)
    petals: tuple[Color, ...] = ((226, 74, 62), (250, 242, 226), (240, 184, 60), (176, 120, 196))
    for number, x in enumerate(grass.random.uniform(0, 1300, 80)):
        flower = complex(x, grass.random.uniform(356, 400))
        for turn in np.exp(1j * np.arange(5) * math.tau / 5):
            grass.oval(flower + 4.4 * turn, 3.6 + 3.6j, petals[number % 4])
        grass.oval(flower, 2.6 + 2.6j, (250, 214, 110))
    grass.brush(5000, 9 + 2j, angle=-1.5, spread=0.3, wobble=8)

    birches = Paper(1300, tall, (236, 228, 214), seed=8)
    for x, lean, thickness in ((250, 10, 17), (300, -8, 11), (1010, 14, 19)):
        top, foot = complex(x + lean, -6), complex(x, 446)
        birches.line(foot, top, thickness, (240, 232, 218))
        shady = thickness / 3.4
        birches.line(foot + shady, top + shady, thickness / 2.6, (206, 190, 180))
        for height in birches.random.uniform(0.05, 0.95, 20):
            mark = top + (foot - top) * height + birches.random.uniform(-0.35, 0.1) * thickness
            birches.oval(mark, complex(thickness * 0.2, 1.5), (84, 72, 70), 0.1)
        for y in birches.random.uniform(-20, 110, 110):
            leaf = complex(x + lean + birches.random.normal(0, 46), y)
            green = mix((120, 156, 66), (236, 196, 84), birches.random.uniform())
            birches.oval(leaf, 8.5 + 5j, green, birches.random.uniform(0, math.pi))
    birches.brush(6000, 5 + 2j, angle=1.4, spread=0.6, wobble=7)

    def drift(seconds: float) -> Pose:
        return Pose(shift=6 * seconds)

    def sail(seconds: float) -> Pose:
        bob = math.sin(math.tau * seconds / 1.25)
        return Pose(np.exp(0.05j * bob), complex(124 - 26 * seconds, 84 + 1.6 * bob))

    def fly(seconds: float) -> Pose:
        sway = math.sin(math.tau * seconds / 2.5)
        size = 0.9 + 0.05 * seconds
        return Pose(size * np.exp(0.07j * sway), complex(-230 + 88 * seconds, 6 - 14 * seconds))

    def camera(seconds: float) -> Pose:
        along = _ease(seconds / 5)
        zoom = 1.02 + 0.14 * along
        return Pose(zoom * np.exp(0.012j * math.sin(seconds)), complex(-100 + 200 * along, 0))

    layers = [
        Layer(sky.sheet(), nearness=0.1), Layer(clouds.sheet(), drift, 0.15),
        Layer(mountains.sheet(), nearness=0.25), Layer(hills.sheet(), nearness=0.4),
        Layer(lake.sheet(), nearness=0.5), Layer(boat, sail, 0.55),
        Layer(meadow.sheet(), nearness=0.75), Layer(balloon, fly, 0.8),
        Layer(grass.sheet(), nearness=1.2), Layer(birches.sheet(), nearness=1.5),
    ]  # fmt: skip
    # One note whenever the boat sits deepest in a wave, an arpeggio in D.
    tune = [(0, 587), (1, 440), (2, 370), (3, 294)]
    notes = []
    for step, pitch in tune:
        for after, octave, loudness in ((0.0, 1.0, 1.0), (0.3125, 1.5, 0.5), (0.625, 2.0, 0.35)):
            notes.append(Note(0.3125 + 1.25 * step + after, pitch * octave, loudness))
    return Scene(5, layers, camera, notes)


def _ease(share: float) -> float:
    """From 0 to 1 with a soft start and a soft end."""
    return 0.5 - 0.5 * math.cos(math.pi * share)


def _fields(paper: Paper, dark: Color, light: Color) -> None:
    """Tint the ground in soft patches, as fields are."""
    patches = 0.5 + 0.5 * np.tanh(3 * paper.noise(25, 95))
    tint = np.array(dark) + (np.array(light) - np.array(dark)) * patches[..., None]
    paper.fill(tint)


def _boat() -> Sheet:
    boat = Paper(110, 120, (250, 240, 220), seed=9)
    boat.polygon([58 + 8j, 58 + 84j, 98 + 84j], (250, 240, 220))
    boat.polygon([52 + 18j, 52 + 84j, 18 + 84j], (232, 142, 92))
    boat.brush(900, 8 + 2j, angle=1.4, spread=0.2, wobble=7)
    boat.line(55 + 4j, 55 + 92j, 3, (110, 74, 58))
    boat.polygon([6 + 90j, 104 + 90j, 90 + 112j, 22 + 112j], (168, 66, 58))
    boat.line(6 + 92j, 104 + 92j, 4, (250, 226, 190))
    boat.brush(600, 5 + 1.5j, spread=0.1, wobble=7)
    return boat.sheet(anchor=55 + 104j)


def _balloon() -> Sheet:
    balloon = Paper(130, 190, (230, 110, 70), seed=10)
    colors: tuple[Color, ...] = ((214, 70, 62), (250, 214, 130), (60, 124, 148), (250, 238, 214))
    height = np.linspace(0, 1, 60)
    profile = 58 * np.sin(math.pi * np.clip(height, 0, 1) ** 0.86) ** 0.62 * (1 - 0.12 * height)
    profile = np.maximum(profile, 11 * height)
    edge_y = 1j * (6 + 128 * height)
    for gore in range(8):
        left, right = (math.sin((gore + end) / 8 * math.pi - math.pi / 2) for end in (0, 1))
        back_up = (65 + profile * right + edge_y)[::-1]
        outline = np.concatenate([65 + profile * left + edge_y, back_up])
        balloon.polygon(outline, colors[gore % 4])
    for side in (-9, 9):
        balloon.line(65 + side + 132j, 65 + 0.8 * side + 160j, 1.6, (96, 70, 60))
    balloon.polygon([54 + 158j, 76 + 158j, 74 + 178j, 56 + 178j], (160, 108, 66))
    balloon.line(53 + 159j, 77 + 159j, 4, (110, 70, 52))
    balloon.light_edge((90, 44, 70), 9, -1 - 0.4j)
    balloon.brush(3500, 8 + 2j, angle=1.57, spread=0.15, wobble=8)
    return balloon.sheet()


# A table with things that roll about on it


@cache
def tabletop() -> Scene:
    """A set table seen from above: round things spin across it and bounce off its edges."""
    table = Paper(980, 980, (176, 122, 78), seed=20)
    table.cover()
    table.fill(_wood(table))
    table.brush(9000, 30 + 1.5j, spread=0.02, wobble=7)

    cloth = Paper(560, 350, (238, 228, 206), seed=21)
    cloth.polygon([6 + 6j, 554 + 6j, 554 + 344j, 6 + 344j], (238, 228, 206))
    weave = cloth.points()
    stripes = [0.5 + 0.5 * np.tanh(4 * np.cos(math.tau * axis / 52))
               for axis in (weave.real, weave.imag)]  # fmt: skip
    dyed = (stripes[0] + stripes[1])[..., None] / 2
    cloth.fill(cloth.colors + dyed * (np.array([96, 140, 158]) - cloth.colors) * 0.85)
    cloth.light_edge((250, 246, 232), 4)
    cloth.brush(11000, 7 + 2j, spread=0.05, wobble=6)
    cloth.brush(11000, 7 + 2j, angle=math.pi / 2, spread=0.05, wobble=6)

    # Each: its sheet, its size, its first place, its speed in pixels a second and its spin.
    rolling = [
        (_plate(), 74.0, -110 + 30j, 46 - 31j, 0.25, 147),
        (_daisy(), 62.0, 150 - 60j, -71 + 62j, -0.7, 294),
        (_lollipop(), 56.0, 30 + 70j, 103 + 55j, 2.6, 440),
        (_orange(), 54.0, -160 - 70j, 92 + 88j, 1.1, 370),
        (_button(34, (70, 122, 140)), 34.0, 60 - 20j, -150 - 74j, -2.2, 587),
        (_button(30, (206, 84, 72)), 30.0, -40 - 110j, 84 - 196j, 2.9, 740),
    ]
    spread = Pose(np.exp(-0.12j))  # the cloth lies a little askew, and what bounces with it
    layers = [Layer(table.sheet()), Layer(cloth.sheet(), lambda _: spread)]
    notes: list[Note] = []
    for sheet, radius, start, speed, spin, pitch in rolling:
        wall = complex(274 - radius, 169 - radius)
        layers.append(Layer(sheet, _bouncing(spread, start, speed, wall, spin)))
        notes += _bounces(start, speed, wall, pitch, until=5)

    def camera(seconds: float) -> Pose:
        turn = 0.2 * math.sin(math.tau * seconds / 10 - 0.9)
        zoom = 1.16 - 0.1 * math.cos(math.tau * seconds / 5)
        return Pose(zoom * np.exp(1j * turn), 16 * np.exp(1j * seconds))

    return Scene(5, layers, camera, notes)


def _bouncing(floor: Pose, start: complex, speed: complex, wall: complex, spin: float) -> Motion:
    """Travel on `floor`, bounce off its walls at +-`wall`, and spin by `spin` radians a second."""

    def fold(place: float, limit: float) -> float:
        return abs((place - limit) % (4 * limit) - 2 * limit) - limit

    def motion(seconds: float) -> Pose:
        free = start + speed * seconds
        place = complex(fold(free.real, wall.real), fold(free.imag, wall.imag))
        return floor.after(Pose(np.exp(1j * spin * seconds), place))

    return motion


def _bounces(
    start: complex, speed: complex, wall: complex, pitch: float, until: float
) -> Iterator[Note]:
    """A note at every moment when `_bouncing` turns round."""
    axes = ((start.real, speed.real, wall.real), (start.imag, speed.imag, wall.imag))
    for scale, (place, pace, limit) in zip((1.0, 1.5), axes, strict=True):
        for turn in range(-20, 20):
            seconds = ((2 * turn + 1) * limit - place) / pace
            if 0 < seconds < until:
                yield Note(seconds, pitch * scale, 0.7)


def _wood(paper: Paper) -> Array:
    """Planks with grain, [H, W, 3] of 0 to 255."""
    down = paper.points().imag
    plank, into_plank = np.divmod(down, 94)
    tones = paper.random.uniform(-1, 1, 20)[plank.astype(int)]
    swirl = 2.6 * paper.noise(35, 310) + paper.noise(12, 150)
    rings = np.sin(math.tau * (down / 23 + swirl + 7 * tones))
    fiber = paper.noise(2.5, 130) + paper.noise(4.5, 45)
    light = 10 * tones + 13 * rings + 9 * fiber
    light -= 75 * np.exp(-((into_plank - 2) ** 2) / 3)  # the gap between two planks
    light += 18 * np.exp(-((into_plank - 6) ** 2) / 4)  # and the worn edge beside it
    wood: Array = np.array([186, 128, 82]) + light[..., None] * np.array([1.0, 0.92, 0.8])
    return wood


def _round(radius: float, color: Color, seed: int) -> tuple[Paper, complex]:
    side = 2 * math.ceil(radius) + 6
    paper, center = Paper(side, side, color, seed), complex(side, side) / 2
    paper.oval(center, radius * (1 + 1j), color)
    return paper, center


def _plate() -> Sheet:
    plate, center = _round(74, (244, 240, 230), seed=22)
    points = plate.points() - center
    radius, angle = np.abs(points), np.angle(points)
    rim = np.exp(-(((radius - 60) / 8) ** 2)) * (0.5 + 0.5 * np.tanh(3 * np.sin(18 * angle)))
    rings = np.exp(-(((radius - 71) / 1.6) ** 2)) + np.exp(-(((radius - 47) / 1.4) ** 2))
    blue = np.clip(rim + rings, 0, 1)[..., None]
    plate.fill(plate.colors + blue * (np.array([52, 92, 150]) - plate.colors))
    plate.fill(plate.colors - 12 * np.exp(-(((radius - 42) / 5) ** 2))[..., None])
    for turn in np.exp(1j * np.arange(6) * math.tau / 6):
        plate.oval(center + 17 * turn, 12 + 6j, (70, 116, 170), float(np.angle(turn)))
    plate.oval(center, 6 + 6j, (232, 178, 80))
    plate.brush(2500, 4 + 1.5j, spread=1.5, wobble=5)
    return plate.sheet()


def _daisy() -> Sheet:
    daisy = Paper(130, 130, (250, 246, 236), seed=23)
    center = 65 + 65j
    for ring, color in ((0.0, (226, 220, 226)), (0.5, (252, 248, 240))):
        for turn in np.exp(1j * (np.arange(11) + ring) * math.tau / 11):
            tilt = float(np.angle(turn))
            daisy.oval(center + 38 * turn, 24 + 9j, mix(color, (150, 140, 170), 0.35), tilt)
            daisy.oval(center + 38 * turn, 23 + 7j, color, tilt)
            daisy.line(center + 20 * turn, center + 54 * turn, 1, (214, 206, 214))
    daisy.brush(1400, 6 + 2j, spread=1.5, wobble=5)
    daisy.oval(center, 19 + 19j, (224, 150, 40))
    for step in range(150):
        seed = 1.5 * math.sqrt(step) * np.exp(2.39996j * step)  # sunflower seeds: the golden angle
        daisy.oval(center + seed, 1.5 + 1.5j, mix((250, 216, 90), (170, 96, 30), step / 150))
    return daisy.sheet()


def _lollipop() -> Sheet:
    lollipop, center = _round(56, (250, 240, 236), seed=24)
    points = lollipop.points() - center
    wave = 6 * np.angle(points) + 1.9 * np.sqrt(np.abs(points) + 1) * 2
    pink, mint = (0.5 + 0.5 * np.tanh(3 * np.sin(wave / 2 * k + k)) for k in (1, 2))
    colors = lollipop.colors + pink[..., None] * (np.array([226, 84, 112]) - lollipop.colors)
    colors = colors + (mint * (1 - pink))[..., None] * (np.array([120, 196, 176]) - colors)
    lollipop.fill(colors - 40 * np.exp(-(((np.abs(points) - 57) / 6) ** 2))[..., None])
    lollipop.brush(1500, 6 + 2j, spread=1.5, wobble=6)
    lollipop.oval(center - 20 - 24j, 12 + 5j, (255, 250, 246), -0.8)
    return lollipop.sheet()


def _orange() -> Sheet:
    orange, center = _round(54, (240, 132, 34), seed=25)
    orange.oval(center, 49 + 49j, (252, 232, 190))
    for turn in np.exp(1j * np.arange(10) * math.tau / 10):
        fan = [8, *(45 * np.exp(1j * np.linspace(-0.26, 0.26, 9)))]
        orange.polygon(center + np.array(fan) * turn, (248, 156, 44))
        for _ in range(34):
            reach, aside = orange.random.uniform(14, 40), orange.random.uniform(-0.2, 0.2)
            pulp = center + reach * turn * np.exp(1j * aside)
            color = mix((240, 124, 20), (255, 206, 110), orange.random.uniform())
            orange.oval(pulp, 4 + 1.4j, color, float(np.angle(turn)) + aside)
    return orange.sheet()


def _button(radius: float, color: Color) -> Sheet:
    button, center = _round(radius, color, seed=26)
    button.oval(center, (radius - 2) * (1 + 1j), mix(color, (255, 255, 255), 0.25))
    button.oval(center, (radius - 8) * (1 + 1j), mix(color, (40, 30, 40), 0.3))
    button.oval(center + 0.6, (radius - 9) * (1 + 1j), color)
    button.brush(600, 6 + 2j, spread=1.5, wobble=8)
    for turn in np.exp(1j * (np.arange(4) + 0.5) * math.tau / 4):
        button.oval(center + 8 * turn, 4.6 + 4.6j, mix(color, (40, 30, 40), 0.4))
        button.punch(center + 8 * turn + 3.6 * CIRCLE)
    return button.sheet()


# A train by night


@cache
def night_train() -> Scene:
    """A lit train crosses a viaduct under the moon, chased by the camera; firs flit past."""
    tall = 440

    sky = Paper(860, tall, (30, 44, 92), seed=40)
    sky.cover()
    sky.blend([(0, (22, 34, 84)), (150, (44, 74, 134)), (260, (112, 122, 160)),
               (320, (196, 160, 158))])  # fmt: skip
    moon = 560 + 118j
    around = sky.points() - moon
    glow = np.exp(-np.abs(around) / 60)[..., None] * np.array([130, 124, 80])
    halo = np.exp(-(((np.abs(around) - 84) / 14) ** 2))[..., None] * np.array([34, 36, 24])
    sky.fill(sky.colors + glow + halo)
    rows, columns = np.mgrid[50:280:13, 20:850:17]
    for place in (columns + 1j * rows).ravel() + sky.random.normal(0, 5, rows.size):
        stroke = 9 * np.exp(1j * (np.angle(place - moon) + math.pi / 2))
        y, x = int(place.imag) * DETAIL, int(place.real.clip(5, 850)) * DETAIL
        light = sky.random.uniform(-14, 26)
        red, green, blue = (sky.colors[y, x] + light * np.array([0.7, 0.9, 1.1])).clip(0, 255)
        sky.line(place - stroke, place + stroke, 4, (int(red), int(green), int(blue)))
    sky.brush(6000, 18 + 3.5j, angle=-0.1, spread=0.4, wobble=5)
    for x, y in sky.random.uniform((0, 20), (860, 230), (90, 2)):
        size = sky.random.uniform(0.8, 2.1)
        sky.oval(complex(x, y), size * (2.2 + 2.2j), (96, 120, 170))
        sky.oval(complex(x, y), size * (1 + 1j), (255, 246, 214))
    sky.oval(moon, 33 + 33j, (255, 246, 210))
    for place, size in ((moon - 10 - 6j, 8.0), (moon + 9 + 9j, 6.0), (moon + 12 - 12j, 4.0)):
        sky.oval(place, size * (1 + 0.9j), (236, 222, 186))

    peaks = Paper(980, tall, (74, 92, 146), seed=41)
    skyline = ridge(980, 220, [(330, 40), (140, 22), (52, 9), (23, 4)], 21)
    ground(peaks, skyline, (74, 92, 146))
    snow = (peaks.points().imag - 205) / 26
    snow = snow + 1.6 * peaks.noise(13, 17)
    white = 0.5 - 0.5 * np.tanh(2.5 * snow)[..., None]
    mist = np.clip((peaks.points().imag - 235) / 110, 0, 0.8)[..., None]
    colors = peaks.colors + white * (np.array([206, 212, 232]) - peaks.colors)
    peaks.fill(colors + mist * (np.array([178, 160, 172]) - colors))
    peaks.light_edge((252, 244, 222), 6, -1 + 0.6j)
    peaks.brush(9000, 16 + 4j, angle=0.8, spread=0.4, wobble=7)

    forest = Paper(1120, tall, (46, 78, 98), seed=42)
    skyline = ridge(1120, 312, [(420, 16), (150, 8)], 23)
    for x in np.sort(forest.random.uniform(0, 1118, 130)):
        color = mix((52, 88, 106), (92, 112, 138), forest.random.uniform())
        fir(forest, skyline[int(x) // 2] + 12j, forest.random.uniform(34, 70), color)
    ground(forest, skyline + 4j, (62, 92, 110))
    shade = forest.noise(15, 60)[..., None]
    forest.fill(forest.colors + 12 * shade)
    forest.light_edge((176, 186, 204), 2, -1 + 1j)
    forest.brush(9000, 7 + 2.5j, angle=1.3, spread=0.5, wobble=7)

    firs = Paper(2760, tall, (22, 40, 62), seed=45)
    for x, height in ((310, 330), (760, 260), (1240, 250), (1330, 300), (1840, 270), (2260, 320),
                      (2350, 230), (2640, 270)):  # fmt: skip
        fir(firs, complex(x, 452), height, (26, 52, 70))
        for part in np.linspace(0.06, 0.94, 150):
            reach = (1 - part) * height * 0.24
            place = x + firs.random.uniform(-reach, reach) + 1j * (446 - part * height)
            snowy = mix((34, 64, 82), (214, 224, 236), firs.random.uniform() ** 3)
            droop = 0.5 * math.copysign(1, place.real - x)
            firs.oval(place, 11 + 3.5j, snowy, droop)
    firs.brush(9000, 9 + 2j, angle=1.2, spread=0.6, wobble=7)

    speed, chase, rail = 230.0, 165.0, 66.0
    wheels = {radius: _wheel(radius) for radius in (7.0, 14.0)}

    def riding(place: complex, radius: float | None = None) -> Motion:
        """Travel with the train; wheels also turn."""

        def motion(seconds: float) -> Pose:
            turn = 1.0 if radius is None else np.exp(1j * speed * seconds / radius)
            return Pose(turn, place + 1j * rail + speed * (seconds - 2.5) - 50)

        return motion

    chimney, beat = 203 - 76j, 0.5
    puff = _puff()

    def rising(born: float) -> Motion:
        """Leave the chimney at a moment, then rise, slow down and swell; wait inside before it."""
        mouth = riding(chimney)

        def motion(seconds: float) -> Pose:
            if seconds < born:
                return Pose(0.12, mouth(seconds).shift + 12j)
            age = seconds - born
            drift = complex(50 * (1 - math.exp(-1.5 * age)), -74 * age**0.8)
            size = 0.12 + 0.66 * (1 - math.exp(-1.3 * age))
            left = mouth(born).shift + 12j * math.exp(-9 * age)
            return Pose(size * np.exp(0.5j * age), left + drift)

        return motion

    smoke = [Layer(puff, rising(beat * step)) for step in range(-6, 10)]
    painted: tuple[Color, ...] = ((150, 52, 56), (196, 140, 60), (44, 104, 108))
    cars = [Layer(_wagon(color), riding(complex(-212 + 124 * number, 0)))
            for number, color in enumerate(painted)]  # fmt: skip
    cars.append(Layer(_engine(), riding(158)))
    axles = [(complex(-212 + 124 * car + side, -7), 7.0)
             for car in range(3) for side in (-42, -24, 24, 42)]  # fmt: skip
    axles += [(122 - 14j, 14.0), (154 - 14j, 14.0), (184 - 7j, 7.0), (202 - 7j, 7.0)]
    rolling = [Layer(wheels[radius], riding(place, radius)) for place, radius in axles]

    def camera(seconds: float) -> Pose:
        zoom = 1.06 + 0.08 * _ease(seconds / 5)
        return Pose(zoom, complex(chase * (seconds - 2.5), 4 * math.sin(seconds)))

    layers = [
        Layer(sky.sheet(), nearness=0.1), Layer(peaks.sheet(), nearness=0.22),
        Layer(forest.sheet(), nearness=0.42), *smoke, *cars, *rolling,
        Layer(_viaduct().sheet()), Layer(firs.sheet(), nearness=2.1),
    ]  # fmt: skip
    # One note for every puff of smoke.
    tune = (294, 440, 494, 370, 294, 494, 587, 440, 370, 294)
    notes = [Note(beat * step, pitch, 0.8) for step, pitch in enumerate(tune)]
    notes += [Note(beat * step, 147, 0.6) for step in range(0, 10, 2)]
    return Scene(5, layers, camera, notes)


def _viaduct() -> Paper:
    """Stone arches, their deck at 66 pixels below the middle of the sheet."""
    viaduct = Paper(1560, 440, (128, 118, 132), seed=43)
    deck = 286j
    viaduct.polygon([deck + 6j, deck + 1560 + 6j, 1560 + 440j, 440j], (128, 118, 132))
    for y in range(294, 440, 8):
        for x in range(-20 + (y // 8 % 2) * 8, 1560, 16):
            color = mix((104, 96, 116), (168, 152, 150), viaduct.random.uniform())
            corner = complex(x, y)
            viaduct.polygon([corner, corner + 15, corner + 15 + 7j, corner + 7j], color)
    viaduct.brush(8000, 7 + 2.5j, spread=0.3, wobble=8)
    for middle in range(20, 1560, 110):
        bow = np.exp(1j * np.linspace(-math.pi, 0, 40))
        arch = np.concatenate([bow, [1 + 4j, -1 + 4j]])
        for stone in np.linspace(-math.pi, 0, 15):
            place = middle + 352j + 46 * np.exp(1j * stone)
            color = mix((150, 138, 146), (204, 188, 176), viaduct.random.uniform())
            viaduct.oval(place, 5.5 + 4j, color, stone)
        viaduct.punch(middle + 352j + 41 * arch)
    viaduct.polygon([deck + 4j, deck + 1560 + 4j, deck + 1560 + 14j, deck + 14j], (92, 84, 102))
    viaduct.polygon([deck + 2j, deck + 1560 + 2j, deck + 1560 + 5j, deck + 5j], (216, 208, 214))
    for x in range(4, 1560, 22):
        viaduct.line(x + 292j, x + 304j, 6, (118, 106, 122))
    viaduct.brush(5000, 5 + 1.5j, spread=0.2, wobble=6)
    return viaduct


def _wagon(color: Color) -> Sheet:
    """A passenger wagon with lit windows; anchored on the rail below its middle."""
    wagon = Paper(124, 64, color, seed=sum(color))
    wagon.polygon([6 + 12j, 116 + 12j, 116 + 50j, 6 + 50j], color)
    wagon.polygon([3 + 13j, 12 + 5j, 110 + 5j, 119 + 13j], (70, 66, 84))
    wagon.line(0 + 50j, 124 + 50j, 4, (52, 46, 58))
    wagon.line(6 + 36j, 116 + 36j, 2, mix(color, (250, 220, 160), 0.7))
    wagon.line(6 + 15j, 116 + 15j, 2, mix(color, (250, 220, 160), 0.7))
    wagon.brush(900, 6 + 2j, spread=0.1, wobble=8)
    for x in range(13, 110, 17):
        rim = [x + 18j, x + 13 + 18j, x + 13 + 33j, x + 33j]
        wagon.polygon(rim, (92, 54, 40))
        wagon.polygon([x + 1 + 19j, x + 12 + 19j, x + 12 + 32j, x + 1 + 32j], (255, 214, 120))
        wagon.oval(x + 6.5 + 25j, 3.4 + 4.5j, (255, 240, 184))
    for x in (38, 81):
        wagon.oval(x + 29j, 2 + 2.5j, (120, 70, 60))
        wagon.polygon([x - 3 + 32j, x + 30j, x + 3 + 32j], (120, 70, 60))
    for x in (22, 42, 82, 102):
        wagon.line(x - 9 + 51j, x + 9 + 51j, 4, (52, 46, 58))
    return wagon.sheet(anchor=62 + 60j)


def _engine() -> Sheet:
    """A steam engine that heads right, anchored on the rail below its middle."""
    engine = Paper(124, 90, (36, 86, 84), seed=44)
    green, brass, iron = (36, 92, 88), (226, 176, 84), (54, 48, 60)
    engine.polygon([38 + 36j, 104 + 36j, 110 + 42j, 110 + 62j, 104 + 68j, 38 + 68j], green)
    engine.polygon([10 + 20j, 42 + 20j, 42 + 72j, 10 + 72j], (150, 56, 54))
    engine.polygon([4 + 21j, 10 + 13j, 42 + 13j, 48 + 21j], iron)
    engine.polygon([6 + 70j, 118 + 70j, 118 + 76j, 6 + 76j], iron)
    engine.polygon([108 + 76j, 121 + 86j, 104 + 86j], (176, 62, 56))
    engine.polygon([95 + 36j, 93 + 18j, 104 + 18j, 102 + 36j], iron)
    engine.polygon([90 + 19j, 92 + 10j, 106 + 10j, 108 + 19j], (90, 78, 88))
    engine.oval(70 + 36j, 8 + 9j, brass)
    engine.polygon([60 + 36j, 80 + 36j, 80 + 46j, 60 + 46j], green)
    for x in (50, 84, 98):
        engine.line(x + 36j, x + 68j, 2.5, brass)
    engine.brush(900, 6 + 2j, spread=0.15, wobble=8)
    engine.polygon([16 + 26j, 36 + 26j, 36 + 44j, 16 + 44j], (92, 54, 40))
    engine.polygon([17 + 27j, 35 + 27j, 35 + 43j, 17 + 43j], (255, 206, 112))
    engine.oval(25 + 38j, 4 + 5j, (92, 60, 58))
    engine.oval(110 + 44j, 5 + 5j, brass)
    engine.oval(112 + 44j, 3 + 3.6j, (255, 246, 196))
    return engine.sheet(anchor=57 + 86j)


def _wheel(radius: float) -> Sheet:
    wheel, center = _round(radius, (48, 40, 52), seed=46)
    wheel.oval(center, (radius - 2) * (1 + 1j), (120, 70, 66))
    for turn in np.exp(1j * np.arange(3) * math.pi / 3):
        rim = (radius - 1.5) * turn
        wheel.line(center - rim, center + rim, radius / 5, (232, 196, 130))
    wheel.oval(center, radius / 3.6 * (1 + 1j), (232, 196, 130))
    return wheel.sheet(softness=1.4)


def _puff() -> Sheet:
    puff = Paper(130, 130, (226, 214, 222), seed=47)
    center = 65 + 65j
    for step in range(9):
        lump = center + 34 * np.exp(1j * step * math.tau / 9)
        puff.oval(lump, puff.random.uniform(18, 28) * (1 + 1j), (214, 200, 214))
    for _ in range(170):
        spot = complex(*puff.random.normal(0, 19, 2).clip(-32, 32))
        light = (spot.real - spot.imag) / 70 + puff.random.uniform(0.2, 0.8)
        color = mix((164, 156, 188), (255, 240, 220), min(max(light, 0), 1))
        puff.oval(center + spot, puff.random.uniform(5, 12) * (1 + 0.9j), color)
    puff.brush(900, 13 + 4j, spread=1.5, wobble=6)
    return puff.sheet()


CLIPS: dict[str, Callable[[], Scene]] = {
    "valley": valley,
    "tabletop": tabletop,
    "night-train": night_train,
}
"""The painters of the clips by name; each paints its scene once and keeps it."""


# Sound and files


def play(scene: Scene) -> Array:
    """The scene's notes as sound: float32 [samples] at SAMPLE_RATE, within -1 to 1."""
    sound = np.zeros(round(scene.seconds * SAMPLE_RATE))
    for note in scene.notes:
        start = round(note.seconds * SAMPLE_RATE)
        seconds = np.arange(max(len(sound) - start, 0)) / SAMPLE_RATE
        string = np.zeros_like(seconds)
        for overtone in range(1, 7):  # the higher an overtone, the softer and the sooner gone
            wave = np.sin(math.tau * overtone * note.pitch * seconds)
            string += wave * np.exp(-2.2 * overtone * seconds) / overtone**1.6
        attack = np.minimum(seconds / 0.004, 1)
        sound[start:] += note.loudness * attack * string
    for delay, share in ((0.11, 0.22), (0.19, 0.14), (0.31, 0.09)):  # the echo of a small room
        lag = round(delay * SAMPLE_RATE)
        sound[lag:] += share * sound[:-lag]
    sound[-SAMPLE_RATE // 4 :] *= np.linspace(1, 0, SAMPLE_RATE // 4)
    loudest = np.abs(sound).max()
    heard: Array = (0.7 * sound / loudest).astype(np.float32)
    return heard


def write_clip(name: str, out_dir: Path, with_flow: bool = False, check: bool = False) -> None:
    """Write OUT_DIR/NAME.mp4 and, `with_flow`, OUT_DIR/NAME/flow_00001.npz and so on.

    Each npz holds `flow` and `occluded` of the frame of that number, counted from 0; frame 0,
    with nothing before it, has none. `check` prints how well the flow explains the pixels.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    scene, errors = CLIPS[name](), []
    before: RenderedFrame | None = None
    with av.open(str(out_dir / f"{name}.mp4"), "w", options={"movflags": "+faststart"}) as file:
        video = file.add_stream("libx264", rate=FPS, options={"crf": "21", "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context = video.codec_context
        context.thread_count = 2
        # Say which matrix turned RGB into YUV, or players have to guess it.
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED_RANGE
        audio = file.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        audio.bit_rate = 96_000
        for number, frame in enumerate(render(name)):
            picture = av.VideoFrame.from_ndarray(frame.pixels, format="rgb24").reformat(
                format="yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED_RANGE
            )
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            file.mux(video.encode(picture))
            if with_flow and before is not None:
                (out_dir / name).mkdir(exist_ok=True)
                path = out_dir / name / f"flow_{number:05}.npz"
                np.savez_compressed(path, flow=frame.flow, occluded=frame.occluded)
            if check and before is not None:
                errors.append(flow_error(before, frame))
            before = frame
        file.mux(video.encode())
        sound = av.AudioFrame.from_ndarray(play(scene)[None], format="fltp", layout="mono")
        sound.sample_rate, sound.pts = SAMPLE_RATE, 0
        file.mux(audio.encode(sound))
        file.mux(audio.encode())
    if check:
        print(f"{name}: carried along the flow, a frame is off by {np.mean(errors):.2f} of 255 "
              f"on average, {max(errors):.2f} in the worst frame")  # fmt: skip


def main() -> None:
    """Read the command line and write the clips."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out_dir", type=Path, help="where to write NAME.mp4 for each clip")
    parser.add_argument("--flow", action="store_true", help="also write NAME/flow_00001.npz ...")
    parser.add_argument("--check", action="store_true", help="also check the flow on the pixels")
    options = parser.parse_args()
    for name in CLIPS:
        write_clip(name, options.out_dir, options.flow, options.check)


if __name__ == "__main__":
    main()
