"""How the live page is served, and what is refused before anything listens."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from vidstyle.errors import UsageError
from vidstyle.live.controls import Controls
from vidstyle.stylizer import Drawing

_LEAST_TOKEN = 12  # characters; 12 of token_urlsafe are 72 bits
_HOW = (
    'a token is made by: python -c "import secrets; print(secrets.token_urlsafe(16))"; '
    "a certificate, which browsers warn of once, by: openssl req -x509 -newkey rsa:2048 -nodes "
    "-days 365 -subj /CN=vidstyle -keyout key.pem -out certificate.pem"
)


@dataclass(frozen=True)
class Serving:
    """All settings of the live page.

    Raises:
        UsageError: one that cannot be, or that would let strangers in.
    """

    drawing: Drawing
    controls: Controls  # that a visit begins with
    host: str = "127.0.0.1"
    port: int = 8000  # 0: any that is free
    token: str | None = None  # whoever knows it may come
    certificate: str | None = None  # a PEM file, and so is its key
    key: str | None = None
    visitors: int = 2  # at a time
    fps: float = 30.0  # frames a second to hold
    adapt: bool = True  # by drawing smaller where that is needed

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise UsageError(f"A port is 0 to 65535; got {self.port}.")
        if self.visitors < 1:
            raise UsageError(f"At least one visitor must be let in; got {self.visitors}.")
        if (self.certificate is None) != (self.key is None):
            raise UsageError("A certificate and its key go together: --certificate and --key.")
        if self.token is not None and len(self.token) < _LEAST_TOKEN:
            raise UsageError(f"A token has at least {_LEAST_TOKEN} characters; {_HOW}.")
        if not is_loopback(self.host) and (self.token is None or self.certificate is None):
            raise UsageError(
                f"Others than this machine are let in at {self.host} only with --token and, since "
                f"browsers give no camera otherwise, --certificate and --key; {_HOW}."
            )

    @property
    def scheme(self) -> str:
        """How browsers come."""
        return "http" if self.certificate is None else "https"


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can come."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
