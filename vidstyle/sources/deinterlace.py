"""Interlaced pictures to whole ones, by FFmpeg's bwdif (a motion-adaptive filter)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
from av.filter import Graph

from vidstyle.avframe import in_host_memory

_LEAST = 16  # pixels; bwdif refuses planes below 3


class Deinterlacer:
    """Passes frames on until the first interlaced one; from there on through the filter.

    One frame out for each frame in. The filter looks at the next frame, so it is one behind.
    """

    def __init__(self, tick: Fraction) -> None:
        self._tick = tick
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None

    def each(self, frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        """`frames`, whole."""
        for frame in frames:
            interlaced = frame.interlaced_frame and min(frame.width, frame.height) >= _LEAST
            if self._graph is None and not interlaced:
                yield frame
                continue
            frame = in_host_memory(frame)
            shape = frame.width, frame.height, frame.format.name
            if shape != self._shape:
                yield from self._rest()
                self._graph, self._shape = self._filter(frame), shape
            assert self._graph is not None
            self._graph.push(frame)
            yield from self._ready()
        yield from self._rest()

    def _filter(self, frame: av.VideoFrame) -> Graph:
        graph = Graph()
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=self._tick
        )
        bwdif = graph.add("bwdif", "mode=send_frame:deint=interlaced")
        sink = graph.add("buffersink")
        source.link_to(bwdif)
        bwdif.link_to(sink)
        graph.configure()
        return graph

    def _ready(self) -> Iterator[av.VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(frame, av.VideoFrame)
            yield frame

    def _rest(self) -> Iterator[av.VideoFrame]:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._ready()
