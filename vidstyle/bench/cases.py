"""What is measured: a network at a size, and how it is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from vidstyle.errors import UsageError
from vidstyle.job import parse_size
from vidstyle.runtimes import RUNTIMES, choose
from vidstyle.weights import find_model

_USUAL = (  # the most telling first: time may not suffice for all
    ("swift", "640x360"),
    ("swift-lite", "640x360"),
    ("swift", "1280x720"),
    ("microast", "640x360"),
    ("adaattn-lite", "640x360"),
)
_PRECISIONS = ("auto", "fp32", "bf16", "fp16")
_MOST_AT_ONCE = 64


@dataclass(frozen=True)
class Case:
    """One row of a benchmark."""

    network: str
    width: int  # pixels
    height: int
    runtime: str  # "auto" until it is measured
    device: str
    precision: str
    batch: int = 1  # frames that are drawn at once

    @property
    def size(self) -> str:
        """Such as "640x360"."""
        return f"{self.width}x{self.height}"

    @property
    def name(self) -> str:
        """In words: "swift 640x360, openvino on cpu in fp32"."""
        several = f", {self.batch} at once" if self.batch > 1 else ""
        precision = "" if self.precision == "auto" else f" in {self.precision}"
        return f"{self.network} {self.size}, {self.runtime} on {self.device}{precision}{several}"


def cases(
    networks: Sequence[str] = (),
    sizes: Sequence[str] = (),
    runtimes: Sequence[str] = (),
    precisions: Sequence[str] = (),
    batches: Sequence[int] = (),
    device: str = "auto",
    own_size: tuple[int, int] | None = None,
) -> list[Case]:
    """Every combination of what is asked for; where nothing is, the usual ones.

    Args:
        networks: by name.
        sizes: such as "1280x720" or "720p".
        runtimes: by name.
        precisions: by name.
        batches: frames that are drawn at once.
        device: for all.
        own_size: height and width of the clip that is drawn, where it has one of its own.

    Raises:
        VidstyleError: a name, size or number that cannot be, or a runtime that is not here.
    """
    if own_size is not None and not sizes:
        sizes = (f"{own_size[1]}x{own_size[0]}",)
    if networks or sizes:
        pairs = list(product(networks or ("swift",), sizes or ("640x360",)))
    else:
        pairs = list(_USUAL)
    made = [
        Case(network, *_size(size), *choose(runtime, device), precision, batch)
        for network, size in pairs
        for runtime, precision, batch in product(
            runtimes or ("auto",), precisions or ("auto",), batches or (1,)
        )
    ]
    for case in dict.fromkeys(made):
        _check(case)
    return list(dict.fromkeys(made))


def _size(text: str) -> tuple[int, int]:
    """Width and height; of a height alone, as wide as 16 to 9."""
    height, width = parse_size(text)
    return width or 2 * round(height * 8 / 9), height


def _check(case: Case) -> None:
    """Refuse what cannot be measured before anything is."""
    model = find_model(case.network)
    if model.header.optimizes:
        raise UsageError(
            f"{case.network} draws by optimization, for seconds or minutes a frame; vidstyle "
            "stylize says at its end how long."
        )
    if case.precision not in _PRECISIONS:
        raise UsageError(f"--precision is {', '.join(_PRECISIONS)}; got {case.precision!r}.")
    RUNTIMES[case.runtime]().best_precision(case.device)
    if case.precision != "auto":
        model.check_precision(case.precision)  # type: ignore[arg-type]
    if not 1 <= case.batch <= _MOST_AT_ONCE:
        raise UsageError(f"--batch is 1 to {_MOST_AT_ONCE}; got {case.batch}.")
