"""From a frame to its drawing: which styles are seen when, where, and in which colors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from operator import eq
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np

from vidstyle.codes import mixed
from vidstyle.contracts import ErrorType, HostArray, Look, Memory, OnStep, Pixels, StyleCode
from vidstyle.errors import UsageError
from vidstyle.image import resize
from vidstyle.job import Job
from vidstyle.keep_color import recolored, with_luminance_of
from vidstyle.masks import Mask, laid_over
from vidstyle.pipeline import Meter
from vidstyle.sources import Reading, is_photo
from vidstyle.stylizer import Stylizer
from vidstyle.temporal import STABILIZERS
from vidstyle.temporal.cuts import glance, is_cut
from vidstyle.temporal.stabilizer import Past, Seen, Stabilizer, Watched
from vidstyle.temporal.tracking import Content
from vidstyle.timeline import Mix, Timeline
from vidstyle.weights import find_model

log = logging.getLogger(__name__)

Drawn: TypeAlias = "Future[tuple[Pixels, Memory]]"  # what a stylizer gives, once it is there


@dataclass(frozen=True)
class Layer:
    """Styles over time, seen where any of the masks is white; without masks, everywhere."""

    styles: Timeline
    masks: tuple[Mask, ...]


@dataclass(frozen=True)
class LayerPast:
    """What a stabilizer remembers of a layer."""

    mix: Mix = field(default_factory=dict)  # in which it was drawn
    drawings: Past | tuple[()] = ()

    def of(self, mix: Mix) -> Past | tuple[()]:
        """What is remembered of drawings in `mix`."""
        return self.drawings if self.mix == mix else ()


@dataclass(frozen=True)
class Scene:
    """What a frame that is begun hands to the next."""

    codes: Mapping[str, StyleCode] = field(default_factory=dict)  # by style; none: to be read
    start: Fraction | None = None  # time of the first frame of all
    seen: HostArray | None = None  # a glance at the last frame
    watched: Watched = Watched()  # its contents, where they are followed
    mixes: tuple[Mix, ...] = ()  # of the last frame's layers
    drawings: tuple[Drawn, ...] = ()  # of the last frame, for each layer


@dataclass(frozen=True)
class Sketch:
    """A frame whose drawings are under way."""

    content: Pixels
    seconds: Fraction  # since the first frame
    begins_scene: bool
    mixes: tuple[Mix, ...]  # of each layer
    drawings: tuple[Drawn, ...]
    motion: Future[Seen]  # how it came from the frames before


def of_photographs(job: Job) -> bool:
    """Whether what is drawn are photographs, one by one."""
    return is_photo(job.source) or Path(job.source).is_dir()


def stabilizer_of(job: Job) -> str:
    """What the drawings of a job are steadied by: "off", or a row of STABILIZERS.

    Raises:
        UsageError: it is asked for, of a network that draws each frame after the last one.
    """
    header = find_model(job.network).header
    if of_photographs(job):
        return "off"
    if header.optimizes and job.stabilize not in (None, "off"):
        raise UsageError(
            f"{job.network} begins each frame with the last drawing, so it steadies itself: "
            f"--stabilize {job.stabilize} is for other networks."
        )
    return job.stabilize or header.stabilizer


class Direction:
    """Draws the frames of a job: each is begun, then finished, in their order. Opened by `with`.

    Styles are read then; for `--keep-color match`, in the colors of each scene, at its first frame.

    Args:
        job: what to draw.
        stylizer: what to draw it with.
        reading: from where to where masks are read.
        on_step: told of each step, where a network draws step by step; may raise, to end it.
        meter: is told what the network and the stabilizer take.

    Raises:
        UsageError: the network cannot do what the job asks of it.
        InputError: a style or mask that cannot be read.
    """

    def __init__(
        self,
        job: Job,
        stylizer: Stylizer,
        reading: Reading,
        on_step: OnStep | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._job, self._stylizer, self._reading = job, stylizer, reading
        self._on_step, self._meter = on_step, meter or Meter()
        self.stabilizer = stabilizer_of(job)
        self._stabilizer: Stabilizer | None = None
        if self.stabilizer != "off" and job.strength > 0:  # without strength drawn is the content
            self._stabilizer = STABILIZERS[self.stabilizer]()
            log.info("Steadying the drawings: --stabilize %s.", self.stabilizer)
        self._matches = job.keep_color == "match"
        self.at_once = stylizer.at_once  # a network with a memory draws one by one
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._hands = ThreadPoolExecutor(self.at_once)
            opened.callback(self._hands.shutdown, cancel_futures=True)
            self._eyes = ThreadPoolExecutor(self.at_once + 1)  # as many frames are under way
            opened.callback(self._eyes.shutdown, cancel_futures=True)
            self._layers = self._open_layers(opened)
            styles = dict.fromkeys(name for layer in self._layers for name in layer.styles.styles)
            if any(len(layer.styles.styles) > 1 for layer in self._layers):
                self._stylizer.check_mixes()
            self.first_scene = Scene()
            self.first_pasts = (LayerPast(),) * len(self._layers)
            if self._matches:
                self._pictures = {name: self._stylizer.picture_of(name) for name in styles}
            else:
                self.first_scene = Scene({name: self._read(name) for name in styles})
            self._opened = opened.pop_all()
        return self

    def __exit__(self, kind: ErrorType, error: object, trace: object, /) -> None:
        self._opened.close()

    def begun(self, content: Pixels, time: Fraction, scene: Scene) -> tuple[Sketch, Scene]:
        """Begin to draw `content`, which is seen at `time`, after the frame that gave `scene`.

        Several frames may be begun before the first is finished; `at_once` of them are drawn side
        by side.
        """
        scene, begins = self._scene_of(content, time, scene)
        assert scene.start is not None
        seconds = time - scene.start
        small = resize(content, *self._job.working_size(*content.shape[:2]))
        mixes = tuple(layer.styles.at(float(seconds)) for layer in self._layers)
        before = scene.drawings or (None,) * len(mixes)
        drawings = tuple(
            self._drawn(small, self._look(mix, scene), last)
            for mix, last in zip(mixes, before, strict=True)
        )
        goes_on = not begins and any(map(eq, mixes, scene.mixes))
        motion, watched = self._motion(small, Watched() if begins else scene.watched, goes_on)
        sketch = Sketch(content, seconds, begins, mixes, drawings, motion)
        return sketch, replace(scene, drawings=drawings, watched=watched, mixes=mixes)

    def finished(
        self, sketch: Sketch, pasts: tuple[LayerPast, ...]
    ) -> tuple[Pixels, tuple[LayerPast, ...]]:
        """The drawing of a frame, after the one that gave `pasts`: one for each layer."""
        if sketch.begins_scene:
            pasts = self.first_pasts
        height, width = sketch.content.shape[:2]
        shown, kept = sketch.content, []
        for layer, mix, drawing, past in zip(
            self._layers, sketch.mixes, sketch.drawings, pasts, strict=True
        ):
            drawn, _ = drawing.result()
            if self._stabilizer is not None:
                seen = sketch.motion.result()
                with self._meter.part("stabilizer"):
                    drawn, drawings = self._stabilizer.steadied(drawn, seen, past.of(mix))
                past = LayerPast(mix, drawings)
            kept.append(past)
            drawn = resize(drawn, height, width)
            if self._job.keep_color == "luminance":
                drawn = with_luminance_of(drawn, sketch.content)
            if layer.masks:
                shares = [mask.at(sketch.seconds, height, width) for mask in layer.masks]
                drawn = laid_over(shown, drawn, reduce(np.maximum, shares))
            shown = drawn
        return shown, tuple(kept)

    def _open_layers(self, masks: ExitStack) -> list[Layer]:
        """The styles of the whole picture first, then those that regions have of their own."""
        everywhere, own = [], []
        for region in self._job.regions:
            mask = masks.enter_context(Mask(region.file, self._reading, self._job.feather))
            if region.style:
                own.append(Layer(Timeline(((0.0, {region.style: 1.0}),), 0.0), (mask,)))
            else:
                everywhere.append(mask)
        timeline = self._job.timeline
        return [*([Layer(timeline, tuple(everywhere))] if timeline else []), *own]

    def _scene_of(self, content: Pixels, time: Fraction, scene: Scene) -> tuple[Scene, bool]:
        """`scene`, or the new one that `content` begins, and whether it does."""
        if scene.start is None:
            scene = replace(scene, start=time)
        if not self._matches and self._stabilizer is None:
            return scene, False
        now = glance(content)
        begins = scene.seen is None or is_cut(scene.seen, now)
        if begins and self._matches:
            codes = {
                name: self._read(recolored(picture, content))
                for name, picture in self._pictures.items()
            }
            scene = replace(scene, codes=codes)
        return replace(scene, seen=now), begins

    def _drawn(self, content: Pixels, look: Look, last: Drawn | None) -> Drawn:
        """Have a layer drawn, after the `last` drawing of it."""
        # On a GPU a call only begins its work, in the order of the thread that asks for it.
        begin = self._hands.submit if isinstance(content, np.ndarray) else _done_now
        return begin(self._network, content, look, last)

    def _network(self, content: Pixels, look: Look, last: Drawn | None) -> tuple[Pixels, Memory]:
        memory = last.result()[1] if last is not None and self.at_once == 1 else ()
        with self._meter.part("network"):
            return self._stylizer.draw(content, look, memory, self._on_step)

    def _motion(
        self, content: Pixels, watched: Watched, goes_on: bool
    ) -> tuple[Future[Seen], Watched]:
        """Have `content` followed, after what was `watched`, if any drawing `goes_on`."""
        if self._stabilizer is None:
            return _done_now(Seen), watched
        now = self._stabilizer.look(content)
        if not goes_on:
            return _done_now(Seen), watched.then(now)
        return self._eyes.submit(self._follow, self._stabilizer, now, watched), watched.then(now)

    def _follow(self, stabilizer: Stabilizer, now: Content, watched: Watched) -> Seen:
        with self._meter.part("flow"):
            return stabilizer.follow(now, watched)

    def _look(self, mix: Mix, scene: Scene) -> Look:
        code = mixed([scene.codes[name] for name in mix], list(mix.values()))
        return Look(code, self._job.strength)

    def _read(self, style: str | Pixels) -> StyleCode:
        return self._stylizer.read(style, self._job.style_size)


def _done_now(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """What `submit` of an executor gives, done in this thread."""
    done: Future[Any] = Future()
    done.set_result(function(*arguments))
    return done
