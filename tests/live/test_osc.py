"""Messages of a controller, by UDP on loopback."""

import logging
import socket
import time

import pytest

pytest.importorskip("pythonosc")

from pythonosc.osc_message_builder import build_msg  # noqa: E402

from vidstyle.live.artist import Artist  # noqa: E402
from vidstyle.live.controls import Controls  # noqa: E402
from vidstyle.live.osc import OscControls  # noqa: E402
from vidstyle.live.show import Show  # noqa: E402
from vidstyle.live.studio import Studio  # noqa: E402
from vidstyle.stylizer import Drawing  # noqa: E402


@pytest.fixture
def show():
    studio = Studio(Drawing())
    yield Show(Artist(studio, Controls({"ink": 1.0})))
    studio.close()


@pytest.fixture
def send():
    """Sends a message to a port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        yield lambda port, address, values: client.sendto(
            build_msg(f"/vidstyle/{address}", values).dgram, ("127.0.0.1", port)
        )


def until(true):
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_each_message_turns_its_dial(show, send):
    with OscControls(show, 0) as osc:
        send(osc.port, "style", "mosaic")
        until(lambda: show.artist.controls.mix == {"mosaic": 1.0})
        send(osc.port, "strength", 0.25)
        until(lambda: show.artist.controls.strength == 0.25)
        send(osc.port, "style", ["ink", 1.0, "mosaic", 3.0])
        until(lambda: show.artist.controls.mix == {"ink": 0.25, "mosaic": 0.75})
        send(osc.port, "blend", 0.0)
        until(lambda: show.artist.controls.mix["ink"] > 0.999)
        send(osc.port, "blend", 1.0)
        until(lambda: show.artist.controls.mix["mosaic"] > 0.999)
        send(osc.port, "freeze", 1)
        until(lambda: show.frozen)
        send(osc.port, "stabilize", "light")
        until(lambda: show.artist.controls.stabilize == "light")
        controls = show.artist.controls
    assert (controls.strength, controls.stabilize, show.frozen) == (0.25, "light", True)
    assert controls.mix["mosaic"] > 0.999


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("strength", [7.0]),
        ("strength", ["much"]),
        ("strength", []),
        ("style", []),
        ("style", [0.5]),
        ("blend", [0.5]),
        ("stabilize", ["very"]),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(show, send, caplog, address, values):
    logging.getLogger("vidstyle").propagate = True
    before = show.artist.controls
    with OscControls(show, 0) as osc, caplog.at_level(logging.WARNING, "vidstyle"):
        send(osc.port, address, values)
        until(lambda: caplog.records)
    assert f"/vidstyle/{address}" in caplog.text
    assert show.artist.controls == before
