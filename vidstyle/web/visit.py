"""One browser's visit: its camera's frames come, drawings go back, and only the newest waits."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import VIDEO_TIME_BASE, MediaStreamError, MediaStreamTrack
from av import VideoFrame

from vidstyle.contracts import Pixels
from vidstyle.errors import UsageError, VidstyleError
from vidstyle.image import shrink_to
from vidstyle.live.artist import Artist, Drawn
from vidstyle.live.governor import Rung
from vidstyle.live.pulse import Pulse
from vidstyle.live.studio import Studio
from vidstyle.web.access import CAMERA_PIXELS, CAMERA_RATE, CANDIDATES, OWN_STYLES
from vidstyle.web.codecs import TICKS
from vidstyle.web.newest import Newest

log = logging.getLogger(__name__)

_CONNECTS = 20.0  # seconds within which frames must come
_CLOSES = 5.0  # seconds, after which a connection is left to itself
_STYLE_SIDE = 1024  # pixels: networks read no finer
_STEP = VIDEO_TIME_BASE.denominator // TICKS  # the least time from one drawing to the next


class Visit:
    """Draws what a browser sends. `ended` says when it is over; `close` leaves nothing behind.

    Args:
        studio: shared by all.
        artist: this visitor's.
        hand: the one thread that draws for all: each has one frame there at most, so all are
            served in turn.
        pulses: told of each drawing that leaves, and of each frame that is dropped.
    """

    def __init__(
        self, studio: Studio, artist: Artist, hand: ThreadPoolExecutor, *pulses: Pulse
    ) -> None:
        self.name = secrets.token_urlsafe(16)  # a key to what is this visitor's own
        self.artist, self.pulse = artist, Pulse()
        self.ended = asyncio.Event()
        self.problem = ""  # in one line, for the visitor
        self.rung: Rung | None = None  # how the last frame was drawn; None: nothing is ready yet
        self.styles: list[str] = []  # that the visitor has brought
        self._studio, self._hand, self._pulses = studio, hand, (self.pulse, *pulses)
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))  # asks no outsider
        self._frames: Newest[tuple[float, VideoFrame]] = Newest()
        self._drawings = Drawings(self._pulses)
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, offer: Any) -> str:
        """Answer a browser's offer (SDP) of one camera.

        Raises:
            UsageError: an offer of something else, or a second one.
        """
        if self._tasks:
            raise UsageError("This visit has begun already.")
        _check_offer(offer)
        self._connection.on("track", self._begin)
        self._connection.on("connectionstatechange", self._look)
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            self._connection.addTrack(self._drawings)
            await self._connection.setLocalDescription(await self._connection.createAnswer())
        except Exception as error:  # aiortc's parser raises whatever a strange offer leads it to
            log.debug("An offer could not be answered.", exc_info=True)
            raise UsageError(f"The offer cannot be answered: {error!r:.200}.") from None
        if not self._tasks:
            raise UsageError("The offer sends no picture.")
        return self._connection.localDescription.sdp

    async def bring(self, picture: Pixels) -> str:
        """Take a picture, uint8 [H, W, 3], as a style of this visitor alone; its name.

        Raises:
            UsageError: it is one too many.
        """
        if len(self.styles) == OWN_STYLES:
            raise UsageError(f"You have brought {OWN_STYLES} styles; load the page anew for more.")
        name = f"own-{secrets.token_urlsafe(16)}"
        self.styles.append(name)
        await self._by_hand(self._studio.add, name, shrink_to(picture, _STYLE_SIDE))
        return name

    async def close(self) -> None:
        """End whatever runs, and forget what was brought."""
        self.ended.set()
        self._drawings.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._connection.close(), _CLOSES)
        for style in self.styles:
            await self._by_hand(self._studio.forget, style)
        await self._by_hand(self.artist.close)

    def _begin(self, track: MediaStreamTrack) -> None:
        for work in (self._receive(track), self._draw()):
            self._tasks.add(asyncio.create_task(self._carried(work)))

    def _look(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            self.ended.set()

    async def _carried(self, work: Coroutine[Any, Any, None]) -> None:
        """Whatever ends one part of a visit ends the visit, and its slot is free."""
        try:
            await work
        except MediaStreamError:  # the browser has left
            pass
        except VidstyleError as error:
            self.problem = str(error)
        except Exception:
            log.exception("A visit has failed.")
            self.problem = "Something broke here; the server's log says what."
        finally:
            self.ended.set()

    async def _receive(self, track: MediaStreamTrack) -> None:
        """Empty aiortc's queue, which has no end, as fast as it fills."""
        frame: Any = await self._first(track)
        began, count = time.monotonic(), 0
        while True:
            _check_size(frame)
            if self._frames.put((time.monotonic(), frame)):
                for pulse in self._pulses:
                    pulse.dropped += 1
            frame = await track.recv()
            count += 1
            if count == CAMERA_RATE:
                if time.monotonic() - began < 1:
                    raise UsageError(f"A camera sends less than {CAMERA_RATE:g} frames a second.")
                began, count = time.monotonic(), 0

    async def _first(self, track: MediaStreamTrack) -> Any:
        try:
            return await asyncio.wait_for(track.recv(), _CONNECTS)
        except TimeoutError:
            raise UsageError(
                f"No picture came within {_CONNECTS:g} seconds: does a firewall stop UDP?"
            ) from None

    async def _draw(self) -> None:
        while True:
            arrived, frame = await self._frames.take()
            drawing, drawn = await self._by_hand(_drawing, self.artist, frame)
            self.rung = drawn.rung
            self._drawings.show(arrived, drawing)

    async def _by_hand(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._hand, work, *arguments)


class Drawings(MediaStreamTrack):
    """Sends each drawing as soon as it is there and the one before has been encoded and sent.

    aiortc's own track would send at an even 30 a second, however old the pictures are by then.
    """

    kind = "video"

    def __init__(self, pulses: tuple[Pulse, ...]) -> None:
        super().__init__()
        self._pulses = pulses
        self._next: Newest[tuple[float, VideoFrame]] = Newest()
        self._sending: float | None = None  # when the frame arrived that is being sent
        self._last = -_STEP

    def show(self, arrived: float, drawing: VideoFrame) -> None:
        """Take a drawing; `arrived` is when its frame came, in monotonic seconds."""
        if self._next.put((arrived, drawing)):
            for pulse in self._pulses:
                pulse.dropped += 1

    async def recv(self) -> VideoFrame:
        """The next drawing, with its camera's time; asked for once the last one has left."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._sending is not None:
            for pulse in self._pulses:
                pulse.beat(self._sending)
        self._sending, drawing = await self._next.take()
        drawing.pts = self._last = max(drawing.pts or 0, self._last + _STEP)
        return drawing


def _drawing(artist: Artist, frame: VideoFrame) -> tuple[VideoFrame, Drawn]:
    drawn = artist.draw(frame.to_ndarray(format="rgb24"))
    drawing = VideoFrame.from_ndarray(drawn.pixels, format="rgb24").reformat(format="yuv420p")
    drawing.pts, drawing.time_base = frame.pts, VIDEO_TIME_BASE
    return drawing, drawn


def _check_offer(offer: Any) -> None:
    if not isinstance(offer, str):
        raise UsageError("An offer is a text (SDP).")
    lines = offer.splitlines()
    media = [line.split()[0] for line in lines if line.startswith("m=")]
    if media != ["m=video"]:
        raise UsageError(f"An offer is of one camera and nothing else; got {media!r:.100}.")
    candidates = sum(line.startswith("a=candidate") for line in lines)
    if candidates > CANDIDATES:
        raise UsageError(f"An offer names at most {CANDIDATES} addresses; got {candidates}.")


def _check_size(frame: VideoFrame) -> None:
    if frame.width * frame.height > CAMERA_PIXELS:
        raise UsageError(
            f"A camera sends at most {CAMERA_PIXELS} pixels; got {frame.width}x{frame.height}."
        )
