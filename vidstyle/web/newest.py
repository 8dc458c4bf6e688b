"""Holds one thing for whoever comes for it: the newest."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """A place for one thing. Who puts never waits; who takes waits until something is there."""

    def __init__(self) -> None:
        self._there = asyncio.Event()
        self._thing: T | None = None

    def put(self, thing: T) -> bool:
        """Lay `thing` here; whether that pushed out one that nobody took."""
        pushed, self._thing = self._thing is not None, thing
        self._there.set()
        return pushed

    async def take(self) -> T:
        """The newest thing that was not yet taken."""
        await self._there.wait()
        thing, self._thing = self._thing, None
        self._there.clear()
        assert thing is not None
        return thing
