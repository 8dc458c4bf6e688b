"""Which stage holds the others up, and what is said to help."""

import pytest

from vidstyle.bench.bottleneck import bottleneck
from vidstyle.bench.cases import Case
from vidstyle.bench.results import Stage, Whole
from vidstyle.bench.spread import Repeats

CASE = Case("swift", 640, 360, "openvino", "cpu", "fp32")


def run(cpu=1.0, **busy):
    stages = {name: Stage(1.0, 1.0, 1.0, 100, share) for name, share in busy.items()}
    fps = Repeats.of([25.0])
    return Whole(fps, 100, stages, {}, "software", "off", cpu, 0.0, None, None, None)


@pytest.mark.parametrize(
    ("busy", "said"),
    [
        ({"decode": 0.9, "network": 0.5, "encode": 0.2}, "Decoding is the bottleneck"),
        ({"decode": 0.1, "network": 0.9, "encode": 0.2}, "Drawing is the bottleneck"),
        ({"decode": 0.1, "network": 0.5, "encode": 1.02}, "Encoding is the bottleneck"),
    ],
)
def test_the_busiest_stage_is_named(busy, said):
    assert bottleneck(CASE, run(**busy)).startswith(said)


@pytest.mark.parametrize("part", ["flow", "stabilizer"])
def test_steadying_counts_as_drawing_and_is_what_to_leave_out(part):
    said = bottleneck(CASE, run(decode=0.6, network=0.4, encode=0.1, **{part: 0.8}))
    assert said.startswith("Drawing is") and "--stabilize off" in said


@pytest.mark.parametrize(("cpu", "said"), [(0.99, "more cores, or a GPU"), (0.3, "some are idle")])
def test_more_cores_help_where_none_is_idle(cpu, said):
    assert said in bottleneck(CASE, run(cpu, decode=0.1, network=0.9, encode=0.1))
