"""The live page's server: the page itself, visits, styles that visitors bring, controllers."""

from __future__ import annotations

import asyncio
import io
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web
from PIL import Image as Pillow

from vidstyle.contracts import Pixels
from vidstyle.errors import InputError, UsageError, VidstyleError
from vidstyle.image import read_picture
from vidstyle.live.artist import Artist
from vidstyle.live.governor import Rung
from vidstyle.live.pulse import Pulse
from vidstyle.live.studio import Studio
from vidstyle.runtimes import choose
from vidstyle.web import access
from vidstyle.web.codecs import lift_limits
from vidstyle.web.gallery import Gallery
from vidstyle.web.serving import Serving
from vidstyle.web.visit import Visit
from vidstyle.web.wishes import described, message_of, wished
from vidstyle.weights import find_model

_PAGE = Path(__file__).parent / "page"
_FILES = {"/": "index.html", "/live.css": "live.css", "/live.js": "live.js"}
_CAMERA = {"cpu": (640, 360), "gpu": (1280, 720)}  # width and height that browsers are asked for
_HEARTBEAT = 10.0  # seconds, after which a browser that says nothing has vanished
_FIRST = 10.0  # seconds within which a visit's offer must come
_KINDS = ("JPEG", "PNG", "WEBP")
_CONTROLLERS = 8  # at a time
_PRACTICE = 2.0  # seconds
_FULL = "All places are taken: {} watch already. Try again in a while."


def run(settings: Serving, on_open: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; `on_open` is told the page's address."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings, on_open))


async def _serve(settings: Serving, on_open: Callable[[str], None]) -> None:
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: there Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(number, asked.set)
    async with serving(settings) as address:
        on_open(address)
        await asked.wait()


@asynccontextmanager
async def serving(settings: Serving) -> AsyncIterator[str]:
    """Serve within the block; gives the page's address.

    Raises:
        VidstyleError: a network or style that cannot be had, a port that is taken.
    """
    certificate = access.certified(settings)
    server = await asyncio.to_thread(Server, settings)
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=2.0)
    try:
        await runner.setup()
        site = web.TCPSite(runner, settings.host, settings.port, ssl_context=certificate)
        try:
            await site.start()
        except OSError as error:
            raise UsageError(
                f"The page cannot be served at {settings.host} port {settings.port} "
                f"({error.strerror}): choose another by --port."
            ) from None
        yield f"{settings.scheme}://{_host(settings.host)}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await asyncio.to_thread(server.close)


class Server:
    """What all visits share. To make one takes seconds: the network is loaded, styles are read.

    Raises:
        VidstyleError: a network or style that cannot be had.
    """

    def __init__(self, settings: Serving) -> None:
        self._settings, self._pulse = settings, Pulse()
        drawing = settings.drawing
        on_gpu = choose(drawing.runtime, drawing.device)[1] != "cpu"
        self._camera = _CAMERA["gpu" if on_gpu else "cpu"]
        lift_limits(*reversed(self._camera))
        self._studio = Studio(drawing)
        self._hand = ThreadPoolExecutor(1, "drawing")
        self._usual: Rung | None = None  # how the camera's frames could be drawn lately
        try:
            self._gallery = Gallery(find_model(drawing.network).header, self._studio)
            self._controls = settings.controls
            changes: dict[str, Any] = {"mix": self._gallery.hang(settings.controls.mix)}
            self._controls = wished(
                settings.controls, changes, self._gallery.styles, self._gallery.mixes
            )
            self._usual = self._practised()
        except BaseException:
            self.close()
            raise
        self._visits: dict[str, Visit] = {}
        self._sockets: set[web.WebSocketResponse] = set()
        self._controllers = 0
        self._decoding = asyncio.Lock()  # a picture in decoding takes up to 200 MB

    def close(self) -> None:
        """End the threads; what they do now is the last."""
        self._hand.shutdown(cancel_futures=True)
        self._studio.close()

    def app(self) -> web.Application:
        """The server for aiohttp."""
        guard = access.guard(self._settings)
        app = web.Application(middlewares=[guard], client_max_size=access.UPLOAD)
        app.on_response_prepare.append(access.add_headers)
        app.on_shutdown.append(self._dismiss)
        for path in _FILES:
            app.router.add_get(path, self._file)
        app.router.add_get("/setup", self._setup)
        app.router.add_get("/status", self._status)
        app.router.add_get("/styles/{name}.jpg", self._thumbnail)
        app.router.add_get("/visit", self._visit)
        app.router.add_post("/visit/{visit}/styles", self._bring)
        app.router.add_get("/control", self._control)
        return app

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_PAGE / _FILES[request.path])

    async def _setup(self, _: web.Request) -> web.Response:
        """What the page is built of."""
        width, height = self._camera
        return web.json_response(
            {
                "styles": self._gallery.entries,
                "mixes": self._gallery.mixes,
                "brings": self._gallery.reads_pictures,
                "upload": access.UPLOAD,
                "camera": {"width": width, "height": height, "rate": self._settings.fps},
                "controls": described(self._controls),
            }
        )

    async def _status(self, _: web.Request) -> web.Response:
        """Of all visits together."""
        figures = self._pulse.figures
        return web.json_response(
            {
                "visitors": len(self._visits),
                "places": self._settings.visitors,
                "frames_per_second": round(figures.frames_per_second, 2),
                "delay": figures.delay and round(figures.delay, 1),
                "late": figures.late and round(figures.late, 1),
                "dropped": figures.dropped,
            }
        )

    async def _thumbnail(self, request: web.Request) -> web.Response:
        picture = self._gallery.thumbnail(request.match_info["name"])
        if picture is None:
            raise web.HTTPNotFound(text="There is no such style.")
        return web.Response(body=picture, content_type="image/jpeg")

    async def _visit(self, request: web.Request) -> web.WebSocketResponse:
        """A browser's visit lasts as long as its WebSocket, or its pictures, whichever ends first.

        It sends an offer, gets the answer, and may then wish.
        """
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=access.OFFER)
        await socket.prepare(request)
        if len(self._visits) >= self._settings.visitors:
            await socket.send_json({"problem": _FULL.format(len(self._visits))})
            await socket.close(code=1013)
            return socket
        visit = Visit(self._studio, self._artist(), self._hand, self._pulse)
        self._visits[visit.name] = visit
        self._sockets.add(socket)
        try:
            await self._attend(socket, visit)
        except (ConnectionError, TimeoutError):  # the browser has vanished, or never spoke
            pass
        finally:
            try:
                await visit.close()
            finally:
                self._usual = visit.rung or self._usual
                self._sockets.discard(socket)
                del self._visits[visit.name]
            await socket.close()
        return socket

    async def _attend(self, socket: web.WebSocketResponse, visit: Visit) -> None:
        first = await socket.receive(_FIRST)
        if first.type != WSMsgType.TEXT:
            return
        try:
            answer = await visit.answer(message_of(first.data).get("offer"))
        except UsageError as error:
            await socket.send_json({"problem": str(error)})
            return
        await socket.send_json({"visit": visit.name, "answer": answer})
        reporter = asyncio.create_task(_report(socket, visit))
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    told = self._met(visit, message.data)
                    await socket.send_json(told)
        finally:
            reporter.cancel()
            await asyncio.gather(reporter, return_exceptions=True)

    def _met(self, visit: Visit, text: str) -> dict[str, Any]:
        """What is told to one who wished: the controls as they are now, or why not."""
        styles = [*self._gallery.styles, *visit.styles]
        try:
            wish = message_of(text)
            visit.artist.controls = wished(visit.artist.controls, wish, styles, self._gallery.mixes)
        except UsageError as error:
            return {"problem": str(error), "controls": described(visit.artist.controls)}
        return {}

    async def _bring(self, request: web.Request) -> web.Response:
        """A picture as a style of one visit; whoever knows its name is that visitor."""
        visit = self._visits.get(request.match_info["visit"])
        if visit is None:
            raise web.HTTPNotFound(text="There is no such visit.")
        if not self._gallery.reads_pictures:
            raise web.HTTPConflict(text="The network in use knows its own styles only.")
        data = await request.read()
        try:
            async with self._decoding:
                picture = await asyncio.to_thread(_decoded, data)
            return web.json_response({"style": await visit.bring(picture)})
        except VidstyleError as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from None

    async def _control(self, request: web.Request) -> web.WebSocketResponse:
        """A controller's way in: what it wishes holds for all visits, now and to come."""
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=access.MESSAGE)
        if self._controllers == _CONTROLLERS:
            raise web.HTTPServiceUnavailable(text=f"{_CONTROLLERS} controllers are here already.")
        self._controllers += 1
        try:
            await socket.prepare(request)
            self._sockets.add(socket)
            await socket.send_json({"controls": described(self._controls)})
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await socket.send_json(self._turned(message.data))
        except ConnectionError:
            pass
        finally:
            self._sockets.discard(socket)
            self._controllers -= 1
        return socket

    def _turned(self, text: str) -> dict[str, Any]:
        gallery = self._gallery
        try:
            wish = message_of(text)
            self._controls = wished(self._controls, wish, gallery.styles, gallery.mixes)
            for visit in self._visits.values():
                now = visit.artist.controls
                visit.artist.controls = wished(now, wish, [*gallery.styles], gallery.mixes)
        except UsageError as error:
            return {"problem": str(error)}
        return {"controls": described(self._controls)}

    def _artist(self) -> Artist:
        fps = self._settings.fps if self._settings.adapt else None
        return Artist(self._studio, self._controls, fps, first=self._usual)

    def _practised(self) -> Rung | None:
        """How finely this machine draws in time, so that the first visitor need not find out."""
        width, height = self._camera
        artist, blank = self._artist(), np.zeros((height, width, 3), np.uint8)
        artist.prepare(height, width)
        rung, until = None, time.monotonic() + _PRACTICE
        while self._settings.adapt and time.monotonic() < until:
            rung = artist.draw(blank).rung
            self._studio.wait()  # for what the next rung needs
        return rung

    async def _dismiss(self, _: web.Application) -> None:
        for socket in list(self._sockets):
            await socket.close(code=1001, message=b"The server ends.")


async def _report(socket: web.WebSocketResponse, visit: Visit) -> None:
    """Each second: honest figures, what went wrong, and controls that another has turned."""
    with suppress(ConnectionError):
        while not visit.ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(visit.ended.wait(), 1.0)
            figures = visit.pulse.figures
            news = {
                "rate": figures.frames_per_second,
                "delay": figures.delay,
                "dropped": figures.dropped,
                "drawn_by": str(visit.rung or ""),
                "controls": described(visit.artist.controls),
            }
            if visit.problem:
                news["problem"], visit.problem = visit.problem, ""
            await socket.send_json(news)
        await socket.close()


def _decoded(data: bytes) -> Pixels:
    """The picture in `data`, of a kind that photographs have: Pillow knows riskier ones."""
    most = access.UPLOAD_PIXELS // 1_000_000
    refused = InputError(
        "That is no JPEG, PNG or WebP picture that can be read, or it has more than "
        f"{most} megapixels."
    )
    try:
        Pillow.open(io.BytesIO(data), formats=_KINDS).close()
    except (OSError, SyntaxError, ValueError):
        raise refused from None
    with tempfile.TemporaryDirectory(prefix="vidstyle-") as folder:
        path = Path(folder) / "style"
        path.write_bytes(data)
        try:
            return read_picture(path, access.UPLOAD_PIXELS).pixels
        except InputError:  # its message names the temporary file
            raise refused from None


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
