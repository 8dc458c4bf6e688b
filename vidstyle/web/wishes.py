"""What browsers and controllers ask for, as they send it: checked, and made Controls."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from vidstyle.errors import UnknownName, UsageError
from vidstyle.live.controls import Controls
from vidstyle.timeline import Mix

_MOST = 4  # styles in a mix
_WISHES = ("style", "mix", "strength", "fade", "keep_color", "stabilize")


def message_of(text: str) -> dict[str, Any]:
    """A message as an object.

    Raises:
        UsageError: it is none.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise UsageError('A message is a JSON object, such as {"style": "ink", "strength": 0.8}.')
    return message


def wished(
    controls: Controls, wish: dict[str, Any], styles: Collection[str], mixes: bool
) -> Controls:
    """`controls` with what a wish changes.

    Args:
        controls: as they are.
        wish: "style" or "mix" (styles by name, and the weight of each), "strength", "fade",
            "keep_color", "stabilize".
        styles: that may be named.
        mixes: whether the network can mix them.

    Raises:
        UsageError: a wish that cannot be met; nothing of it is.
    """
    for name in wish:
        if name not in _WISHES:
            raise UnknownName("wish", str(name), _WISHES)
    changes: dict[str, Any] = {
        name: _number(name, wish[name]) for name in ("strength", "fade") if name in wish
    }
    changes |= {name: _choice(wish[name]) for name in ("keep_color", "stabilize") if name in wish}
    if "style" in wish:
        changes["mix"] = _mix(
            {wish["style"]: 1} if isinstance(wish["style"], str) else None, styles
        )
    elif "mix" in wish:
        changes["mix"] = _mix(wish["mix"], styles)
    if len(changes.get("mix", ())) > 1 and not mixes:
        raise UsageError("The network in use cannot mix styles: choose one.")
    if not mixes:
        changes["fade"] = 0.0  # a fade is a mix
    return replace(controls, **changes)


def described(controls: Controls) -> dict[str, Any]:
    """Controls as they are sent: a wish that would bring them about."""
    return {
        "mix": dict(controls.mix),
        "strength": controls.strength,
        "fade": controls.fade,
        "keep_color": controls.keep_color,
        "stabilize": controls.stabilize,
    }


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{name} is a number; got {value!r}.")
    return float(min(max(value, -1e9), 1e9))  # a whole number in JSON may be of any length


def _choice(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise UsageError(f"keep_color and stabilize are words; got {value!r}.")
    return value


def _mix(weights: Any, styles: Collection[str]) -> Mix:
    if not isinstance(weights, dict) or not 1 <= len(weights) <= _MOST:
        raise UsageError(f"A mix is 1 to {_MOST} styles, each with a weight; got {weights!r}.")
    for name in weights:
        if name not in styles:
            raise UnknownName("style", str(name), styles)
    amounts = {name: _number(name, weight) for name, weight in weights.items()}
    total = sum(amounts.values())
    if not (math.isfinite(total) and total > 0 and min(amounts.values()) >= 0):
        raise UsageError(f"Weights are 0 or more, and one is above; got {weights!r}.")
    return {name: amount / total for name, amount in amounts.items() if amount}
