"""Paints the project's own style pictures: mosaic, stained glass, ink and pointillism.

    python samples/make_styles.py OUT_DIR    # mosaic.jpg, stained-glass.jpg and so on

A style reaches a video through the averages and deviations of its features, so each picture has
strong contrast at the size of a brush stroke and a palette of its own.
"""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 448
DETAIL = 2
"""The pictures are painted this many times larger and shrunk, which smooths every edge."""

Array = NDArray[Any]
SHAPE = (HEIGHT * DETAIL, WIDTH * DETAIL)


def noise(cell: float, random: np.random.Generator, stretch: float = 1) -> Array:
    """Smooth random hills, float32 [H, W], about -1 to 1; `cell` is their size in pixels."""
    tall, wide = cell * DETAIL, cell * stretch * DETAIL
    grid = random.uniform(-1, 1, (int(SHAPE[0] / tall) + 4, int(SHAPE[1] / wide) + 4))
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    return cv2.remap(grid.astype(np.float32), columns / wide + 1, rows / tall + 1, cv2.INTER_CUBIC)


def clouds(cell: float, random: np.random.Generator, stretch: float = 1) -> Array:
    """Noise of ever smaller cells on top of each other, float32 [H, W], about -1 to 1."""
    layers = [noise(cell / 2**step, random, stretch) / 1.7**step for step in range(5)]
    hills: Array = np.sum(layers, axis=0) / 1.7
    return hills


def places() -> tuple[Array, Array]:
    """The x and y of every painted pixel, in picture pixels."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    return columns / DETAIL, rows / DETAIL


def ramp(values: Array, *stops: tuple[float, tuple[int, int, int]]) -> Array:
    """Color [H, W] values through (value, RGB) stops: float32 [H, W, 3], 0 to 255."""
    at, colors = zip(*stops, strict=True)
    channels = [np.interp(values, at, channel) for channel in zip(*colors, strict=True)]
    return np.stack(channels, -1).astype(np.float32)


def lay(picture: Array, color: Any, cover: Array) -> Array:
    """Lay a color, or a picture, over a picture where `cover`, [H, W] of 0 to 1, says so."""
    covered: Array = picture + (np.asarray(color) - picture) * np.clip(cover, 0, 1)[..., None]
    return covered


def emboss(height: Array, strength: float) -> Array:
    """How light from the upper left plays on a relief, [H, W], 0 where it is flat."""
    down, right = np.gradient(cv2.GaussianBlur(height.astype(np.float32), (0, 0), DETAIL * 0.7))
    light: Array = -strength * (down + right)
    return light


def scattered(gap: float, random: np.random.Generator) -> Array:
    """Points that fill the picture evenly yet in no order, about `gap` pixels apart: [N, 2]."""
    rows, columns = np.mgrid[-gap : HEIGHT + gap : gap * 0.87, -gap : WIDTH + gap : gap]
    columns[1::2] += gap / 2
    points = np.stack([columns.ravel(), rows.ravel()], -1)
    return points + random.normal(0, gap * 0.16, points.shape)


def nearest_two(points: Array, scale: float) -> tuple[Array, Array]:
    """Cells around points: each painted pixel's nearest point and its distance to the cell's edge.

    Both [H, W]; the distance is in picture pixels. `scale` is about the size of a cell.
    """
    owner = np.zeros(SHAPE, np.int32)
    first = np.full(SHAPE, np.inf, np.float32)
    second = np.full(SHAPE, np.inf, np.float32)
    x, y = places()
    reach = int(2.5 * scale * DETAIL)
    for number, point in enumerate(points):
        column, row = (point * DETAIL).astype(int)
        window = np.s_[max(row - reach, 0) : max(row + reach, 0),
                       max(column - reach, 0) : max(column + reach, 0)]  # fmt: skip
        distance = np.hypot(x[window] - point[0], y[window] - point[1])
        closer = distance < first[window]
        second[window] = np.where(closer, first[window], np.minimum(second[window], distance))
        first[window] = np.where(closer, distance, first[window])
        owner[window] = np.where(closer, number, owner[window])
    return owner, (second - first) / 2


def stained_glass() -> Array:
    """A rose of jewel-colored panes in lead, the light behind it."""
    random = np.random.default_rng(11)
    center = np.array([WIDTH * 0.5, HEIGHT * 0.5])
    points, ring_of = [center], [0]
    radius = 0.0
    for ring in range(1, 14):
        count = (8, 8, 16, 16, 16, 32, 32)[min(ring, 7) - 1]
        radius += (30, 30, 30, 26, 30, 34, 34)[min(ring, 7) - 1]
        turn = (np.arange(count) + 0.5 * (ring % 2)) * math.tau / count
        turn = turn + random.normal(0, 0.02, count)
        petals = radius * (1 + 0.06 * np.cos(8 * turn))
        points += list(center + np.stack([petals * np.cos(turn), petals * np.sin(turn)], -1))
        ring_of += [ring] * count
    panes = np.array(points)
    panes += random.normal(0, 1.0, panes.shape)
    owner, edge = nearest_two(panes, 46)

    jewels = np.array([(178, 22, 44), (18, 62, 156), (238, 170, 36), (16, 122, 92), (112, 40, 130),
                       (222, 84, 28), (38, 140, 190), (236, 214, 140), (150, 20, 70),
                       (26, 40, 110)])  # fmt: skip
    by_ring = np.array([7, 2, 0, 5, 1, 2, 6, 1, 0, 4, 1, 3, 9, 4])
    chosen = by_ring[ring_of]
    stray = random.uniform(size=len(panes)) < np.linspace(0, 0.45, len(panes))
    chosen[stray] = random.integers(0, len(jewels), stray.sum())
    tones = jewels[chosen] * random.uniform(0.85, 1.3, (len(panes), 1))

    x, y = places()
    streaks = clouds(44, random, stretch=0.5)
    bubbles = noise(5, random) * noise(9, random)
    light = 0.8 + 0.36 * streaks + 0.22 * bubbles
    light = light + 0.5 * np.exp(-((np.hypot(x - center[0], y - center[1]) / 190) ** 2))
    light = light + 0.28 * np.tanh(edge / 7) - 0.2
    glass = tones[owner] * light[..., None]
    glass = lay(glass, 255, 0.33 * np.clip(light - 0.95, 0, 1))
    lead = 1 / (1 + np.exp((edge - 2.6 - 0.7 * noise(14, random)) * 3))
    lead_color = (
        np.array([30, 27, 32])
        + (emboss(np.clip(3.2 - edge, 0, 3), 90) + 7 * noise(3, random))[..., None]
    )
    return lay(glass, np.clip(lead_color, 8, 150), lead)


def mosaic() -> Array:
    """Fish in the sea, of small stones in rows that flow around them, as the Romans laid them."""
    random = np.random.default_rng(12)
    x, y = places()
    fishes = ((186, 160, 105, 0.2, -1), (478, 282, 125, -0.25, 1), (150, 350, 78, -0.1, 1))
    scene = np.zeros((*SHAPE, 3), np.float32)
    waves = y + 12 * np.sin(x / 60 + 1.5 * np.sin(y / 70)) + 26 * noise(120, random)
    field = waves / 8.0
    bands = np.tanh(2 * np.sin(waves / 17))
    scene = ramp(waves / HEIGHT + 0.1 * bands, (0, (208, 232, 206)), (0.3, (104, 196, 188)),
                 (0.6, (42, 128, 156)), (0.9, (24, 78, 128)), (1.2, (20, 44, 88)))  # fmt: skip
    for fish_x, fish_y, size, turn, heading in fishes:
        u = ((x - fish_x) * math.cos(turn) + (y - fish_y) * math.sin(turn)) / size * heading
        v = ((y - fish_y) * math.cos(turn) - (x - fish_x) * math.sin(turn)) / size
        girth = 0.4 * np.sqrt(np.clip(1 - u**2, 0, 1)) * (0.86 + 0.2 * u)
        tail = np.clip((-u - 0.72) * 0.95, 0, 1) * (u > -1.2)
        fin = 0.22 * np.clip(1 - ((u + 0.05) / 0.38) ** 2, 0, 1)
        fish = (np.abs(v) < np.maximum(girth + fin * (v < 0), tail)).astype(np.uint8)
        inside = _distance(1 - fish) - _distance(fish)
        field = np.where(inside < 30, inside / 8.0 + 40, field)
        scene = lay(scene, (240, 230, 202), ((inside > 0) & (inside < 15)).astype(float))
        belly = ramp(v / 0.4, (-1.3, (150, 34, 34)), (-0.6, (206, 62, 36)), (0.0, (236, 136, 42)),
                     (0.5, (248, 206, 110)), (1, (252, 238, 200)))  # fmt: skip
        scales = ((u * 13).astype(int) + (v * 13).astype(int)) % 2
        belly = belly * (0.9 + 0.16 * scales)[..., None]
        belly = lay(belly, (40, 30, 48), (tail > girth) * 0.3 + (inside > -7) * 0.8)
        scene = lay(scene, belly, (inside < 0).astype(float))
        eye = np.hypot(u - 0.66, v + 0.1) * size
        scene = lay(scene, (250, 240, 214), (eye < 11).astype(float))
        scene = lay(scene, (24, 22, 40), (eye < 6).astype(float))

    stones = _rows_of_stones(field, random)
    owner, edge = nearest_two(stones, 8)
    columns = (stones[:, 0] * DETAIL).clip(0, SHAPE[1] - 1).astype(int)
    rows = (stones[:, 1] * DETAIL).clip(0, SHAPE[0] - 1).astype(int)
    tones = scene[rows, columns] * random.normal(1, 0.11, (len(stones), 1))
    tones = tones + random.normal(0, 7, (len(stones), 3))
    relief = np.clip(edge, 0, 1.9)
    light = emboss(relief, 26) + 5 * noise(2, random) + 6 * noise(6, random)
    stone = tones[owner] + light[..., None]
    grout = np.array([92, 84, 78]) + 10 * noise(2, random)[..., None]
    return lay(stone, grout, 1 / (1 + np.exp((edge - 0.85) * 6)))


def _distance(shape: Array) -> Array:
    """How far inside `shape`, uint8 [H, W] of 0 and 1, each pixel lies, in picture pixels."""
    return cv2.distanceTransform(shape, cv2.DIST_L2, 5) / DETAIL


def _rows_of_stones(field: Array, random: np.random.Generator) -> Array:
    """Stones side by side on the lines where `field` is whole, others in the gaps: [N, 2] x, y."""
    row_points = []
    for level in range(math.floor(field.min()), math.ceil(field.max())):
        above = (field > level).astype(np.uint8)
        for line in cv2.findContours(above, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]:
            path = line[:, 0] / DETAIL
            steps = np.hypot(*np.diff(path, axis=0, append=path[:1]).T).cumsum()
            along = np.arange(random.uniform(0, 3), steps[-1], 7.4)
            row_points.append(path[np.searchsorted(steps, along).clip(0, len(path) - 1)])
    taken = np.zeros(SHAPE, np.uint8)
    stones = []
    for point in np.concatenate([*row_points, scattered(3, random)]):
        spot = (point * DETAIL).astype(int).clip(0, (SHAPE[1] - 1, SHAPE[0] - 1))
        if not taken[spot[1], spot[0]]:
            cv2.circle(taken, spot.tolist(), round(5.9 * DETAIL), 1, -1)
            stones.append(point)
    return np.array(stones)


def ink() -> Array:
    """Mountains in mist, a pine and two boats in black ink on rice paper, and one red seal."""
    random = np.random.default_rng(13)
    x, y = places()
    fibers = clouds(3, random, stretch=9) + clouds(3, random, stretch=0.4)
    paper = np.array([240, 230, 208]) + (7 * clouds(90, random) + 5 * fibers)[..., None]
    picture = lay(np.broadcast_to(paper, (*SHAPE, 3)).copy(), (206, 188, 152),
                  0.5 * (np.hypot(x / WIDTH - 0.5, y / HEIGHT - 0.5) - 0.25))  # fmt: skip
    water = clouds(60, random)
    rough = clouds(7, random)

    # Far to near: the foot of each range, how dark its ink is, and its peaks: (x, height, width).
    ranges = (
        (215, 0.36, ((250, 70, 40), (330, 110, 34), (395, 70, 50), (600, 90, 60), (120, 50, 60))),
        (
            272,
            0.62,
            ((455, 170, 34), (515, 215, 30), (575, 120, 36), (640, 150, 34), (390, 70, 44)),
        ),
        (330, 0.95, ((560, 96, 46), (630, 150, 40), (20, 130, 70), (130, 40, 80), (480, 34, 40))),
    )
    for foot, dark, peaks in ranges:
        jag = 7 * noise(26, random)[0] + 4 * noise(9, random)[0]
        rise = [height * np.exp(-(np.abs((x[0] + jag - top) / wide) ** 2.6))
                for top, height, wide in peaks]  # fmt: skip
        skyline = foot - np.max(rise, axis=0) - 5 * noise(14, random)[0] + 14
        skyline = cv2.GaussianBlur(skyline[None].astype(np.float32), (0, 0), 2)[0]
        depth = y - skyline[None]
        edge = np.clip(0.5 + (depth + 1.2 * rough) * 0.7, 0, 1)
        mist = np.clip((foot + 24 + 22 * water - y) / 90, 0, 1)
        fall = np.tanh(np.gradient(cv2.GaussianBlur(skyline[None], (0, 0), 9)[0], 1 / DETAIL))
        strokes = _strokes(x - 0.55 * depth * fall[None], depth, random)
        wash = 0.2 + 0.28 * water + 0.45 * np.exp(-np.clip(depth, 0, None) / 26)
        outline = np.exp(-(((depth - 1.6) / 2.0) ** 2)) * (0.7 + 0.6 * rough)
        cover = dark * (wash + 0.75 * strokes) * mist + dark * outline * np.clip(3 * mist, 0, 1)
        picture = lay(picture, paper, edge * (1 - np.clip(3 * mist, 0, 1)) * 0.4)
        picture = lay(picture, paper, edge * np.clip(2 * mist, 0, 1) * 0.85)
        picture = lay(picture, (26, 27, 34), edge * np.clip(cover, 0, 0.96))

    for _ in range(26):  # ripples
        start = np.array([random.uniform(0, WIDTH), random.uniform(HEIGHT * 0.84, HEIGHT * 0.97)])
        length = random.uniform(40, 150)
        sway = 2.5 * np.sin(np.linspace(0, random.uniform(3, 9), 40))
        path = start + np.stack([np.linspace(0, length, 40), sway], -1)
        picture = _brush(picture, path, random.uniform(1.0, 2.8), random.uniform(0.2, 0.6), random)
    picture = _pine(picture, np.array([92.0, 436.0]), random)
    for boat_x, boat_y, size in ((430, 392, 1.0), (506, 372, 0.6)):
        hull = np.array([[-34, -6], [-16, 3], [14, 4], [36, -8]]) * size + (boat_x, boat_y)
        picture = _brush(picture, _smooth(hull), 5.5 * size, 0.95, random)
        man = np.array([[4, -4], [6, -15], [3, -24]]) * size + (boat_x, boat_y)
        picture = _brush(picture, _smooth(man), 5 * size, 0.9, random)
        hat = np.array([[-5, -22], [3, -27], [11, -22]]) * size + (boat_x, boat_y)
        picture = _brush(picture, _smooth(hat), 2.6 * size, 0.9, random)
        pole = np.array([[10, -34], [24, 14]]) * size + (boat_x, boat_y)
        picture = _brush(picture, _smooth(pole), 1.4 * size, 0.8, random)
    for bird in range(7):
        place = np.array([250 + 27 * bird, 58 + 9 * abs(bird - 3.4) + random.normal(0, 4)])
        for tip in ((-11, -4), (12, -5)):
            wing = place + np.array([[0, 0], [tip[0] * 0.4, -5.5], tip])
            picture = _brush(picture, _smooth(wing), 2.2, 0.9, random)
    return _seal(picture, 586, 54, random)


def _strokes(across: Array, along: Array, random: np.random.Generator) -> Array:
    """Dry brush strokes that run down a slope, [H, W] of 0 to 1."""
    grid = random.uniform(-1, 1, (64, 512)).astype(np.float32)
    coarse, fine = (
        cv2.remap(grid, (across / wide + 20).astype(np.float32),
                  (along / tall + 8).astype(np.float32), cv2.INTER_CUBIC)
        for wide, tall in ((6.5, 34), (2.4, 17))
    )  # fmt: skip
    strokes: Array = np.clip(1.5 * coarse + 0.9 * fine - 0.25, 0, 1)
    return strokes


def _smooth(corners: Array) -> Array:
    """A curve of 40 points through a few corners."""
    steps = np.linspace(0, 1, len(corners))
    weights = np.polyfit(steps, corners, min(3, len(corners) - 1))
    return np.stack([np.polyval(w, np.linspace(0, 1, 40)) for w in weights.T], -1)


def _brush(
    picture: Array, path: Array, width: float, dark: float, random: np.random.Generator
) -> Array:
    """Draw one ink stroke along a path, [N, 2] in picture pixels, swelling and running dry."""
    mask = np.zeros(SHAPE, np.uint8)
    share = np.linspace(0, 1, len(path) - 1)
    swell = width * (0.35 + 0.75 * np.sin(math.pi * (0.12 + 0.8 * share)))
    swell = swell * random.normal(1, 0.08, len(share))
    spots = (path * DETAIL * 16).round().astype(int)
    for (start, end), thick in zip(zip(spots[:-1], spots[1:], strict=True), swell, strict=True):
        thickness = max(1, round(thick * DETAIL))
        cv2.line(mask, start.tolist(), end.tolist(), 255, thickness, cv2.LINE_AA, 4)
    low = np.maximum((path.min(0) - 2 * width - 4) * DETAIL, 0).astype(int)
    high = np.maximum((path.max(0) + 2 * width + 4) * DETAIL, 0).astype(int)
    window = np.s_[low[1] : high[1], low[0] : high[0]]
    soft = cv2.GaussianBlur(mask[window], (0, 0), 0.8) / 255
    dry = random.normal(0, 1, soft.shape).astype(np.float32)
    dry = cv2.GaussianBlur(dry, (0, 0), 1.5) * 3.5
    picture[window] = lay(picture[window], (24, 24, 30), soft * (dark + 0.22 * dry))
    return picture


def _pine(picture: Array, foot: Array, random: np.random.Generator) -> Array:
    """A leaning pine with clouds of needles."""
    trunk = _smooth(foot + np.array([[-40, 10], [-8, -70], [40, -140], [26, -240]]))
    for offset in (-3.5, 0, 4):
        picture = _brush(picture, trunk + (offset, 0), 9, 0.85, random)
    boughs = ((14, 120, -34), (19, -104, -26), (25, 128, -18), (30, -88, -30), (36, 84, -24),
              (39, -52, -26), (39, 26, -36))  # fmt: skip
    for step, reach, rise in boughs:
        start = trunk[step]
        bough = _smooth(start + np.array([[0, 0], [reach * 0.45, rise * 0.2], [reach, rise]]))
        picture = _brush(picture, bough, 5, 0.85, random)
        for cluster in bough[12::5]:
            middle = cluster + random.normal(0, 3, 2) - (0, 6)
            for turn in np.linspace(-math.pi * 0.98, -0.02, 17) + random.normal(0, 0.06, 17):
                tip = middle + random.uniform(12, 21) * np.array([math.cos(turn), math.sin(turn)])
                needle = np.linspace(middle, tip, 5)
                picture = _brush(picture, needle, 1.5, random.uniform(0.5, 0.95), random)
    return picture


def _seal(picture: Array, left: int, top: int, random: np.random.Generator) -> Array:
    """A red seal with carved strokes."""
    mask = np.zeros(SHAPE, np.uint8)

    def bar(x: float, y: float, width: float, height: float, value: int) -> None:
        start = (round((left + x) * DETAIL), round((top + y) * DETAIL))
        end = (round((left + x + width) * DETAIL), round((top + y + height) * DETAIL))
        cv2.rectangle(mask, start, end, value, -1)

    bar(0, 0, 30, 42, 255)
    across = (
        (5, 5, 20),
        (5, 11, 20),
        (5, 18, 8),
        (17, 18, 8),
        (5, 24, 20),
        (10, 30, 10),
        (5, 36, 20),
    )
    for x, y, width in across:
        bar(x, y, width, 2.4, 0)
    for x, y, height in ((14, 5, 14), (5, 24, 13), (23, 24, 13)):
        bar(x, y, 2.4, height, 0)
    worn = np.clip(0.95 + 0.5 * clouds(4, random), 0, 1)
    return lay(picture, (186, 38, 32), cv2.GaussianBlur(mask, (0, 0), 1.2) / 255 * worn)


def pointillism() -> Array:
    """A bay in the evening sun in thousands of dots of pure color."""
    random = np.random.default_rng(14)
    x, y = places()
    horizon, sun = 205, (420, 150)
    glow = np.exp(-np.hypot(x - sun[0], (y - sun[1]) * 1.15) / 120)
    sky = ramp(y / horizon, (0, (74, 116, 190)), (0.45, (150, 160, 206)), (0.75, (246, 190, 150)),
               (1.0, (254, 214, 130)))  # fmt: skip
    sky = lay(sky, (255, 222, 110), glow * 1.1)
    streaks = np.clip(clouds(46, random, stretch=3.2) - 0.12, 0, 1)
    sky = lay(sky, (238, 140, 150), 1.5 * streaks)
    sky = lay(sky, (255, 246, 196), (np.hypot(x - sun[0], y - sun[1]) < 27).astype(float))
    sea = ramp((y - horizon) / (HEIGHT - horizon), (0, (130, 170, 206)), (0.3, (40, 120, 176)),
               (1, (16, 66, 126)))  # fmt: skip
    ripple = np.sin(np.clip(y - horizon, 0, None) ** 0.7 * 2.6 + 3 * noise(50, random, stretch=2.5))
    sea = lay(sea, (70, 176, 172), 0.4 * ripple)
    path = np.exp(-(((x - sun[0]) / (26 + 0.35 * (y - horizon))) ** 2)) * (0.62 + 0.5 * ripple)
    sea = lay(sea, (255, 196, 92), path)
    scene = np.where((y < horizon)[..., None], sky, sea)
    cape = (
        horizon - 48 * np.exp(-(((x - 640) / 120) ** 2)) - 20 * np.exp(-(((x - 505) / 60) ** 2)) + 3
    )
    scene = lay(scene, (96, 92, 160), ((y > cape) & (y < horizon + 3) & (x > 410)).astype(float))
    for sail_x, sail_y, size in ((250, 262, 46), (316, 226, 22)):
        u, v = (x - sail_x) / size, (sail_y - y) / size
        sail = ((v > 0.12) & (v < 1.5) & (u > -0.02) & (u < 0.62 * (1.5 - v) / 1.4)).astype(float)
        jib = ((v > 0.16) & (v < 1.3) & (u < -0.06) & (u > -0.5 * (1.3 - v) / 1.2)).astype(float)
        hull = ((v < 0.1) & (v > -0.1) & (np.abs(u) < 0.55 + v)).astype(float)
        scene = lay(lay(lay(scene, (255, 240, 214), sail), (242, 126, 82), jib), (92, 40, 74), hull)
    shore = HEIGHT - 74 + 34 * np.sin(x / 150 + 2.2) - 26 * np.exp(-((x / 150) ** 2))
    grass = ramp((y - shore) / 90, (0, (216, 196, 84)), (0.3, (110, 160, 66)), (1, (38, 96, 72)))
    scene = lay(
        scene, lay(grass, (236, 110, 84), 0.8 * (noise(9, random) > 0.55)), (y > shore) * 1.0
    )
    trunk = np.abs(x - 92 - 14 * np.sin(y / 70)) < 8 + np.clip(y - 330, 0, 90) / 12
    scene = lay(scene, (84, 52, 96), (trunk & (y > 120)).astype(float))
    crown = np.hypot((x - 96) / 1.25, y - 96) + 26 * clouds(40, random)
    leaf_light = (x - 96) / 130 - (y - 96) / 150 + 0.7 * noise(22, random)
    leaves = ramp(leaf_light, (-1, (24, 60, 92)), (-0.2, (34, 110, 84)), (0.5, (130, 172, 58)),
                  (1.1, (246, 206, 80)))  # fmt: skip
    scene = lay(scene, leaves, np.clip((98 - crown) / 8 + 0.5, 0, 1))

    canvas = lay(np.full((*SHAPE, 3), (232, 218, 190), np.float32), scene, np.full(SHAPE, 0.55))
    canvas = np.ascontiguousarray(canvas.clip(0, 255).astype(np.uint8))
    for gap, diameter in ((6.2, 4.2), (5.0, 3.3), (4.4, 2.5)):
        points = scattered(gap, random)
        random.shuffle(points)
        for px, py in points:
            column = int(np.clip(px * DETAIL, 0, SHAPE[1] - 1))
            row = int(np.clip(py * DETAIL, 0, SHAPE[0] - 1))
            color = _pure(scene[row, column], random)
            radius = diameter * random.uniform(0.75, 1.2) * DETAIL / 2
            center = (round(px * DETAIL * 16), round(py * DETAIL * 16))
            cv2.circle(canvas, center, round(radius * 16), color, -1, cv2.LINE_AA, 4)
    return canvas.astype(np.float32)


def _pure(color: Array, random: np.random.Generator) -> tuple[float, float, float]:
    """A purer color than `color`, now and then its complement: the eye mixes them back."""
    gray = color.mean()
    pure = gray + (color - gray) * random.uniform(1.2, 1.9)
    if random.uniform() < 0.13:
        pure = gray * 1.05 - (color - gray) * 0.9
    red, green, blue = (pure + random.normal(0, 16, 3) + random.normal(0, 14)).clip(8, 252)
    return float(red), float(green), float(blue)


STYLES: dict[str, Callable[[], Array]] = {
    "mosaic": mosaic,
    "stained-glass": stained_glass,
    "ink": ink,
    "pointillism": pointillism,
}
"""The painters of the styles by name; each gives float [DETAIL * H, DETAIL * W, 3], 0 to 255."""


def main() -> None:
    """Read the command line and write the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out_dir", type=Path, help="where to write NAME.jpg for each style")
    out_dir = parser.parse_args().out_dir
    out_dir.mkdir(parents=True, exist_ok=True)
    for name, paint in STYLES.items():
        large = paint().clip(0, 255).astype(np.uint8)
        picture = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(out_dir / f"{name}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, 89])


if __name__ == "__main__":
    main()
