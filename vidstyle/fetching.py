"""The files of published networks, downloaded to the cache folder and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, TypeAlias, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    BaseHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from vidstyle.errors import UsageError, VidstyleError
from vidstyle.folders import cache_folder
from vidstyle.weights import how_to_get, published_checkpoint

OnBytes: TypeAlias = Callable[
    [Path, int, int | None], None
]  # a file, its bytes so far, of how many

_BLOCK = 1 << 18  # bytes
_PATIENCE = 30.0  # seconds without an answer
_PARTIAL, _NOTHING_LEFT = 206, 416  # statuses of HTTP
_TRANSPORTS: tuple[type[BaseHandler], ...] = (HTTPSHandler,)  # nothing else, after a redirect too


def fetch(network: str, on_bytes: OnBytes) -> dict[str, Path]:
    """Download the files of a published network; what is there already is not downloaded again.

    Args:
        network: a row of configs/weights.toml or configs/flow.toml.
        on_bytes: called after each block.

    Returns:
        The file of each part, as `import_weights` takes them.

    Raises:
        UsageError: its files cannot be downloaded as they are; the message says how to get them.
        VidstyleError: no connection, no such file, not the published one, or no place for it.
    """
    row = published_checkpoint(network)
    if "urls" not in row:
        raise UsageError(f"There is no plain download of {network!r}. {how_to_get(network)}")
    folder, digests = cache_folder() / "downloads" / network, row.get("sha256", {})
    parts = {part: folder / row["files"][part] for part in row["urls"]}
    for part, path in parts.items():
        fetch_file(row["urls"][part], path, digests.get(part), on_bytes)
    return parts


def fetch_file(address: str, path: Path, digest: str | None, on_bytes: OnBytes) -> None:
    """Download one file to `path`, by way of PATH.part, from where an earlier download broke off.

    Args:
        address: begins with https.
        path: where to.
        digest: its sha256, or how that begins. Without one nothing that is there can be trusted:
            all is downloaded.
        on_bytes: called after each block.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        if digest and path.exists() and _digest(path).startswith(digest):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("ab" if digest else "wb") as file:
            _download(address, file, lambda done, total: on_bytes(path, done, total))
        if digest and not (found := _digest(draft)).startswith(digest):
            draft.unlink()
            raise VidstyleError(
                f"What came from {address} is not the published file (sha256 {found[:12]}…, not "
                f"{digest[:12]}…) and was deleted. Try again; if it stays so, the file has changed."
            )
        draft.replace(path)
    except OSError as error:  # of the disk: those of the network have become VidstyleErrors
        raise VidstyleError(
            f"{str(path)!r} cannot be written: {error.strerror}. "
            "The environment variable VIDSTYLE_CACHE can name another folder."
        ) from None


def _download(address: str, file: IO[bytes], on_bytes: Callable[[int, int | None], None]) -> None:
    """Append to `file` what it lacks, or write it anew where the server sends all of it."""
    done = file.tell()
    headers = {"User-Agent": "vidstyle"} | ({"Range": f"bytes={done}-"} if done else {})
    with _explained(address):
        response = _open(Request(address, headers=headers))
    if response is None:
        return
    with response:
        if done and response.status != _PARTIAL:
            done = file.seek(0)
            file.truncate()
        total = done + response.length if response.length is not None else None
        while block := _read(response, address):
            file.write(block)
            done += len(block)
            on_bytes(done, total)
    if total is not None and done < total:
        raise VidstyleError(
            f"The download of {address} broke off after {done} of {total} bytes. "
            "Try the same command again."
        )


def _open(request: Request) -> HTTPResponse | None:
    """The server's answer; none where it has no bytes beyond those that are there already."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler, HTTPRedirectHandler, HTTPErrorProcessor, HTTPDefaultErrorHandler,
        UnknownHandler, *_TRANSPORTS,
    ):  # fmt: skip
        opener.add_handler(handler())
    try:
        return cast(HTTPResponse, opener.open(request, timeout=_PATIENCE))
    except HTTPError as error:
        error.close()
        if error.code == _NOTHING_LEFT:
            return None
        raise


def _read(response: HTTPResponse, address: str) -> bytes:
    with _explained(address):
        return response.read(_BLOCK)


@contextmanager
def _explained(address: str) -> Iterator[None]:
    """Errors of the network as one line.

    Raises:
        VidstyleError: what it was, and what to do.
    """
    try:
        yield
    except HTTPError as error:
        raise VidstyleError(
            f"The server of {address} answers {error.code} {error.reason}. "
            + ("The file is gone." if error.code in (404, 410) else "Try again later.")
        ) from None
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        reason = getattr(reason, "strerror", None) or reason
        raise VidstyleError(
            f"There is no connection to {urlsplit(address).netloc}: {reason}. Try the same command "
            "again later; `vidstyle weights import` takes files that you have."
        ) from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
