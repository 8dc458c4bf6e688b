"""A visitor of the live page without a screen: aiortc at the browser's end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import VIDEO_TIME_BASE, MediaStreamTrack
from av import VideoFrame
from media import in_bits, smooth

from vidstyle.live.controls import Controls
from vidstyle.stylizer import Drawing
from vidstyle.web.server import serving
from vidstyle.web.serving import Serving

RATE = 30


def settings(**changes: Any) -> Serving:
    """A page with the quickest network, always at full size, at any port."""
    usual: dict[str, Any] = {
        "drawing": Drawing("swift-lite"),
        "controls": Controls({"ink": 1.0}, fade=0.0),
        "port": 0,
        "adapt": False,
    }
    return Serving(**usual | changes)


@contextmanager
def served(given: Serving) -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """The page, on a thread of its own: its address, and its event loop."""
    told: Any = asyncio.run_coroutine_threadsafe
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    page = serving(given)
    try:
        yield told(page.__aenter__(), loop).result(60), loop
    finally:
        told(page.__aexit__(None, None, None), loop).result(60)
        told(loop.shutdown_default_executor(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Camera(MediaStreamTrack):
    """A smooth picture, again and again."""

    kind = "video"

    def __init__(self, height: int = 96, width: int = 160) -> None:
        super().__init__()
        self.picture = in_bits(smooth(height, width))
        self._count = 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(1 / RATE)
        frame = VideoFrame.from_ndarray(self.picture, format="rgb24")
        frame.pts, frame.time_base = self._count * 90000 // RATE, VIDEO_TIME_BASE
        self._count += 1
        return frame


class Guest:
    """One who has been let in, or was not: `first` is the server's first word."""

    def __init__(
        self, peer: RTCPeerConnection, session: Any, socket: Any, first: dict[str, Any]
    ) -> None:
        self.peer, self.session, self.socket, self.first = peer, session, socket, first

    async def sees(self, wanted: Any) -> np.ndarray:
        """The first picture that is as wanted, uint8 [H, W, 3]."""
        (receiver,) = self.peer.getReceivers()
        while True:
            frame: Any = await asyncio.wait_for(receiver.track.recv(), 30)
            if wanted(picture := frame.to_ndarray(format="rgb24")):
                return picture

    async def hears(self, key: str) -> Any:
        """The next word of that kind that the server says."""
        while True:
            message = await self.socket.receive_json(timeout=30)
            if key in message:
                return message[key]


@asynccontextmanager
async def visiting(address: str, camera: Camera | None = None) -> AsyncIterator[Guest]:
    """A guest for as long as the block lasts."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTrack(camera or Camera())
    await peer.setLocalDescription(await peer.createOffer())
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{address}/visit") as socket:
        await socket.send_json({"offer": peer.localDescription.sdp})
        first = await socket.receive_json(timeout=30)
        try:
            if "answer" in first:
                answer = RTCSessionDescription(first["answer"], "answer")
                await peer.setRemoteDescription(answer)
            yield Guest(peer, session, socket, first)
        finally:
            await peer.close()


async def status(address: str) -> Any:
    """What GET /status says."""
    async with aiohttp.ClientSession() as session, session.get(f"{address}/status") as answer:
        return await answer.json()


async def left(address: str) -> None:
    """Wait until nobody visits any more."""
    async with asyncio.timeout(20):
        while (await status(address))["visitors"]:
            await asyncio.sleep(0.05)
