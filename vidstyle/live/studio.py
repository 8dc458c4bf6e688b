"""What all live pictures share: networks, read styles and engines, made on a thread aside."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from vidstyle.contracts import Pixels, StyleCode, VideoInfo
from vidstyle.stylizer import Drawing, Stylizer, load_stylizer
from vidstyle.weights import check_live


class Studio:
    """Gives what is there, or None and begins to make it; whoever draws never waits.

    Args:
        drawing: the network that people asked for, and what runs it.

    Raises:
        UsageError: a network that is far too slow.
    """

    def __init__(self, drawing: Drawing) -> None:
        check_live(drawing.network)
        self._drawing = drawing
        self._aside = ThreadPoolExecutor(1, "studio")
        self._made: dict[Hashable, Future[Any]] = {}
        self._pictures: dict[str, Pixels] = {}

    @property
    def network(self) -> str:
        """The network that people asked for."""
        return self._drawing.network

    def close(self) -> None:
        """End the thread; what it makes now is the last."""
        self._aside.shutdown(cancel_futures=True)

    def stylizer(self, network: str) -> Stylizer | None:
        """The stylizer of a network, once it is loaded. Raises what loading raised."""
        made: Stylizer | None = self._ready(network, lambda: self._load(network))
        return made

    def code(self, network: str, style: str) -> StyleCode | None:
        """How a network reads a style, once it has. Raises what reading raised."""
        stylizer = self.stylizer(network)
        if stylizer is None:
            return None
        picture, keep = self._pictures.get(style, style), style not in self._pictures
        code: StyleCode | None = self._ready(
            (network, style), lambda: stylizer.read(picture, keep=keep)
        )
        return code

    def is_prepared(self, network: str, info: VideoInfo) -> bool:
        """Whether such frames can be drawn at once."""
        stylizer = self.stylizer(network)
        if stylizer is None:
            return False
        if stylizer.is_prepared(info):
            return True
        key = (network, info.height, info.width, info.bits)
        if self._ready(key, lambda: stylizer.prepare(info) or True):
            del self._made[key]  # it was pushed out by others, or is there from now on
        return stylizer.is_prepared(info)

    def add(self, style: str, picture: Pixels) -> None:
        """From now on `style` is this picture: uint8 [H, W, 3]."""
        self.forget(style)
        self._pictures[style] = picture

    def forget(self, style: str) -> None:
        """Keep nothing of a style any more."""
        self._pictures.pop(style, None)
        for key in [key for key in self._made if isinstance(key, tuple) and key[1] == style]:
            self._made.pop(key, None)

    def wait(self) -> None:
        """Until all that was asked for is made."""
        self._aside.submit(lambda: None).result()

    def _load(self, network: str) -> Stylizer:
        return load_stylizer(replace(self._drawing, network=network))

    def _ready(self, key: Hashable, make: Callable[[], Any]) -> Any:
        job = self._made.get(key)
        if job is None:
            job = self._made[key] = self._aside.submit(make)
        return job.result() if job.done() else None
