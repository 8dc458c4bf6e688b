"""Which styles, and how much of each, at any time of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vidstyle.errors import UsageError

Mix = Mapping[str, float]  # styles by name, and the share of each; shares sum to 1


@dataclass(frozen=True)
class Timeline:
    """Mixes of styles, each from a time on; one fades into the next."""

    keys: tuple[tuple[float, Mix], ...]  # seconds since the first frame, rising
    fade: float  # seconds that a change takes

    @property
    def styles(self) -> tuple[str, ...]:
        """All styles that are ever seen, the first first."""
        return tuple(dict.fromkeys(style for _, mix in self.keys for style in mix))

    def at(self, seconds: float) -> Mix:
        """The mix of that moment. A change that begins during another goes on from what is seen."""
        seen = self.keys[0][1]
        for place, (start, mix) in enumerate(self.keys[1:], 1):
            if seconds < start:
                break
            until = min(seconds, self.keys[place + 1][0]) if place + 1 < len(self.keys) else seconds
            done = min(1.0, (until - start) / self.fade) if self.fade else 1.0
            seen = _between(seen, mix, done)
        return seen


def _between(before: Mix, after: Mix, done: float) -> Mix:
    shares = {style: share * (1 - done) for style, share in before.items()}
    for style, share in after.items():
        shares[style] = shares.get(style, 0.0) + share * done
    return {style: share for style, share in shares.items() if share > 0}


def parse_mix(texts: Sequence[str]) -> Mix:
    """Styles such as "ink" or "me.jpg:0.7"; one without a weight has 1. Shares sum to 1.

    Raises:
        UsageError: a weight below 0, or none above it.
    """
    weights: dict[str, float] = {}
    for text in texts:
        style, weight = _weighted(text)
        weights[style] = weights.get(style, 0.0) + weight
    total = sum(weights.values())
    if not total > 0:
        raise UsageError(f"Of the styles {', '.join(texts)} one needs a weight above 0.")
    return {style: weight / total for style, weight in weights.items() if weight}


def _weighted(text: str) -> tuple[str, float]:
    style, colon, number = text.rpartition(":")
    try:
        weight = float(number) if colon else 1.0
    except ValueError:  # a colon of the path
        return text, 1.0
    if not colon:
        return text, 1.0
    if weight < 0 or not math.isfinite(weight) or not style:
        raise UsageError(f"--style is STYLE or STYLE:WEIGHT, such as ink:0.7; got {text!r}.")
    return style, weight
