"""What holds from one frame to the next: flow, occlusion, and where a scene ends."""

from __future__ import annotations

from vidstyle.registry import Table

FLOWS = Table(
    "flow",
    {
        "dis": "vidstyle.temporal.dis:Dis",
        "exact": "vidstyle.temporal.exact:Exact",
    },
)
