"""The live page: a browser's camera comes, its drawings go back."""

from __future__ import annotations

import logging
from collections.abc import Callable

from vidstyle.errors import MissingPackage
from vidstyle.web.serving import Serving

__all__ = ["Serving", "serve"]

log = logging.getLogger(__name__)


def serve(settings: Serving, on_open: Callable[[str], None] = log.info) -> None:
    """Serve the page until Ctrl-C or SIGTERM.

    Args:
        settings: all of them.
        on_open: told the page's address, once it is open.

    Raises:
        MissingPackage: aiohttp or aiortc is not installed.
        VidstyleError: a network or style that cannot be had, a port that is taken.
    """
    try:
        from vidstyle.web.server import run
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("vidstyle"):
            raise
        raise MissingPackage(
            f"The live page needs the package {missing.name!r}: pip install 'vidstyle[web]'."
        ) from missing
    run(settings, on_open)
