"""A benchmark against an earlier one."""

import json

import pytest

from vidstyle.bench.compare import compare, earlier
from vidstyle.errors import InputError


def benchmark(*each, network="swift", processor="A", tflops=1.0):
    case = {"network": network, "width": 64, "height": 48, "runtime": "torch"}
    case |= {"device": "cpu", "precision": "fp32", "batch": 1}
    row = {"case": case, "network": {"fps": {"each": each}}, "end_to_end": {"fps": {"each": each}}}
    ceiling = {"device": "cpu", "precision": "fp32", "convolution_tflops": tflops}
    return {
        "schema": "vidstyle-bench-1", "machine": {"processor": processor}, "clip": "a",
        "ceilings": [ceiling], "rows": [row],
    }  # fmt: skip


def test_what_is_twice_as_fast_beyond_chance_is_called_faster():
    old, new = benchmark(10, 11, 10, 11, 10), benchmark(20, 22, 21, 20, 20)
    alone, whole = compare(new, old).ratios
    assert (alone.ratio, alone.verdict, whole.verdict) == (2, "faster", "faster")


def test_a_difference_within_the_repeats_is_none():
    old, new = benchmark(10, 12, 9, 11, 10), benchmark(11, 9, 10, 12, 11)
    assert compare(new, old).ratios[0].verdict == "no difference that repeats could tell"


def test_another_machine_is_said():
    found = compare(benchmark(1, processor="B", tflops=2.0), benchmark(1))
    assert found.differences[0] == "processor: A -> B"
    assert found.differences[1].startswith("what cpu can do: 2.00 times")


def test_rows_that_only_one_has_are_named():
    found = compare(benchmark(1), benchmark(1, network="wct"))
    assert not found.ratios
    assert [line.split()[0] for line in found.missing] == ["swift", "wct"]


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"schema": "vidstyle-bench-1"}'])
def test_what_is_no_benchmark_is_refused(tmp_path, text):
    (tmp_path / "old.json").write_text(text)
    with pytest.raises(InputError):
        earlier(tmp_path / "old.json")


def test_what_was_kept_can_be_compared_with(tmp_path):
    (tmp_path / "old.json").write_text(json.dumps(benchmark(10.0)))
    assert earlier(tmp_path / "old.json")["rows"]
