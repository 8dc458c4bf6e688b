"""Engines in files: built once, found again by name, and loaded only when they are whole.

What lies in the folder may be anything: cut short, damaged, left by another version. An engine is
code, and a damaged one can end the program, so each has a manifest beside it, NAME.json, and what
the two do not agree upon is never loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from vidstyle.contracts import Precision

log = logging.getLogger(__name__)

Loaded = TypeVar("Loaded")

_DIGITS = 12  # of the sha256, in a name


@dataclass(frozen=True)
class Key:
    """All that an engine depends on."""

    graph: str  # "swift.stylize"
    size: str  # width and height of pictures, "768x512"; or the least and the largest, with a dash
    pictures: str  # what they go in and out as: "uint8", "uint16" or "float32"
    precision: Precision
    library: str  # that builds and runs it: "tensorrt_rtx"
    version: str
    device: str  # "sm89"
    onnx_sha256: str  # of the graph that it is made of, with its weights
    # Of inputs with free sides, as `tensorrt.shapes_of` gives them; not in the name.
    shapes: Mapping[str, Sequence[Sequence[int]]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What its file is called, without a suffix."""
        library = f"{self.library}-{self.version}"
        parts = (self.graph, self.size, self.pictures, self.precision, library, self.device)
        return "-".join([*parts, self.onnx_sha256[:_DIGITS]])


def engine_for(
    key: Key, build: Callable[[], bytes], load: Callable[[bytes], Loaded | None], folder: Path
) -> Loaded | None:
    """The engine in `folder`, or the one that `build` gives, kept there for the next time.

    Of several processes one builds and the others wait. What is there and cannot be used is built
    anew; where nothing can be kept, the engine is used all the same. Both are said in the log.

    Args:
        key: which engine.
        build: makes it.
        load: what the library makes of it; None where it refuses it.
        folder: where engines are kept.

    Returns:
        What `load` gives; None only where it refuses what has just been built.
    """
    with contextlib.suppress(_Unfit):
        return _kept(key, load, folder)
    with _alone(key, folder):
        try:
            return _kept(key, load, folder)  # another process may have built it by now
        except _Unfit as unfit:
            if unfit.reason:
                log.warning("The engine %s is built anew: %s.", key.name, unfit.reason)
        start = time.monotonic()
        engine = build()
        seconds = time.monotonic() - start
        if (loaded := load(engine)) is not None:
            _keep(key, engine, seconds, folder)
        return loaded


def kept_engine(key: Key, folder: Path) -> bytes | None:
    """The engine in `folder`; None where there is none that is whole."""
    try:
        return _read(key, folder)
    except _Unfit:
        return None


def write_engine(key: Key, engine: bytes, build_seconds: float, folder: Path) -> list[Path]:
    """Keep an engine in `folder`, which is made if need be; returns its two files.

    Raises:
        OSError: it cannot be written; nothing half-written is left.
    """
    manifest = asdict(key) | {
        "engine_sha256": hashlib.sha256(engine).hexdigest(),
        "engine_bytes": len(engine),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "build_seconds": round(build_seconds, 1),
    }
    path, beside = engine_files(key, folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole({path: engine, beside: json.dumps(manifest, indent=2).encode()})
    return [path, beside]


def engine_files(key: Key, folder: Path) -> list[Path]:
    """Where an engine lies, and its manifest."""
    return [folder / f"{key.name}.engine", folder / f"{key.name}.json"]


def write_whole(contents: Mapping[Path, bytes]) -> None:
    """Replace files, each at once and in this order, when all of them have been written."""
    drafts = {path.with_name(f"{path.name}.{os.getpid()}"): path for path in contents}
    try:
        for draft, path in drafts.items():
            draft.write_bytes(contents[path])
        for draft, path in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


def forget_oldest(names: str, folder: Path, keep: int) -> None:
    """Of the engines whose names fit the pattern `names`, delete all but the last used.

    Args:
        names: such as "*-openvino-*".
        folder: where engines are kept.
        keep: how many are left.
    """
    with contextlib.suppress(OSError):  # another process may be at it
        found = sorted(folder.glob(f"{names}.engine"), key=lambda path: path.stat().st_atime)
        for path in found[: max(0, len(found) - keep)]:
            for file in (path, path.with_suffix(".json"), path.with_suffix(".lock")):
                file.unlink(missing_ok=True)


class _Unfit(Exception):
    """No engine that may be loaded."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason  # empty where there simply is none


def _kept(key: Key, load: Callable[[bytes], Loaded | None], folder: Path) -> Loaded:
    if (loaded := load(_read(key, folder))) is None:
        raise _Unfit(f"{key.library} refuses it")
    return loaded


def _keep(key: Key, engine: bytes, build_seconds: float, folder: Path) -> None:
    try:
        write_engine(key, engine, build_seconds, folder)
    except OSError as error:
        log.warning("The engine %s cannot be kept: %s.", key.name, error)


def _read(key: Key, folder: Path) -> bytes:
    """The engine, once its manifest and its checksum have been found right."""
    path, beside = engine_files(key, folder)
    if not path.exists() and not beside.exists():
        raise _Unfit
    try:
        manifest, engine = json.loads(beside.read_bytes()), path.read_bytes()
    except FileNotFoundError as error:
        raise _Unfit(f"{Path(error.filename).name!r} is missing") from None
    except (OSError, ValueError) as error:
        raise _Unfit(f"it cannot be read ({error})") from None
    _check(key, manifest, engine)
    with contextlib.suppress(OSError):
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))  # when it was last used
    return engine


def _check(key: Key, manifest: Any, engine: bytes) -> None:
    if not isinstance(manifest, dict):
        raise _Unfit("its manifest is damaged")
    for name, value in asdict(key).items():
        if manifest.get(name) != json.loads(json.dumps(value)):  # tuples have become lists
            raise _Unfit(f"its manifest is of another {name}")
    if len(engine) != manifest.get("engine_bytes"):
        raise _Unfit(f"it has {len(engine)} bytes of {manifest.get('engine_bytes')}")
    if hashlib.sha256(engine).hexdigest() != manifest.get("engine_sha256"):
        raise _Unfit("it is damaged: its sha256 is not that of its manifest")


@contextlib.contextmanager
def _alone(key: Key, folder: Path) -> Iterator[None]:
    """Keep other processes from building the same engine; where that cannot be, go on without."""
    from filelock import FileLock, Timeout  # only here, where time is taken anyway

    lock = FileLock(folder / f"{key.name}.lock")
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            try:
                held.enter_context(lock.acquire(timeout=0))
            except Timeout:
                log.info("Waiting for another process that builds %s.", key.name)
                held.enter_context(lock.acquire())
        # The second is filelock's own, up to version 3, for file systems that know no locks. Two
        # processes may then build the same, which costs time alone: files are replaced at once.
        except (OSError, NotImplementedError) as error:
            log.debug("%s is built without a lock: %s.", key.name, error)
        yield
