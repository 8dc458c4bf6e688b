"""Which stage of a run holds the others up, and what would help, in words."""

from __future__ import annotations

from vidstyle.bench.cases import Case
from vidstyle.bench.results import Whole
from vidstyle.machine import cores

_ALL = 0.85  # of the cores: hardly any is idle
_DRAWS = ("network", "wait for the GPU")  # stages of one thread
_STEADIES = ("flow", "stabilizer")


def bottleneck(case: Case, found: Whole) -> str:
    """One or two sentences."""
    busy = {
        "decoding": found.stages["decode"].busy,
        "drawing": max(
            sum(_busy(found, name) for name in _DRAWS), *(_busy(found, name) for name in _STEADIES)
        ),
        "encoding": found.stages["encode"].busy,
    }
    slowest = max(busy, key=lambda stage: busy[stage])
    shares = ", ".join(f"{stage} {min(1, share):.0%}" for stage, share in busy.items())
    used = f"{found.cpu:.0%} of the cores' time is used"
    used += "" if found.gpu is None else f", {found.gpu:.0%} of the GPU's"
    return (
        f"{slowest.capitalize()} is the bottleneck (busy: {shares}; {used}). "
        f"{_HELP[slowest](case, found)}"
    )


def _busy(found: Whole, stage: str) -> float:
    return found.stages[stage].busy if stage in found.stages else 0.0


def _decoding(case: Case, found: Whole) -> str:
    return "A file that is simpler to decode, such as H.264, or hardware decoding would help."


def _encoding(case: Case, found: Whole) -> str:
    return (
        "A faster --preset, or a hardware encoder by --codec (see: vidstyle info), would help; a "
        "faster network would not."
    )


def _drawing(case: Case, found: Whole) -> str:
    ways = [] if case.network == "swift-lite" else ["a smaller network (swift-lite)"]
    ways.append("fewer pixels (--max-size)")
    steadies = [found.stages[name] for name in _STEADIES if name in found.stages]
    if any(stage.busy > 0.3 * found.stages["network"].busy for stage in steadies):
        taken = sum(stage.p50 for stage in steadies)
        ways.insert(0, f"less steadying (--stabilize off: it takes {taken:.1f} ms a frame)")
    if case.device.startswith("cuda"):
        ways.append("a faster GPU")
    elif found.cpu + (found.others or 0.0) / cores() > _ALL:
        ways.append("more cores, or a GPU")
    else:
        ways.append("faster cores, or a GPU; more cores would help little, since some are idle")
    return f"What would help: {', '.join(ways)}."


_HELP = {"decoding": _decoding, "drawing": _drawing, "encoding": _encoding}
