"""Models by name: a safetensors file with a header that says which network it is for.

Beside NAME.safetensors lie its two graphs, NAME.encode.onnx and NAME.stylize.onnx, so that a
runtime that reads ONNX needs neither an export nor torch; a network that optimizes has none.
Bundled models lie in vidstyle/models/, imported ones in the user's data folder.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from vidstyle.contracts import Graph, Port, Precision
from vidstyle.errors import InputError, UnknownName, UsageError, VidstyleError
from vidstyle.folders import data_folder, packaged

log = logging.getLogger(__name__)

BUNDLED = packaged("models")
ALL_PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16", "fp16")


@dataclass(frozen=True)
class Header:
    """What a model file says of itself."""

    network: str  # a row of NETWORKS
    config: dict[str, Any]  # the arguments of its class
    code_names: tuple[str, ...]
    smallest: int  # pixels a side, below which pictures are padded
    least_strength: float  # below it drawings fade into their content; 1: none is its own
    license: str
    source: str
    styles: tuple[str, ...] = ()  # those it has learned; none: it reads any picture
    mixes: bool = True  # whether codes of several styles can be mixed
    precisions: tuple[Precision, ...] = ALL_PRECISIONS  # those in which its drawings are right
    optimizes: bool = False  # it draws step by step: slowly, and without graphs
    reads_whole: bool = False  # it reads a style as it is, not brought to a square
    steady: bool = False  # it was taught to draw the same alike from frame to frame

    @property
    def stabilizer(self) -> str:
        """What its drawings of a clip are steadied by, unless one asks for something else."""
        return "off" if self.steady or self.optimizes else "light"


@dataclass(frozen=True)
class Model:
    """Weights with a name, and what its file says of them."""

    name: str
    path: Path
    header: Header

    @cached_property
    def digest(self) -> str:
        """Sha256 of the file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def check_precision(self, precision: Precision) -> None:
        """Refuse what it would not draw right in.

        Raises:
            UsageError: `precision` is none of its header's.
        """
        if precision not in self.header.precisions:
            raise UsageError(
                f"{self.name} does not draw right in {precision}: small differences are lost. "
                f"Choose from: {', '.join(self.header.precisions)}."
            )

    def graph(self, function: str, path: Path | None = None) -> Graph:
        """Its graph `function`, "encode" or "stylize", as the ONNX file at `path` or beside it."""
        code = [Port(name, ("C",)) for name in self.header.code_names]  # of the network's own shape
        picture = ("B", 3, "H", "W")
        if function == "encode":
            style = Port("place", (1,)) if self.header.styles else Port("style", picture)
            inputs, outputs = [style], code
        else:
            inputs = [Port("content", picture), *code]
            if self.header.least_strength < 1:
                inputs.append(Port("strength", ("B",)))
            outputs = [Port("image", picture)]
        path = path or self.path.with_name(f"{self.name}.{function}.onnx")
        name = f"{self.name}.{function}"
        return Graph(name, path, tuple(inputs), tuple(outputs), self.digest)


def find_model(name: str) -> Model:
    """The model that people call `name`.

    Raises:
        UnknownName: no model and no network of that name.
        VidstyleError: a network whose weights are not here; the message says how to get them.
        InputError: the file is damaged.
    """
    for folder in _folders():
        path = folder / f"{name}.safetensors"
        if path.name in _names(folder):
            return model_at(path)
    if name in (published := published_checkpoints()):
        raise VidstyleError(f"The weights of {name!r} are not here. {how_to_get(name)}")
    here = [Path(file).stem for folder in _folders() for file in _names(folder)]
    raise UnknownName("network", name, dict.fromkeys([*here, *published]))


def model_at(path: Path) -> Model:
    """The model in a file.

    Raises:
        InputError: there is no file, or no model in it.
    """
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}.")
    return Model(path.stem, path, _read_header(path))


def models() -> Iterator[Model]:
    """All models that are here; damaged ones are named in the log and left out."""
    for folder in _folders():
        for file in _names(folder):
            try:
                yield model_at(folder / file)
            except InputError as error:
                log.warning("%s", error)


@lru_cache
def published_checkpoints() -> dict[str, dict[str, Any]]:
    """For each network, where its authors' files are had and what they are called."""
    return tomllib.loads((packaged("configs") / "weights.toml").read_text("utf-8"))


@lru_cache
def published_flows() -> dict[str, dict[str, Any]]:
    """The same for each network that finds optical flow."""
    return tomllib.loads((packaged("configs") / "flow.toml").read_text("utf-8"))


def published_checkpoint(network: str) -> dict[str, Any]:
    """Where the files of a network's authors are had and what they are called.

    Raises:
        UsageError: nothing of it is published.
    """
    if network not in (rows := published_checkpoints() | published_flows()):
        raise UsageError(
            f"Of {network!r} no files are published that could be imported, only of "
            f"{', '.join(rows)}. Networks of our own are taught: vidstyle train --help"
        )
    return rows[network]


def check_live(network: str) -> None:
    """Refuse a network that is far too slow for what does not wait.

    Raises:
        UsageError: it draws by optimization.
        UnknownName: there is no such network.
    """
    if find_model(network).header.optimizes:
        others = [model.name for model in models() if not model.header.optimizes]
        raise UsageError(
            f"{network} draws by optimization, far slower than live video. Choose from: "
            f"{', '.join(others)}."
        )


def how_to_get(name: str) -> str:
    """What to do for the weights of a published network that are not here, as a sentence."""
    row = published_checkpoint(name)
    if "urls" in row:
        return f"Download them: vidstyle weights fetch {name}"
    options = " ".join(f"{part_option(name, part)} {file}" for part, file in row["files"].items())
    return (
        f"Get the files by way of {row['address']} ({row['where']}), "
        f"then: vidstyle weights import {name} {options}"
    )


def part_option(name: str, part: str) -> str:
    """The option that takes a part; one that is there for each style is given again and again."""
    style_part = published_checkpoint(name).get("style_part")
    return f"--{style_part}" if style_part and part.startswith(f"{style_part}-") else f"--{part}"


def header_metadata(header: Header) -> dict[str, str]:
    """A header as safetensors stores it: words by name."""
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in asdict(header).items()
    }


def _folders() -> tuple[Path, Path]:
    """Imported models stand before bundled ones of the same name."""
    return data_folder(), BUNDLED


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.safetensors"))


def _read_header(path: Path) -> Header:
    try:
        with safe_open(path, framework="np") as file:
            words = file.metadata() or {}
        return Header(
            words["network"],
            json.loads(words["config"]),
            tuple(json.loads(words["code_names"])),
            json.loads(words["smallest"]),
            json.loads(words.get("least_strength", "0.1")),  # so it was for all, once
            words["license"],
            words["source"],
            tuple(json.loads(words.get("styles", "[]"))),
            json.loads(words.get("mixes", "true")),
            tuple(json.loads(words.get("precisions", json.dumps(ALL_PRECISIONS)))),
            json.loads(words.get("optimizes", "false")),
            json.loads(words.get("reads_whole", "false")),
            json.loads(words.get("steady", "false")),
        )
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise InputError(
            f"{str(path)!r} is no model of vidstyle, or damaged ({str(error).splitlines()[0]}); "
            "import it again, or delete it."
        ) from None
