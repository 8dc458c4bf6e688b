"""What is known of this machine, as lines for people; they fit 80 columns, as in a bug report."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_WIDTH = 80  # characters
_LABEL = 17  # characters of the first column, with the spaces around
_COLUMN = 18  # and of those between the first and the last
_ENGINES_SHOWN = 8
_NAME_SHOWN = _WIDTH - _LABEL  # characters of an engine

Facts = dict[str, Any]
Row = tuple[str, ...]  # a label, and one column or two


def facts_lines(facts: Facts) -> list[str]:
    """The lines of what `vidstyle.facts.facts` finds, block by block."""
    lines: list[str] = []
    words = {name: _said(part) for name, part in facts.items()}
    for title, rows in _BLOCKS.items():
        lines += ["", *textwrap.wrap(title.format(**words), _WIDTH)]
        for row in rows(facts):
            lines += _line(*row)
    return lines[1:]


def _line(label: str, *columns: str) -> list[str]:
    """A row; what is too long goes on under its last column."""
    head = f"  {label}".ljust(_LABEL) + "".join(f"{each:<{_COLUMN}}" for each in columns[:-1])
    return textwrap.wrap(
        columns[-1], _WIDTH, initial_indent=head, subsequent_indent=" " * len(head),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _machine(facts: Facts) -> Iterator[Row]:
    yield "python", _said(facts["python"])
    yield "system", _said(facts["system"])
    yield "memory", _said(facts["memory"], _gibibytes)


def _devices(facts: Facts) -> Iterator[Row]:
    cores = _said(facts["cores"], lambda count: f"{count} cores")
    yield (
        "cpu",
        ", ".join((_said(facts["processor"]), cores, _said(facts["instruction_sets"], _set))),
    )
    nvidia = facts["nvidia"]
    if not nvidia or "error" in nvidia or not nvidia["gpus"]:
        yield "cuda", _said(nvidia, lambda driver: f"no NVIDIA {'GPU' if driver else 'driver'}")
        return
    for place, gpu in enumerate(nvidia["gpus"]):
        memory, capability = _gibibytes(gpu["memory"]), gpu["compute_capability"]
        yield f"cuda:{place}", f"{gpu['name']}, {memory}, compute capability {capability}"
    yield "driver", f"{nvidia['version'] or 'of unknown version'}, for CUDA up to {nvidia['cuda']}"


def _set(names: list[str]) -> str:
    return " ".join(names) or "none of the instruction sets that matter"


def _runtimes(facts: Facts) -> Iterator[Row]:
    found = facts["runtimes"]
    if "error" in found:
        yield "runtimes", _said(found)
    else:
        for name, row in found.items():
            yield name, row["version"] or "-", _places(row["precisions"]) or row["why_not"]
    yield "auto", _said(facts["auto"], lambda auto: f"takes {auto['runtime']} on {auto['device']}")


def _places(precisions: dict[str, str]) -> str:
    """Devices by their best precision: "cpu in bf16, cuda:0 cuda:1 in fp16"."""
    devices: dict[str, list[str]] = {}
    for device, precision in precisions.items():
        devices.setdefault(precision, []).append(device)
    return ", ".join(f"{' '.join(names)} in {precision}" for precision, names in devices.items())


def _codecs(facts: Facts) -> Iterator[Row]:
    found, hardware = facts["codecs"], facts["hardware"]
    if "error" in found:
        yield "codecs", _said(found)
    else:
        yield "", "decoders", "encoders"
        for codec, row in found.items():
            yield codec, *(", ".join(row[way]) or "none" for way in ("decoders", "encoders"))
    if "error" in hardware:
        yield "hardware", _said(hardware)
    else:
        yield from _hardware(hardware)


def _hardware(found: Facts) -> Iterator[Row]:
    encoders, decoders = found["encoders"], found["decoders"]
    if encoders["work"] or decoders["work"]:
        yield "hardware", f"encoders: {', '.join(encoders['work']) or 'none'}"
        yield "", f"decoders: {', '.join(decoders['work']) or 'none'}"
    else:
        tried = f"{len(encoders['fail'])} encoders and {len(decoders['fail'])} decoders"
        yield "hardware", f"none of {tried} works here; --json says why"


def _files(facts: Facts) -> Iterator[Row]:
    yield "networks", _said(facts["networks"], _networks)
    yield "style codes", _said(facts["codes"], lambda codes: _kept(codes["files"], codes))
    engines = facts["engines"]
    yield "engines", _said(engines, lambda engines: _kept(len(engines["files"]), engines))
    files = list(engines.get("files", {}).items())
    for name, size in files[:_ENGINES_SHOWN]:
        name = re.sub(r"(-[0-9a-f]{12})?\.engine$", "", name)  # without its checksum
        yield _size(size), name if len(name) <= _NAME_SHOWN else f"{name[: _NAME_SHOWN - 1]}…"
    if len(files) > _ENGINES_SHOWN:
        yield "", f"and {len(files) - _ENGINES_SHOWN} more; --json names all"


def _networks(found: dict[str, list[str]]) -> str:
    here, published = len(found["here"]), len(found["published"])
    return f"{here} here, {published} more published; see: vidstyle info --networks"


def _kept(count: int, found: Facts) -> str:
    folder = _from_home(Path(found["folder"]))
    return f"{count}, {_size(found['bytes'])}, in {folder}" if count else f"none in {folder}"


def _said(part: Any, text: Callable[[Any], str] = str) -> str:
    """The text of a part, or why there is none."""
    if isinstance(part, dict) and "error" in part:
        return f"cannot be found out ({part['error']})"
    return text(part)


def _gibibytes(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def _from_home(folder: Path) -> str:
    """A folder without the user's name, which does not belong into a bug report."""
    home = os.path.expanduser("~")  # which, unlike Path.home, may be unknown
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)


_BLOCKS: dict[str, Callable[[Facts], Iterator[Row]]] = {
    "vidstyle {vidstyle}": _machine,
    "Devices": _devices,
    "Runtimes": _runtimes,
    "Codecs of FFmpeg {ffmpeg} (PyAV {pyav})": _codecs,
    "Files": _files,
}
