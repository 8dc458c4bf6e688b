"""A window that shows live pictures, and the keys that change them."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # it prints an advertisement
import pygame

from vidstyle.errors import DeviceError, VidstyleError
from vidstyle.live.outlets import Outlet, Shown
from vidstyle.live.recording import Recording
from vidstyle.live.show import Show, fitted
from vidstyle.sources.sound import Heard

_STEP = 0.1  # of strength
_HELP = (
    ("n  p", "next, previous style"),
    ("up  down", "strength"),
    ("f", "freeze"),
    ("c", "content beside its drawing"),
    ("m", "mirror"),
    ("s", "snapshot"),
    ("r", "record"),
    ("return", "full screen"),
    ("h", "this help"),
    ("q", "quit"),
)
_WAIT = 10  # milliseconds for which events are awaited


class Window:
    """Shows the newest picture. Opened on the main thread, which then runs `watch`.

    Args:
        styles: that keys go through.
        folder: where snapshots and recordings go.
    """

    name, waiting = "window", 1

    def __init__(self, styles: Sequence[str], folder: Path) -> None:
        self._styles, self._folder = list(styles), folder
        self._newest: Shown | None = None
        self._lock = threading.Lock()
        self._helps, self._full = False, False
        self._recording: Outlet | None = None
        self._keys: dict[int, Callable[[Show], None]] = {
            pygame.K_n: lambda show: self._turn(show, 1),
            pygame.K_p: lambda show: self._turn(show, -1),
            pygame.K_UP: lambda show: self._strengthen(show, _STEP),
            pygame.K_DOWN: lambda show: self._strengthen(show, -_STEP),
            pygame.K_f: lambda show: setattr(show, "frozen", not show.frozen),
            pygame.K_c: lambda show: setattr(show, "side_by_side", not show.side_by_side),
            pygame.K_m: lambda show: setattr(show, "mirror", not show.mirror),
            pygame.K_s: lambda show: show.snapshot(self._new_file(".png")),
            pygame.K_r: self._record,
            pygame.K_RETURN: lambda show: self._fill_screen(),
            pygame.K_h: lambda show: setattr(self, "_helps", not self._helps),
            pygame.K_q: lambda show: show.ended.set(),
            pygame.K_ESCAPE: lambda show: show.ended.set(),
        }

    def open(self, height: int, width: int, fps: float, heard: Heard | None = None) -> None:
        """Open the window; it is silent, and what it records is not.

        Raises:
            DeviceError: there is no screen.
        """
        try:
            pygame.display.init()
            pygame.font.init()
            self._screen = pygame.display.set_mode((width, height), pygame.RESIZABLE)
        except pygame.error as error:
            raise DeviceError(
                f"No window can be opened ({error}). Give another output, such as camera, a file, "
                "or --page."
            ) from None
        self._size, self._fps = (height, width), fps
        pygame.display.set_caption("vidstyle - h for help")
        self._font = pygame.font.Font(None, max(18, height // 20))

    def write(self, shown: Shown) -> None:
        """Keep the next picture for the thread that shows it."""
        with self._lock:
            self._newest = shown

    def close(self) -> None:
        """Nothing is left to be written."""

    def watch(self, show: Show) -> None:
        """Show pictures and follow keys until the end of the show."""
        try:
            while not show.ended.is_set():
                event = pygame.event.wait(_WAIT)
                if event.type == pygame.QUIT:
                    show.ended.set()
                elif event.type == pygame.KEYDOWN and event.key in self._keys:
                    self._keys[event.key](show)
                self._paint()
        finally:
            if self._recording is not None:
                self._record(show)
            pygame.display.quit()

    def _paint(self) -> None:
        with self._lock:
            shown, self._newest = self._newest, None
        if shown is None:
            return
        width, height = self._screen.get_size()
        pixels = fitted(shown.pixels, height, width)
        self._screen.blit(pygame.surfarray.make_surface(np.swapaxes(pixels, 0, 1)), (0, 0))
        if self._helps:
            self._paint_help()
        if self._recording is not None:
            radius = self._size[0] // 40
            pygame.draw.circle(self._screen, (220, 30, 30), (2 * radius, 2 * radius), radius)
        pygame.display.flip()

    def _paint_help(self) -> None:
        line = self._font.get_linesize()
        veil = pygame.Surface((self._size[1], line * (len(_HELP) + 1)), pygame.SRCALPHA)
        veil.fill((0, 0, 0, 170))
        for place, (keys, what) in enumerate(_HELP):
            for left, text in ((line, keys), (line * 6, what)):
                words = self._font.render(text, True, (255, 255, 255))
                veil.blit(words, (left, line * place + line // 2))
        self._screen.blit(veil, (0, 0))

    def _turn(self, show: Show, step: int) -> None:
        controls = show.artist.controls
        seen = next(iter(controls.mix))
        place = self._styles.index(seen) if seen in self._styles else -step
        style = self._styles[(place + step) % len(self._styles)]
        show.artist.controls = replace(controls, mix={style: 1.0})
        pygame.display.set_caption(f"vidstyle - {style}")

    def _strengthen(self, show: Show, step: float) -> None:
        controls = show.artist.controls
        strength = round(min(1.0, max(0.0, controls.strength + step)), 2)
        show.artist.controls = replace(controls, strength=strength)

    def _fill_screen(self) -> None:
        self._full = not self._full
        size, kind = (self._size[1], self._size[0]), pygame.RESIZABLE
        if self._full:
            size, kind = (0, 0), pygame.FULLSCREEN  # as large as the screen
        self._screen = pygame.display.set_mode(size, kind)

    def _record(self, show: Show) -> None:
        if self._recording is not None:
            show.remove(self._recording)
            self._recording = None
            return
        try:
            recording = Recording(self._new_file(".mp4"))
            self._recording = show.add(recording, *self._size, self._fps)
        except VidstyleError as error:
            pygame.display.set_caption(f"vidstyle - {error}")

    def _new_file(self, suffix: str) -> Path:
        """A name that is not taken."""
        stem = time.strftime("vidstyle-%Y%m%d-%H%M%S")
        names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
        paths = (self._folder / f"{name}{suffix}" for name in names)
        return next(path for path in paths if not path.exists())
