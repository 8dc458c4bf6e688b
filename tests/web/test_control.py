import asyncio

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("aiortc")

import aiohttp
from guest import visiting


def test_a_controller_turns_what_all_visitors_see(address):
    async def scenario():
        async with visiting(address) as guest, aiohttp.ClientSession() as session:
            controller = await session.ws_connect(f"{address}/control")
            await controller.receive_json(timeout=30)
            await controller.send_json({"mix": {"scream": 3, "ink": 1}, "strength": 0.5})
            told = (await controller.receive_json(timeout=30))["controls"]
            assert told["mix"] == {"scream": 0.75, "ink": 0.25}
            seen = await guest.hears("controls")
            while seen != told:
                seen = await guest.hears("controls")
            await controller.send_json({"style": "ink", "strength": 1})
            await controller.receive_json(timeout=30)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"style": "/etc/passwd"}', '{"strength": 2}', '{"size": 4}']
)
def test_what_cannot_be_is_refused_and_the_controller_stays(address, text):
    async def scenario():
        async with aiohttp.ClientSession() as session:
            controller = await session.ws_connect(f"{address}/control")
            before = await controller.receive_json(timeout=30)
            await controller.send_str(text)
            assert "problem" in await controller.receive_json(timeout=30)
            await controller.send_json({})
            assert await controller.receive_json(timeout=30) == before

    asyncio.run(scenario())
