"""How near a network comes to what its machine can do at most.

After Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for multicore
architectures", CACM 2009. Bytes are those of products and convolutions alone, each done by itself;
what stays in a cache between two of them is counted all the same.
"""

from __future__ import annotations

from vidstyle.bench.cases import Case
from vidstyle.bench.ceilings import Ceilings
from vidstyle.bench.results import Roofline
from vidstyle.weights import find_model


def roofline(case: Case, fps: float, most: Ceilings | None) -> Roofline | None:
    """Of a network that draws so many frames a second; None where something is not known."""
    if most is None:
        return None
    try:
        from vidstyle.bench.work import work
    except ImportError:  # there is no OpenVINO for Macs with a processor by Intel
        return None
    graph = find_model(case.network).graph("stylize").function
    found = work(str(graph), case.height, case.width, most.precision)
    operations = 2 * found.multiply_adds
    computing = operations / (most.tflops * 1e12)
    moving = found.bytes / (most.copy_gb_per_second * 1e9)
    return Roofline(
        found.multiply_adds,
        found.bytes,
        operations * fps / 1e12,
        found.bytes * fps / 1e9,
        "computation" if computing >= moving else "memory",
        fps * max(computing, moving),
    )
