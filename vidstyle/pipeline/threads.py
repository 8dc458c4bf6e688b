"""Thread boundaries between stages: the only file that owns a queue."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

_MOMENT = 2.0  # seconds


class Channel(Generic[T]):
    """A bounded hand-over from one writer thread to one reader thread.

    When full, `put` waits for the reader: back-pressure keeps memory flat. With `keep_newest`, as
    for live video, the oldest item is thrown away instead, and counted.
    """

    def __init__(self, depth: int, keep_newest: bool = False) -> None:
        self._items: deque[T] = deque()
        self._depth, self._keep_newest = depth, keep_newest
        self.dropped = 0
        self._finished = False
        self._abandoned = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def put(self, item: T) -> bool:
        """Hand over `item`. Returns False once the reader has gone."""
        with self._changed:
            if self._keep_newest and len(self._items) >= self._depth:
                self._items.popleft()
                self.dropped += 1
            self._changed.wait_for(lambda: self._abandoned or len(self._items) < self._depth)
            if self._abandoned:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def finish(self, error: BaseException | None = None) -> None:
        """Writer: no more items; the reader re-raises `error` after the last one."""
        with self._changed:
            self._finished, self._error = True, error
            self._changed.notify_all()

    def abandon(self) -> None:
        """Reader: stop reading; a writer waiting in `put` is released."""
        with self._changed:
            self._abandoned = True
            self._items.clear()
            self._changed.notify_all()

    def get(self, timeout: float) -> T | None:
        """Reader: the next item; None if none came within so many seconds.

        Raises:
            StopIteration: the writer has finished. An error that it left is raised as it is.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._finished, timeout)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if not self._finished:
                return None
        if self._error is not None:
            raise self._error
        raise StopIteration

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._finished)
                if not self._items:
                    break
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
        if self._error is not None:
            raise self._error


def ahead(
    items: Iterable[T], depth: int, on_look: Callable[[int], None] | None = None
) -> Generator[T, None, None]:
    """Run `items` on its own thread, at most `depth` items in front of the reader.

    An error in `items` travels behind its last good item; closing this generator closes `items`
    and waits until its thread has ended. `on_look` is told how many items wait whenever the reader
    comes for one.
    """
    channel: Channel[T] = Channel(depth)
    thread = threading.Thread(target=_pump, args=(items, channel), daemon=True)
    thread.start()
    try:
        waiting = iter(channel)
        while True:
            if on_look is not None:
                on_look(len(channel))
            try:
                item = next(waiting)
            except StopIteration:
                return
            yield item
    finally:
        channel.abandon()
        thread.join()


def each_after(count: int, items: Generator[T]) -> Generator[T]:
    """Each item once `count` more are there, or none comes any more.

    An error in `items` travels behind its last good item. They are closed at the end, however it
    comes.
    """
    held: deque[T] = deque()
    with closing(items):
        try:
            for item in items:
                held.append(item)
                if len(held) > count:
                    yield held.popleft()
        except Exception:
            yield from held
            raise
        yield from held


@contextmanager
def newest(items: Iterable[T]) -> Iterator[Channel[T]]:
    """Run `items` on its own thread; the channel holds the newest of them alone.

    At the end its thread is given a moment; one that is stuck, in the driver of a camera, dies with
    the program.
    """
    channel: Channel[T] = Channel(1, keep_newest=True)
    thread = threading.Thread(target=_pump, args=(items, channel), daemon=True)
    thread.start()
    try:
        yield channel
    finally:
        channel.abandon()
        thread.join(_MOMENT)


def _pump(items: Iterable[T], channel: Channel[T]) -> None:
    error: BaseException | None = None
    iterator = iter(items)
    try:
        for item in iterator:
            if not channel.put(item):
                break
    except BaseException as raised:  # carried to the reader, never lost
        error = raised
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
        channel.finish(error)
