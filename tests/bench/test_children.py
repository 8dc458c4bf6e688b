"""Measurements in processes of their own."""

import signal
from pathlib import Path

import pytest
from media import clip

from vidstyle.bench.cases import Case
from vidstyle.bench.children import Failed, launched, measured
from vidstyle.bench.sample import given

CASE = Case("swift", 64, 48, "openvino", "cpu", "auto")


def test_a_process_tells_what_it_found(tmp_path):
    task = given(str(clip(tmp_path / "a.mp4"))).task("start", CASE, tmp_path)
    assert measured(task)["seconds"] > 0


def test_what_a_process_cannot_do_is_said_by_its_own_words(tmp_path):
    sample = given(str(clip(tmp_path / "a.mp4")))
    Path(sample.path).unlink()
    with pytest.raises(Failed, match="does not exist"):
        measured(sample.task("start", CASE, tmp_path))


def test_a_process_that_breaks_tells_its_last_words(tmp_path):
    task = given(str(clip(tmp_path / "a.mp4"))).task("nonsense", CASE, tmp_path)
    with pytest.raises(Failed, match="KeyError: 'nonsense'"):
        measured(task)


def test_a_process_is_ended_when_what_waits_for_it_is(tmp_path):
    task = given(str(clip(tmp_path / "a.mp4"))).task("stream", CASE, tmp_path)
    with pytest.raises(ZeroDivisionError), launched(task) as child:
        raise ZeroDivisionError
    assert child.process.returncode == -signal.SIGKILL
