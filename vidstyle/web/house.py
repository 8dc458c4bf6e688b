"""What all visits share: the engine, the one thread that draws, the gallery, the controls."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from vidstyle.live.artist import Artist
from vidstyle.live.controls import Controls
from vidstyle.live.governor import Rung
from vidstyle.live.pulse import Pulse
from vidstyle.live.studio import Studio
from vidstyle.runtimes import choose
from vidstyle.web.codecs import lift_limits
from vidstyle.web.gallery import Gallery
from vidstyle.web.serving import Serving
from vidstyle.web.visit import Visit
from vidstyle.web.wishes import wished
from vidstyle.weights import find_model

_CAMERA = {"cpu": (640, 360), "gpu": (1280, 720)}  # width and height that browsers are asked for
_PRACTICE = 2.0  # seconds


class House:
    """Opens its doors to visits. To make one takes seconds: the network is loaded, styles are read.

    Raises:
        VidstyleError: a network or style that cannot be had.
    """

    def __init__(self, settings: Serving) -> None:
        self.settings, self.pulse = settings, Pulse()
        drawing = settings.drawing
        on_gpu = choose(drawing.runtime, drawing.device)[1] != "cpu"
        self.camera = _CAMERA["gpu" if on_gpu else "cpu"]
        lift_limits(*reversed(self.camera))
        self.visits: dict[str, Visit] = {}
        self._studio = Studio(drawing)
        self._hand = ThreadPoolExecutor(1, "drawing")
        self._usual: Rung | None = None  # how the camera's frames could be drawn lately
        try:
            self.gallery = Gallery(find_model(drawing.network).header, self._studio)
            self.controls = settings.controls
            self.controls = self.wished({"mix": self.gallery.hang(settings.controls.mix)})
            self._usual = self._practised()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the threads; what they do now is the last."""
        self._hand.shutdown(cancel_futures=True)
        self._studio.close()

    @property
    def is_full(self) -> bool:
        """Whether the next visitor must wait."""
        return len(self.visits) >= self.settings.visitors

    def open(self) -> Visit:
        """A visit begins."""
        visit = Visit(self._studio, self._artist(), self._hand, self.pulse)
        self.visits[visit.name] = visit
        return visit

    async def end(self, visit: Visit) -> None:
        """A visit is over, and its place is free."""
        try:
            await visit.close()
        finally:
            self._usual = visit.rung or self._usual
            del self.visits[visit.name]

    def wished(self, wish: dict[str, Any], visit: Visit | None = None) -> Controls:
        """The controls of a visit, or of those to come, with what a wish changes.

        Raises:
            UsageError: a wish that cannot be met.
        """
        gallery = self.gallery
        if visit is None:
            return wished(self.controls, wish, gallery.styles, gallery.mixes)
        styles = [*gallery.styles, *visit.styles]
        return wished(visit.artist.controls, wish, styles, gallery.mixes)

    def turn(self, wish: dict[str, Any]) -> None:
        """A wish for all visits, now and to come.

        Raises:
            UsageError: it cannot be met; nothing is turned.
        """
        self.controls = self.wished(wish)
        for visit in self.visits.values():
            visit.artist.controls = self.wished(wish, visit)

    def _artist(self) -> Artist:
        fps = self.settings.fps if self.settings.adapt else None
        return Artist(self._studio, self.controls, fps, first=self._usual)

    def _practised(self) -> Rung | None:
        """How finely this machine draws in time, so that the first visitor need not find out."""
        width, height = self.camera
        artist, blank = self._artist(), np.zeros((height, width, 3), np.uint8)
        artist.prepare(height, width)
        rung, until = None, time.monotonic() + _PRACTICE
        while self.settings.adapt and time.monotonic() < until:
            rung = artist.draw(blank).rung
            self._studio.wait()  # for what the next rung needs
        return rung
