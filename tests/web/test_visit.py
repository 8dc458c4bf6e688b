import asyncio
import gc
import threading

import numpy as np
import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("aiortc")

import aiohttp
from aiortc import RTCPeerConnection
from guest import Camera, left, status, visiting

from vidstyle.live.artist import Artist
from vidstyle.web.visit import Drawings, Visit


@pytest.fixture(autouse=True)
def places_are_free(address):
    """For the next one, before whom a visit may still be closing."""
    yield
    asyncio.run(left(address))


def apart(one, other):
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_drawings_come_back_as_large_as_the_camera(address):
    async def scenario():
        camera = Camera(96, 160)
        async with visiting(address, camera) as guest:
            drawn = await guest.sees(lambda picture: apart(picture, camera.picture) > 20)
            assert drawn.shape == camera.picture.shape

    asyncio.run(scenario())


def test_a_wish_is_met(address):
    async def scenario():
        camera = Camera()
        async with visiting(address, camera) as guest:
            await guest.sees(lambda picture: apart(picture, camera.picture) > 20)
            await guest.socket.send_json({"strength": 0})
            drawn = await guest.sees(lambda picture: apart(picture, camera.picture) < 8)
            assert drawn.shape == camera.picture.shape

    asyncio.run(scenario())


def test_figures_are_told_and_count_what_left(address):
    async def scenario():
        async with visiting(address) as guest:
            while not await guest.hears("rate"):
                pass
            now = await status(address)
        assert now["visitors"] == 1
        assert now["frames_per_second"] > 0
        assert now["delay"] > 0

    asyncio.run(scenario())


def test_who_comes_to_a_full_house_is_told_so(address):
    async def scenario():
        async with visiting(address), visiting(address), visiting(address) as third:
            assert "All places are taken" in third.first["problem"]
            assert (await status(address))["visitors"] == 2

    asyncio.run(scenario())


def test_a_visitor_that_vanishes_frees_its_place(address):
    async def scenario():
        async with visiting(address) as guest:
            await guest.sees(lambda picture: True)
            guest.socket._response.connection.transport.abort()
            await left(address)
            assert (await status(address))["visitors"] == 0

    asyncio.run(scenario())


def test_a_place_is_free_again_when_the_pictures_end(address):
    async def scenario():
        async with visiting(address) as guest:
            await guest.sees(lambda picture: True)
            await guest.peer.close()
            await left(address)
            assert (await status(address))["visitors"] == 0

    asyncio.run(scenario())


def test_nothing_of_a_visit_stays_behind(page):
    address, loop = page

    async def tasks():
        return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}

    def kept():
        return asyncio.run_coroutine_threadsafe(tasks(), loop).result()

    async def scenario():
        async with visiting(address) as guest:
            await guest.sees(lambda picture: True)
        await left(address)

    asyncio.run(scenario())
    threads, before = threading.active_count(), len(kept())
    for _ in range(2):
        asyncio.run(scenario())
    gc.collect()
    kinds = {type(thing) for thing in gc.get_objects()}
    assert (threading.active_count(), len(kept())) == (threads, before)
    assert not kinds & {Visit, Drawings, Artist, RTCPeerConnection}


@pytest.mark.parametrize(
    "offer",
    [
        None,
        7,
        "",
        "v=0",
        "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\n",
        "v=0\r\nm=video 9 X 96\r\n" + 65 * "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n",
    ],
)
def test_a_strange_offer_is_refused_in_a_line(address, offer):
    async def scenario():
        async with aiohttp.ClientSession() as session:
            socket = await session.ws_connect(f"{address}/visit")
            await socket.send_json({"offer": offer})
            assert "ffer" in (await socket.receive_json(timeout=30))["problem"]
        await left(address)

    asyncio.run(scenario())


def test_an_offer_without_end_is_cut_off(address):
    async def scenario():
        async with aiohttp.ClientSession() as session:
            socket = await session.ws_connect(f"{address}/visit")
            await socket.send_json({"offer": "x" * 100_000})
            assert (await socket.receive(timeout=30)).type == aiohttp.WSMsgType.CLOSE
        await left(address)

    asyncio.run(scenario())


def test_a_camera_that_is_too_large_is_refused(address):
    async def scenario():
        async with visiting(address, Camera(1200, 2048)) as guest:
            assert "at most" in await guest.hears("problem")
            await left(address)

    asyncio.run(scenario())
