import asyncio
import io

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("aiortc")

from guest import visiting
from PIL import Image

from vidstyle.codes import codes_folder


def picture(kind="PNG", color=(200, 30, 30)):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(buffer, kind)
    return buffer.getvalue()


def bomb():
    """A PNG that says it has 900 megapixels."""
    data = bytearray(picture())
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    return bytes(data)


async def sent(guest, address, data, name=None):
    """Status and text of the answer to an upload."""
    path = f"{address}/visit/{name or guest.first['visit']}/styles"
    async with guest.session.post(path, data=io.BytesIO(data)) as answer:
        return answer.status, await answer.text()


def uploaded(address, data, name=None):
    async def scenario():
        async with visiting(address) as guest:
            return await sent(guest, address, data, name)

    return asyncio.run(scenario())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_style(address, kind):
    status, text = uploaded(address, picture(kind))
    assert status == 200
    assert "own-" in text


@pytest.mark.parametrize(
    "data",
    [b"", bytes(range(256)) * 40, picture()[:60], picture("BMP"), picture("EPS"), bomb()],
    ids=["nothing", "garbage", "cut off", "BMP", "EPS", "bomb"],
)
def test_what_is_no_picture_is_refused_and_names_no_file(address, data):
    status, text = uploaded(address, data)
    assert status == 422
    assert "JPEG, PNG or WebP" in text
    assert "/" not in text


def test_a_file_that_is_too_large_is_refused(address):
    assert uploaded(address, bytes(11 * 2**20))[0] == 413


def test_only_a_visitor_may_bring_a_style(address):
    assert uploaded(address, picture(), "somebody")[0] == 404


def test_no_code_of_an_own_style_is_kept_on_the_disk(address):
    before = set(codes_folder().iterdir())

    async def scenario():
        async with visiting(address) as guest:
            _, text = await sent(guest, address, picture(color=(200, 30, 31)))
            await guest.socket.send_json({"style": text.split('"')[3]})
            await guest.sees(lambda drawn: drawn[..., 0].mean() > 1.5 * drawn[..., 2].mean())

    asyncio.run(scenario())
    assert set(codes_folder().iterdir()) == before


def test_an_own_style_is_drawn_in_and_no_other_visitor_may_have_it(address):
    async def scenario():
        async with visiting(address) as guest, visiting(address) as other:
            _, text = await sent(guest, address, picture())
            name = text.split('"')[3]
            await guest.socket.send_json({"style": name})
            await other.socket.send_json({"style": name})
            assert "Unknown style" in await other.hears("problem")
            await guest.sees(lambda drawn: drawn[..., 0].mean() > 1.5 * drawn[..., 2].mean())

    asyncio.run(scenario())
