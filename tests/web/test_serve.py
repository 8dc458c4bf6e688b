import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("aiortc")

from guest import settings

from vidstyle.errors import UnknownName, UsageError
from vidstyle.live.controls import Controls
from vidstyle.web.server import serving

PROGRAM = """
from guest import settings
from vidstyle.web import serve
serve(settings(), lambda address: print(address, flush=True))
"""


async def opened(given):
    async with serving(given):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_page_without_a_word(number):
    here = Path(__file__).parents[1]
    paths = os.pathsep.join([str(here), str(here.parent)])
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with program:
        assert program.stdout.readline().startswith("http://127.0.0.1:")
        program.send_signal(number)
        assert program.communicate(timeout=60) == ("", "")
    assert program.returncode == 0


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"{port}.*--port"):
            asyncio.run(opened(settings(port=port)))


def test_a_style_that_is_not_there_is_said_before_the_page_opens():
    with pytest.raises(UnknownName, match="nothing"):
        asyncio.run(opened(settings(controls=Controls({"nothing": 1.0}))))
