"""The live page's server: the page itself, visits, styles that visitors bring, controllers."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from vidstyle.errors import UsageError, VidstyleError
from vidstyle.web import access
from vidstyle.web.house import House
from vidstyle.web.serving import Serving
from vidstyle.web.uploads import decoded
from vidstyle.web.visit import Visit
from vidstyle.web.wishes import described, message_of

_PAGE = Path(__file__).parent / "page"
_FILES = {"/": "index.html", "/live.css": "live.css", "/live.js": "live.js"}
_HEARTBEAT = 10.0  # seconds, after which a browser that says nothing has vanished
_FIRST = 10.0  # seconds within which a visit's offer must come
_CONTROLLERS = 8  # at a time
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
    house = await asyncio.to_thread(House, settings)
    runner = web.AppRunner(Server(house).app(), access_log=None, shutdown_timeout=2.0)
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
        await asyncio.to_thread(house.close)


class Server:
    """Answers what browsers and controllers ask.

    Args:
        house: what they share.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._sockets: set[web.WebSocketResponse] = set()
        self._controllers = 0
        self._decoding = asyncio.Lock()  # a picture in decoding takes up to 200 MB

    def app(self) -> web.Application:
        """The server for aiohttp."""
        guard = access.guard(self._house.settings)
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
        width, height = self._house.camera
        return web.json_response(
            {
                "styles": self._house.gallery.entries,
                "mixes": self._house.gallery.mixes,
                "brings": self._house.gallery.reads_pictures,
                "upload": access.UPLOAD,
                "camera": {"width": width, "height": height, "rate": self._house.settings.fps},
                "controls": described(self._house.controls),
            }
        )

    async def _status(self, _: web.Request) -> web.Response:
        """Of all visits together."""
        figures = self._house.pulse.figures
        return web.json_response(
            {
                "visitors": len(self._house.visits),
                "places": self._house.settings.visitors,
                "frames_per_second": round(figures.frames_per_second, 2),
                "delay": figures.delay and round(figures.delay, 1),
                "late": figures.late and round(figures.late, 1),
                "dropped": figures.dropped,
            }
        )

    async def _thumbnail(self, request: web.Request) -> web.Response:
        picture = self._house.gallery.thumbnail(request.match_info["name"])
        if picture is None:
            raise web.HTTPNotFound(text="There is no such style.")
        return web.Response(body=picture, content_type="image/jpeg")

    async def _visit(self, request: web.Request) -> web.WebSocketResponse:
        """A browser's visit lasts as long as its WebSocket, or its pictures, whichever ends first.

        It sends an offer, gets the answer, and may then wish.
        """
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=access.OFFER)
        await socket.prepare(request)
        if self._house.is_full:
            await socket.send_json({"problem": _FULL.format(len(self._house.visits))})
            await socket.close(code=1013)
            return socket
        visit = self._house.open()
        self._sockets.add(socket)
        try:
            await self._attend(socket, visit)
        except (ConnectionError, TimeoutError):  # the browser has vanished, or never spoke
            pass
        finally:
            self._sockets.discard(socket)
            await self._house.end(visit)
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
        """What is told to one who wished: nothing, or why it cannot be and how things are."""
        try:
            visit.artist.controls = self._house.wished(message_of(text), visit)
        except UsageError as error:
            return {"problem": str(error), "controls": described(visit.artist.controls)}
        return {}

    async def _bring(self, request: web.Request) -> web.Response:
        """A picture as a style of one visit; whoever knows its name is that visitor."""
        visit = self._house.visits.get(request.match_info["visit"])
        if visit is None:
            raise web.HTTPNotFound(text="There is no such visit.")
        if not self._house.gallery.reads_pictures:
            raise web.HTTPConflict(text="The network in use knows its own styles only.")
        data = await request.read()
        try:
            async with self._decoding:
                picture = await asyncio.to_thread(decoded, data)
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
            await socket.send_json({"controls": described(self._house.controls)})
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
        try:
            self._house.turn(message_of(text))
        except UsageError as error:
            return {"problem": str(error)}
        return {"controls": described(self._house.controls)}

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


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
