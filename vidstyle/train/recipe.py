"""What is taught to which network, on what, for how long: read from a TOML file, checked."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from vidstyle.errors import InputError, UnknownName, UsageError
from vidstyle.folders import packaged

Kind = TypeVar("Kind")

LEAST_CROP, CROP_STEP = 32, 8  # pixels; the loss networks halve three times


@dataclass(frozen=True)
class Data:
    """Folders of pictures, and names that are left out; all below the data folder."""

    contents: tuple[str, ...]
    styles: tuple[str, ...]
    leave_out: tuple[str, ...] = ()  # names without suffix: never read at all
    sheet_contents: tuple[str, ...] = ()  # kept out of training, drawn on the sample sheet
    sheet_styles: tuple[str, ...] = ()


@dataclass(frozen=True)
class LossFiles:
    """Where the loss networks' weights lie, below the data folder."""

    shallow: str
    deep: str


@dataclass(frozen=True)
class Stage:
    """A part of a training, with one objective."""

    name: str
    objective: str  # a row of OBJECTIVES
    steps: int
    batch: int  # pictures of a step
    crop: int  # pixels a side, a multiple of 8
    rate: float  # learning rate of Adam
    weights: dict[str, float]  # for each term of the objective, its share of the loss
    rates: dict[str, float] = field(default_factory=dict)  # others, by how names start
    hold: float = 0.5  # share of the steps at the full rate; then it falls to 3 % of it
    teacher: str = ""  # the model that is imitated

    def rate_of(self, name: str) -> float:
        """The learning rate of the parameter `name`; 0 leaves it as it is."""
        fitting = (rate for start, rate in self.rates.items() if fnmatchcase(name, f"{start}*"))
        return next(fitting, self.rate)


@dataclass(frozen=True)
class Recipe:
    """A whole training."""

    model: str  # the name of what comes out
    network: str  # a row of NETWORKS
    config: dict[str, Any]  # the arguments of its class
    start: str  # a model whose weights are taken where name and shape agree; "" for none
    license: str
    source: str
    data: Data
    loss_networks: LossFiles
    stages: tuple[Stage, ...]
    seed: int = 0
    start_files: dict[str, str] = field(default_factory=dict)  # for parts of it, below the data

    @property
    def steady(self) -> bool:
        """Whether a stage teaches to draw the same alike from frame to frame."""
        terms = ("steady", "temporal")
        return any(stage.weights.get(term) for stage in self.stages for term in terms)

    @property
    def digest(self) -> str:
        """Sha256 of all settings: a checkpoint goes on only with the recipe it began with."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def bundled_recipes() -> dict[str, Path]:
    """The recipes that come with vidstyle, by name."""
    folder = packaged("configs") / "train"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find_recipe(name: str) -> Path:
    """The recipe that comes with vidstyle under `name`, or the one at that path.

    Raises:
        UnknownName: neither.
    """
    path = Path(name).expanduser()
    if path.is_file() or path.suffix == ".toml":
        return path
    if name not in bundled_recipes():
        raise UnknownName("recipe", name, bundled_recipes(), "Or give the path of a TOML file.")
    return bundled_recipes()[name]


def read_recipe(path: Path) -> Recipe:
    """The training that a TOML file describes; what it lacks is that of the recipe it is `like`.

    Raises:
        InputError: no such file, or not TOML.
        UsageError: a setting that is missing, unknown or cannot be.
    """
    settings = _settings(path)
    if "like" in settings:
        settings = _like(settings, path) | settings
        del settings["like"]
    recipe = _made(Recipe, settings, str(path))
    if not recipe.stages:
        raise UsageError(f"{path} has no stage.")
    for stage in recipe.stages:
        _check(stage, f"{path}: stage {stage.name!r}")
    return recipe


def _settings(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The recipe {str(path)!r} cannot be read: {reason}.") from None


def _like(settings: dict[str, Any], path: Path) -> dict[str, Any]:
    """The settings of the recipe whose settings hold where `settings` has none."""
    name = settings["like"]
    if not isinstance(name, str):
        raise UsageError(f"{path}: like cannot be {name!r}.")
    found = _settings(find_recipe(name))
    if "like" in found:
        raise UsageError(
            f"{path}: the recipe {name!r} is like {found['like']!r} itself: name that one."
        )
    return found


def _made(kind: type[Kind], settings: Any, where: str) -> Kind:
    """A dataclass from a TOML table."""
    if not isinstance(settings, dict):
        raise UsageError(f"{where} is a table of settings; got {settings!r}.")
    kinds = get_type_hints(kind)
    entries: tuple[Any, ...] = fields(kind)  # type: ignore[arg-type]
    needed = [e.name for e in entries if e.default is MISSING and e.default_factory is MISSING]
    for name in settings:
        if name not in kinds:
            raise UsageError(f"{where} has no setting {name!r}. Choose from: {', '.join(kinds)}.")
    if missing := [name for name in needed if name not in settings]:
        raise UsageError(f"{where} lacks {', '.join(map(repr, missing))}.")
    return kind(
        **{name: _value(kinds[name], value, f"{where}: {name}") for name, value in settings.items()}
    )


def _value(kind: Any, value: Any, where: str) -> Any:
    """A value of a TOML file as the kind that its setting asks for."""
    if is_dataclass(kind):
        return _made(kind, value, where)  # type: ignore[arg-type]
    outer = get_origin(kind)
    if outer is tuple and isinstance(value, list):
        entry = get_args(kind)[0]
        return tuple(_value(entry, v, f"{where} {number}") for number, v in enumerate(value, 1))
    if outer is dict and isinstance(value, dict):
        entry = get_args(kind)[1]
        return {name: _value(entry, v, f"{where}: {name}") for name, v in value.items()}
    wanted: Any = (int, float) if kind is float else outer or kind
    if kind is not Any and (not isinstance(value, wanted) or isinstance(value, bool)):
        raise UsageError(f"{where} cannot be {value!r}.")
    return value


def _check(stage: Stage, where: str) -> None:
    if stage.crop % CROP_STEP or stage.crop < LEAST_CROP:
        raise UsageError(
            f"{where}: crop is a multiple of {CROP_STEP}, at least {LEAST_CROP}; got {stage.crop}."
        )
    if min(stage.steps, stage.batch) < 1:
        raise UsageError(
            f"{where}: steps and batch are at least 1; got {stage.steps} and {stage.batch}."
        )
    if min(stage.rate, *stage.rates.values(), 0.0) < 0 or not 0 <= stage.hold <= 1:
        raise UsageError(f"{where}: no rate is negative, and hold is 0 to 1; got {stage.hold}.")
    if not stage.weights:
        raise UsageError(f"{where}: weights names no term.")
