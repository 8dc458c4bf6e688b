"""Draws one live picture after another, as its controls say at that moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from vidstyle.codes import mixed
from vidstyle.contracts import HostArray, Look, Pixels, VideoInfo
from vidstyle.errors import VidstyleError
from vidstyle.image import resize
from vidstyle.keep_color import with_luminance_of
from vidstyle.live.controls import Controls
from vidstyle.live.governor import Governor, Rung, ladder
from vidstyle.live.matching import Matching
from vidstyle.live.studio import Studio
from vidstyle.temporal import STABILIZERS
from vidstyle.temporal.cuts import glance, is_cut
from vidstyle.timeline import Mix, Timeline

log = logging.getLogger(__name__)

SPARE = {"swift": "swift-lite", "adaattn": "adaattn-lite"}  # quicker, and nearly as good


@dataclass(frozen=True)
class Drawn:
    """A drawing, and how it was made."""

    pixels: Pixels  # as large as the content
    rung: Rung | None  # None: nothing is ready yet, and this is the content itself


class Artist:
    """Draws for one who watches. What is not ready is made aside; meanwhile all stays as it was.

    One thread draws; any may set `controls`.

    Args:
        studio: gives networks, styles and engines.
        controls: to begin with.
        fps: frames a second to hold by drawing smaller; None: always at full size.
        on_error: told in one line which style cannot be drawn, and why.
        clock: gives seconds.
        first: how such frames could be drawn lately in that time, to begin with.
    """

    def __init__(
        self,
        studio: Studio,
        controls: Controls,
        fps: float | None = None,
        on_error: Callable[[str], None] = log.warning,
        clock: Callable[[], float] = time.monotonic,
        first: Rung | None = None,
    ) -> None:
        self.controls = controls
        self._first = first
        self._studio, self._fps, self._on_error, self._clock = studio, fps, on_error, clock
        self._size: tuple[int, int] | None = None  # of the content
        self._wanted: Mix = controls.mix  # the last mix that was asked for …
        self._named: Mix = controls.mix  # … by the studio's names for its styles
        self._matching = Matching(studio)
        self._timeline: Timeline | None = None  # what is seen and what it fades into
        self._current: Rung | None = None  # the last one that drew
        self._memory: Any = ()  # the stabilizer's
        self._steadied: tuple[str, Mix, Rung] | None = None  # what the memory is of
        self._glance: HostArray | None = None

    def draw(self, content: Pixels) -> Drawn:
        """Draw `content`: uint8 [H, W, 3], of any size."""
        controls, began = self.controls, self._clock()
        height, width = content.shape[:2]
        if self._size != (height, width):
            self._begin(height, width)
        rung = self._rung()
        if rung is None:
            return Drawn(content, None)
        small = resize(content, rung.height, rung.width)
        new = self._is_new(small, controls)
        mix = self._mix(controls, rung, began, small, new)
        if mix is None:
            return Drawn(content, None)
        drawn = self._drawn(small, mix, controls.strength, rung)
        drawn = resize(self._steady(small, drawn, controls, mix, rung, new), height, width)
        if controls.keep_color == "luminance":
            drawn = with_luminance_of(drawn, content)
        if self._governor is not None:
            self._governor.drawn(rung, self._clock() - began)
        return Drawn(drawn, rung)

    def close(self) -> None:
        """Leave nothing of its own in the studio."""
        self._matching.end()
        self._matching.forget_all_but(())

    def prepare(self, height: int, width: int) -> None:
        """Wait until such frames can be drawn in the styles that are wanted.

        Raises:
            VidstyleError: a network or style cannot be had.
        """
        self._begin(height, width)
        network = self._goal.network
        if self._studio.stylizer(network) is None:
            self._studio.wait()
        for style in self.controls.mix:
            self._studio.code(network, style)
        self._studio.is_prepared(network, _info(self._goal))
        self._studio.wait()
        for style in self.controls.mix:
            self._studio.code(network, style)  # raises what went wrong
        self._wanted = self._named = self.controls.mix
        self._timeline = Timeline(((0.0, self._wanted),), self.controls.fade)

    def _begin(self, height: int, width: int) -> None:
        """Frames of another size come."""
        self._size, self._current = (height, width), None
        network = self._studio.network
        self._governor = None
        self._goal = Rung(network, height, width, height * width)
        if self._fps is not None:
            rungs = ladder(height, width, network, SPARE.get(network))
            self._governor = Governor(rungs, self._fps, self._clock, self._first)

    def _rung(self) -> Rung | None:
        """How to draw: as is wished, once that is ready; until then as before."""
        wished = self._governor.rung if self._governor is not None else self._goal
        if wished == self._current:
            return wished
        stylizer = self._studio.stylizer(wished.network)
        if stylizer is None or not self._studio.is_prepared(wished.network, _info(wished)):
            return self._current
        if self._timeline is not None:
            codes = [self._studio.code(wished.network, style) for style in self._seen]
            if any(code is None for code in codes):
                return self._current
        log.info("Drawing with %s.", wished)
        self._current = wished
        return wished

    @property
    def _seen(self) -> tuple[str, ...]:
        """Styles that are seen now or will be."""
        assert self._timeline is not None
        return self._timeline.styles

    def _mix(
        self, controls: Controls, rung: Rung, now: float, content: Pixels, new: bool
    ) -> Mix | None:
        """The styles of this moment: what is wished fades in, once it has been read."""
        wish = self._named_wish(controls, content, new)
        if wish != self._named or self._timeline is None:
            try:
                codes = [self._studio.code(rung.network, style) for style in wish]
            except VidstyleError as error:
                self._on_error(str(error))
                if self._timeline is None and wish == controls.mix:
                    raise
                self._take_back(controls)
            else:
                if all(code is not None for code in codes):
                    self._begin_to_fade(wish, controls.fade, now)
                    self._wanted = controls.mix
        return None if self._timeline is None else self._timeline.at(now)

    def _named_wish(self, controls: Controls, content: Pixels, new: bool) -> Mix:
        """The mix that is wished, by the studio's names."""
        if controls.keep_color == "match":
            return self._matching.mix(controls.mix, content, new, self._named)
        self._matching.end()
        return controls.mix

    def _take_back(self, controls: Controls) -> None:
        """What cannot be read is not wished any more: other styles, or their matching colors."""
        keep = controls.keep_color if controls.mix != self._wanted else None
        self.controls = replace(controls, mix=self._wanted, keep_color=keep)

    def _begin_to_fade(self, wish: Mix, fade: float, now: float) -> None:
        seen = self._timeline and self._timeline.at(now)
        self._timeline = Timeline(((0.0, seen), (now, wish)) if seen else ((0.0, wish),), fade)
        self._named = wish
        self._matching.forget_all_but(self._timeline.styles)

    def _drawn(self, small: Pixels, mix: Mix, strength: float, rung: Rung) -> Pixels:
        stylizer = self._studio.stylizer(rung.network)
        assert stylizer is not None
        codes = [self._studio.code(rung.network, style) for style in mix]
        code = mixed([code for code in codes if code is not None], list(mix.values()))
        return stylizer(small, Look(code, strength))

    def _is_new(self, content: Pixels, controls: Controls) -> bool:
        """Whether a new scene begins, where that matters."""
        if controls.stabilize == "off" and controls.keep_color != "match":
            self._glance = None
            return False
        now, before = glance(content), self._glance
        self._glance = now
        return before is None or is_cut(before, now)

    def _steady(
        self, content: Pixels, drawn: Pixels, controls: Controls, mix: Mix, rung: Rung, new: bool
    ) -> Pixels:
        if controls.stabilize == "off" or controls.strength == 0:
            self._memory = ()
            return drawn
        of = controls.stabilize, mix, rung
        if new or of != self._steadied:
            self._memory, self._steadied = (), of
        drawn, self._memory = STABILIZERS[controls.stabilize]()(content, drawn, self._memory)
        return drawn


def _info(rung: Rung) -> VideoInfo:
    return VideoInfo(rung.width, rung.height)
