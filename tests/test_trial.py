"""A trial that crashes or hangs costs one line, and nothing else."""

import sys

from vidstyle.trial import outcomes


def run(program: str) -> tuple[str, str]:
    """A trial that runs `program`."""
    return "builtins:exec", program


def test_what_works_says_nothing_and_what_does_not_says_why():
    trials = [run("pass"), run("raise ValueError('no chip')"), ("no_such_module:x", "")]
    assert outcomes(trials, 60) == ["", "no chip", "No module named 'no_such_module'"]


def test_a_crash_costs_its_own_trial_alone():
    crash = run("import os; os.abort()")
    assert outcomes([run("pass"), crash, run("pass")], 60) == ["", "its driver crashed", ""]


def test_what_hangs_is_ended():
    hangs = run("import threading; threading.Event().wait()")
    assert outcomes([hangs, run("pass")], 0.5) == ["no answer in time"] * 2


def test_what_a_driver_prints_is_no_answer_and_is_not_seen(capfd):
    loud = "import os; os.write(1, b'hello'); os.write(2, b'hello')"
    assert outcomes([run(loud)], 60) == [""]
    assert capfd.readouterr() == ("", "")


def test_nothing_is_taken_from_the_folder_where_vidstyle_is_called(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    assert outcomes([run("pass")], 60) == [""]
