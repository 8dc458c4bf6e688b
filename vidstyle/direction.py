"""From a frame to its drawing: which styles are seen when, where, and in which colors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Self

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
from vidstyle.temporal.stabilizer import Past, Stabilizer
from vidstyle.timeline import Mix, Timeline
from vidstyle.weights import find_model

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Layer:
    """Styles over time, seen where any of the masks is white; without masks, everywhere."""

    styles: Timeline
    masks: tuple[Mask, ...]


@dataclass(frozen=True)
class LayerPast:
    """What a stabilizer remembers of a layer."""

    mix: Mix = field(default_factory=dict)  # in which it was drawn
    memory: Past | tuple[()] = ()

    def of(self, mix: Mix) -> Past | tuple[()]:
        """What is remembered of drawings in `mix`."""
        return self.memory if self.mix == mix else ()


@dataclass(frozen=True)
class Scene:
    """What one frame hands to the next."""

    codes: Mapping[str, StyleCode] = field(default_factory=dict)  # by style; none: to be read
    start: Fraction | None = None  # time of the first frame of all
    seen: HostArray | None = None  # a glance at the last frame
    memories: tuple[Memory, ...] = ()  # the network's own, for each layer
    pasts: tuple[LayerPast, ...] = ()  # the stabilizer's, for each layer


def stabilizer_of(job: Job) -> str:
    """What the drawings of a job are steadied by: "off", or a row of STABILIZERS.

    Raises:
        UsageError: it is asked for, of a network that draws each frame after the last one.
    """
    header = find_model(job.network).header
    if is_photo(job.source) or Path(job.source).is_dir():  # photographs, one by one
        return "off"
    if header.optimizes and job.stabilize not in (None, "off"):
        raise UsageError(
            f"{job.network} begins each frame with the last drawing, so it steadies itself: "
            f"--stabilize {job.stabilize} is for other networks."
        )
    return job.stabilize or header.stabilizer


class Direction:
    """Draws the frames of a job, one after the other. Opened by `with`.

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
        if self.stabilizer != "off":
            self._stabilizer = STABILIZERS[self.stabilizer]()
            log.info("Steadying the drawings: --stabilize %s.", self.stabilizer)
        self._matches = job.keep_color == "match"
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._beside = opened.enter_context(ThreadPoolExecutor(1))
            self._layers = self._open_layers(opened)
            styles = dict.fromkeys(name for layer in self._layers for name in layer.styles.styles)
            if any(len(layer.styles.styles) > 1 for layer in self._layers):
                self._stylizer.check_mixes()
            count = len(self._layers)
            self.first_scene = Scene(memories=((),) * count, pasts=(LayerPast(),) * count)
            if self._matches:
                self._pictures = {name: self._stylizer.picture_of(name) for name in styles}
            else:
                codes = {name: self._read(name) for name in styles}
                self.first_scene = replace(self.first_scene, codes=codes)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, kind: ErrorType, error: object, trace: object, /) -> None:
        self._opened.close()

    def __call__(self, content: Pixels, time: Fraction, scene: Scene) -> tuple[Pixels, Scene]:
        """Draw `content`, which is seen at `time`, after the frame that gave `scene`."""
        scene = self._scene_of(content, time, scene)
        assert scene.start is not None
        seconds = time - scene.start
        height, width = content.shape[:2]
        small = resize(content, *self._job.working_size(height, width))
        shown, memories, pasts = content, [], []
        for layer, memory, past in zip(self._layers, scene.memories, scene.pasts, strict=True):
            mix = layer.styles.at(float(seconds))
            look = self._look(mix, scene)
            drawn, memory, past = self._drawn(small, look, memory, LayerPast(mix, past.of(mix)))
            memories.append(memory)
            pasts.append(past)
            drawn = resize(drawn, height, width)
            if self._job.keep_color == "luminance":
                drawn = with_luminance_of(drawn, content)
            if layer.masks:
                shares = [mask.at(seconds, height, width) for mask in layer.masks]
                drawn = laid_over(shown, drawn, reduce(np.maximum, shares))
            shown = drawn
        return shown, replace(scene, memories=tuple(memories), pasts=tuple(pasts))

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

    def _scene_of(self, content: Pixels, time: Fraction, scene: Scene) -> Scene:
        """`scene`, or the new one that `content` begins."""
        if scene.start is None:
            scene = replace(scene, start=time)
        if not self._matches and self._stabilizer is None:
            return scene
        now = glance(content)
        if scene.seen is None or is_cut(scene.seen, now):
            scene = replace(scene, pasts=self.first_scene.pasts)
            if self._matches:
                codes = {
                    name: self._read(recolored(picture, content))
                    for name, picture in self._pictures.items()
                }
                scene = replace(scene, codes=codes)
        return replace(scene, seen=now)

    def _drawn(
        self, content: Pixels, look: Look, memory: Memory, past: LayerPast
    ) -> tuple[Pixels, Memory, LayerPast]:
        """The drawing of a layer; if it is steadied, motion is sought while the network draws."""
        stabilizer = self._stabilizer
        if stabilizer is None or look.strength == 0:  # which gives the content itself
            return *self._network(content, look, memory), past
        seen = self._beside.submit(stabilizer.seen, content, past.memory)
        drawn, memory = self._network(content, look, memory)
        with self._meter.part("stabilizer"):
            drawn, steadied = stabilizer.steadied(drawn, seen.result(), past.memory)
        return drawn, memory, LayerPast(past.mix, steadied)

    def _network(self, content: Pixels, look: Look, memory: Memory) -> tuple[Pixels, Memory]:
        with self._meter.part("network"):
            return self._stylizer.draw(content, look, memory, self._on_step)

    def _look(self, mix: Mix, scene: Scene) -> Look:
        code = mixed([scene.codes[name] for name in mix], list(mix.values()))
        return Look(code, self._job.strength)

    def _read(self, style: str | Pixels) -> StyleCode:
        return self._stylizer.read(style, self._job.style_size)
