"""Controls by OSC, as VJ software and MIDI bridges send it.

/vidstyle/style NAME [WEIGHT] [NAME WEIGHT …]
/vidstyle/strength 0..1
/vidstyle/blend 0..1        between the first two styles that were last set
/vidstyle/freeze 0|1
/vidstyle/stabilize off|light|full
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import Any

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from vidstyle.errors import DeviceError, UsageError, VidstyleError
from vidstyle.live.show import Show
from vidstyle.timeline import parse_mix

log = logging.getLogger(__name__)


class OscControls:
    """Listens on loopback and turns the dials of a show. Opened by `with`.

    Args:
        show: whose.
        port: of UDP; 0 takes a free one.

    Raises:
        DeviceError: the port is taken.
    """

    def __init__(self, show: Show, port: int) -> None:
        self._show = show
        dispatcher = Dispatcher()
        for name in ("style", "strength", "blend", "freeze", "stabilize"):
            dispatcher.map(f"/vidstyle/{name}", self._heard, getattr(self, f"_{name}"))
        try:
            self._server = BlockingOSCUDPServer(("127.0.0.1", port), dispatcher)
        except OSError as error:
            raise DeviceError(f"OSC cannot listen on port {port}: {error.strerror}.") from None
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="osc", daemon=True)

    def __enter__(self) -> OscControls:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _heard(self, address: str, turn: Any, *values: Any) -> None:
        """One message; one that cannot be is said, and changes nothing."""
        try:
            turn[0](*values)
        except VidstyleError as error:
            log.warning("%s: %s", address, error)
        except (IndexError, TypeError, ValueError):
            log.warning("%s does not take %s.", address, " ".join(map(str, values)) or "nothing")

    def _style(self, *values: Any) -> None:
        named: list[str] = []
        for value in values:
            if isinstance(value, str):
                named.append(value)
            else:
                named[-1] = f"{named[-1]}:{float(value)}"
        if not named:
            raise UsageError("A style is needed.")
        self._turn(mix=parse_mix(named))

    def _blend(self, share: float) -> None:
        styles = list(self._show.artist.controls.mix)
        if len(styles) < 2:
            raise UsageError("Set two styles first: /vidstyle/style ink 0.5 mosaic 0.5.")
        share = min(1.0, max(0.0, float(share)))
        # Never quite 0, so that both stay known for the next message.
        self._turn(
            mix=parse_mix([f"{styles[0]}:{1 - share + 1e-6}", f"{styles[1]}:{share + 1e-6}"])
        )

    def _strength(self, strength: float) -> None:
        self._turn(strength=float(strength))

    def _freeze(self, frozen: float) -> None:
        self._show.frozen = bool(frozen)

    def _stabilize(self, how: str) -> None:
        self._turn(stabilize=how)

    def _turn(self, **changes: Any) -> None:
        artist = self._show.artist
        artist.controls = replace(artist.controls, **changes)
