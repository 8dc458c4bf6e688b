"""Stand-ins of twenty lines, for tests that are about something else."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Generator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from vidstyle.cli.main import _run
from vidstyle.contracts import Look, Memory, OnStep, Pixels, VideoInfo
from vidstyle.direction import Direction, Sketch
from vidstyle.pipeline import each_after


class FakeStylizer:
    """Gives the content back, exactly; raises `error` at the frame of number `fails_at`."""

    network, runtime, device, precision = "fake", "fake", "cpu", "fp32"
    at_once = 1

    def __init__(self, fails_at: int | None = None, error: Exception | None = None) -> None:
        self._left, self._error = fails_at, error or RuntimeError("the stylizer broke")
        self.drawn = 0
        self.prepared: list[tuple[int, int]] = []  # heights and widths

    def prepare(self, info: VideoInfo) -> None:
        self.prepared.append((info.height, info.width))

    def read(self, style: Any, side: int = 0) -> tuple[Any, ...]:
        return ()

    def look(self, style: Any, strength: float = 1.0) -> Look:
        return Look((), strength)

    def draw(
        self, pixels: Any, look: Look, memory: Memory = (), on_step: OnStep | None = None
    ) -> tuple[Any, Memory]:
        if self.drawn == self._left:
            raise self._error
        self.drawn += 1
        return pixels, ()


def drawn_in_turn(
    direction: Direction, contents: Sequence[tuple[Pixels, Fraction]], ahead: int = 0
) -> list[Pixels]:
    """The drawings of `contents`, seen at their times; each is finished when more are begun."""

    def sketches() -> Generator[Sketch]:
        scene = direction.first_scene
        for content, time in contents:
            sketch, scene = direction.begun(content, time, scene)
            yield sketch

    found, pasts = [], direction.first_pasts
    for sketch in each_after(ahead, sketches()):
        pixels, pasts = direction.finished(sketch, pasts)
        found.append(pixels)
    return found


def typed(*arguments: str) -> int:
    """Run a command line in this process; its exit code comes back."""
    logger = logging.getLogger("vidstyle")
    before = logger.handlers, logger.level, logger.propagate
    try:
        return _run(arguments)
    finally:
        (logger.handlers, logger.level, logger.propagate) = before


def command_line(*arguments: str, folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run vidstyle in a process of its own; text comes back unless `options` say otherwise."""
    return subprocess.run(
        [sys.executable, "-m", "vidstyle", *arguments],
        cwd=folder, **({"capture_output": True, "text": True, "timeout": 60} | options),
    )  # fmt: skip
