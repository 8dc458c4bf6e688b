"""What people turn while pictures are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from vidstyle.errors import UsageError
from vidstyle.timeline import Mix

KEEP_COLOR = (None, "luminance", "match")
STABILIZE = ("off", "light", "full")


@dataclass(frozen=True)
class Controls:
    """How live pictures are drawn right now. Replaced whole, never changed in place.

    Raises:
        UsageError: a value that cannot be.
    """

    mix: Mix  # styles by name, and the share of each; shares sum to 1
    strength: float = 1.0  # 0..1
    fade: float = 0.5  # seconds that a change of styles takes
    keep_color: str | None = None  # "luminance", or "match": styles in the content's colors
    stabilize: str = "off"  # "light" or "full"

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise UsageError(f"A strength is 0 to 1; got {self.strength:g}.")
        if not 0 <= self.fade <= 60:
            raise UsageError(f"A fade takes 0 to 60 seconds; got {self.fade:g}.")
        if self.keep_color not in KEEP_COLOR:
            raise UsageError(
                f"Live colors are kept by 'luminance' or 'match'; got {self.keep_color!r}."
            )
        if self.stabilize not in STABILIZE:
            raise UsageError(f"To stabilize is off, light or full; got {self.stabilize!r}.")
