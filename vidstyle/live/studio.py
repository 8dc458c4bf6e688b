"""What all live pictures share: networks, read styles and engines, made on a thread aside."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from vidstyle.contracts import Pixels, StyleCode, VideoInfo
from vidstyle.image import shrink_to
from vidstyle.keep_color import recolored
from vidstyle.stylizer import Drawing, Stylizer, load_stylizer
from vidstyle.weights import check_live

_COLORS_SIDE = 256  # pixels of a content whose colors are taken


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
        self._contents: dict[str, tuple[str, Pixels]] = {}  # a style, and whose colors it takes
        self._numbers = itertools.count(1)

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
        code: StyleCode | None = self._ready((network, style), self._reading(stylizer, style))
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

    def in_colors_of(self, content: Pixels, style: str) -> str:
        """The name, from now on, of a style in the colors of `content`: uint8 [H, W, 3]."""
        name = f"{style} in colors {next(self._numbers)}"
        self._contents[name] = style, shrink_to(content, _COLORS_SIDE)
        return name

    def forget(self, style: str) -> None:
        """Keep nothing of a style any more."""
        self._pictures.pop(style, None)
        self._contents.pop(style, None)
        for key in [key for key in self._made if isinstance(key, tuple) and key[1] == style]:
            self._made.pop(key, None)

    def wait(self) -> None:
        """Until all that was asked for is made."""
        self._aside.submit(lambda: None).result()

    def _load(self, network: str) -> Stylizer:
        return load_stylizer(replace(self._drawing, network=network))

    def _reading(self, stylizer: Stylizer, style: str) -> Callable[[], StyleCode]:
        """What reads a style, in whatever colors."""
        of, content = self._contents.get(style, (style, None))
        picture = self._pictures.get(of)
        if content is None:
            return lambda: stylizer.read(of if picture is None else picture, keep=picture is None)

        def read() -> StyleCode:
            own = stylizer.picture_of(of) if picture is None else picture
            return stylizer.read(recolored(own, content), keep=False)

        return read

    def _ready(self, key: Hashable, make: Callable[[], Any]) -> Any:
        job = self._made.get(key)
        if job is None:
            job = self._made[key] = self._aside.submit(make)
        return job.result() if job.done() else None
