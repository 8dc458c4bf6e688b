"""Stages on their own threads, tried with integers."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator

import pytest

from vidstyle.pipeline import ahead, each_after


def numbers(count: int, seen: list[int] | None = None) -> Iterator[int]:
    for number in range(count):
        if seen is not None:
            seen.append(number)
        yield number


def test_items_come_in_order() -> None:
    assert list(ahead(ahead(numbers(1000), 3), 3)) == list(range(1000))


def test_the_writer_waits_for_the_reader() -> None:
    seen: list[int] = []
    items = ahead(numbers(1000, seen), 3)
    next(items)
    time.sleep(0.05)
    assert len(seen) <= 1 + 3 + 1  # taken, waiting, in hand
    items.close()


def test_an_error_comes_after_the_last_good_item() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    items = ahead(broken(), 3)
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_closing_ends_every_thread_and_every_stage() -> None:
    ended = []

    def source() -> Iterator[int]:
        try:
            yield from numbers(1000)
        finally:
            ended.append("source")

    before = threading.active_count()
    items = ahead(source(), 3)
    next(items)
    items.close()
    assert ended == ["source"]
    assert threading.active_count() == before


def test_nothing_runs_before_the_first_item_is_asked_for() -> None:
    seen: list[int] = []
    ahead(numbers(10, seen), 3).close()
    assert seen == []


def test_the_reader_is_told_how_many_items_wait_when_it_comes() -> None:
    looks: list[int] = []
    full = threading.Event()

    def source() -> Iterator[int]:
        yield from numbers(3)
        full.set()

    items = ahead(source(), 3, looks.append)
    next(items)
    full.wait(10)
    assert list(items) == [1, 2]
    assert looks[1:] == [2, 1, 0]


def test_each_item_comes_when_some_more_are_there() -> None:
    seen: list[int] = []
    items = each_after(2, numbers(4, seen))
    assert [(item, len(seen)) for item in items] == [(0, 3), (1, 4), (2, 4), (3, 4)]


def test_what_was_held_comes_before_an_error() -> None:
    def source() -> Generator[int]:
        yield from numbers(3)
        raise ValueError("broken")

    items = each_after(2, source())
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_what_is_held_back_is_closed_with_its_items() -> None:
    ended = []

    def source() -> Generator[int]:
        try:
            yield from numbers(1000)
        finally:
            ended.append("source")

    items = each_after(2, source())
    next(items)
    items.close()
    assert ended == ["source"]
