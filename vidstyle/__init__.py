"""Real-time video stylization: neural style transfer for video files and photographs.

import vidstyle

paint = vidstyle.load("swift", style="starry-night")
drawn = paint(picture)                                    # uint8 [H, W, 3] in and out
vidstyle.stylize("in.mp4", "out.mp4", style="starry-night")
for frame in vidstyle.frames("in.mp4", style="starry-night"):
    ...
flicker = vidstyle.check("in.mp4", "out.mp4").short.above  # 0..1
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vidstyle.api import Painter, Progress, frames, load, stylize
    from vidstyle.comparison import Consistency, check
    from vidstyle.errors import Interrupted, VidstyleError
    from vidstyle.job import Job

__version__ = "0.1.0"
__all__ = [
    "Consistency",
    "Interrupted",
    "Job",
    "Painter",
    "Progress",
    "VidstyleError",
    "check",
    "frames",
    "load",
    "stylize",
]

_HOMES = {  # all others: api
    "Consistency": "comparison",
    "Interrupted": "errors",
    "Job": "job",
    "VidstyleError": "errors",
    "check": "comparison",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that `--help` is instant."""
    if name not in __all__:
        raise AttributeError(f"module 'vidstyle' has no attribute {name!r}")
    return getattr(import_module(f"vidstyle.{_HOMES.get(name, 'api')}"), name)
