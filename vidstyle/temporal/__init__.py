"""What holds from one frame to the next: flow, occlusion, steadiness, and where a scene ends."""

from __future__ import annotations

from vidstyle.registry import Table

FLOWS = Table(
    "flow",
    {
        "dis": "vidstyle.temporal.dis:Dis",
        "raft-small": "vidstyle.temporal.raft:small",
        "raft-large": "vidstyle.temporal.raft:large",
        "exact": "vidstyle.temporal.exact:Exact",
    },
)

STABILIZERS = Table(
    "stabilizer",
    {
        "light": "vidstyle.temporal.stabilizers:light",
        "full": "vidstyle.temporal.stabilizers:full",
    },
)
