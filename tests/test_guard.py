"""bench/guard.py ends with an error where a ratio has fallen, and only there."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"
RECORDED = {"network": 2.0, "attention": 10.0}
SLOWER = {"network": 1.7, "attention": 10.0}


@pytest.fixture
def guard(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    before = set(sys.modules)
    yield import_module("guard")
    for name in set(sys.modules) - before:
        if str(BENCH) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]  # their names are those of folders of the tests


def test_what_has_fallen_is_said_in_one_line_each(guard, capsys):
    with pytest.raises(SystemExit) as end:
        guard.judge(SLOWER, RECORDED, lambda: SLOWER)
    assert end.value.code == 1
    assert capsys.readouterr().err == (
        "network has fallen from 2 to 1.7, by 15%; at most 10% is allowed.\n"
    )


def test_less_than_a_tenth_is_let_pass(guard):
    assert guard.fallen({"network": 1.85, "attention": 12.0}, RECORDED) == []


def test_a_slow_moment_of_the_machine_is_let_pass(guard, capsys):
    again = iter([{"network": 2.1, "attention": 9.5}])
    guard.judge(SLOWER, RECORDED, lambda: next(again))
    assert list(again) == []  # it was measured once more
    assert capsys.readouterr().err == ""


def test_what_is_fast_is_not_measured_again(guard):
    guard.judge(RECORDED, RECORDED, lambda: pytest.fail("measured again"))


def test_a_record_of_a_busy_machine_and_of_a_quiet_one_keeps_the_lowest(guard):
    assert guard.lowest({"network": 1.9, "run": 0.7}, RECORDED) == {"network": 1.9, "run": 0.7}
    assert guard.lowest({"network": 2.1}, RECORDED) == {"network": 2.0}


def test_swift_is_counted_to_do_less_than_microast(guard):
    assert guard.multiply_adds("microast") > 3 * guard.multiply_adds("swift")
