"""Engines are built in a process of their own, and whatever becomes of it is told in one line."""

import logging
import os
import signal
import sys

import fake_tensorrt
import pytest
from onnx import TensorProto, helper

from vidstyle.errors import DeviceError, Interrupted, MissingPackage, UsageError
from vidstyle.export.tensorrt import (
    Order,
    build_engine,
    load_library,
    parse_targets,
    shapes_of,
)

FAKE = Order("fake_tensorrt")
has_signals = pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")


@pytest.fixture
def behaves(monkeypatch):
    """Say how the fake library behaves."""
    return lambda how: monkeypatch.setenv(fake_tensorrt.BEHAVIOR, how)


def small_graph(node="Relu", sides=(1, 3, "H", "W")):
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, sides) for name in "xy"]
    graph = helper.make_graph([helper.make_node(node, ["x"], ["y"])], "small", value[:1], value[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


def built(model, **order):
    return build_engine("small", model.SerializeToString(), Order("tensorrt_rtx", **order))


def test_a_real_engine_is_built_for_each_gpu_that_is_asked_for():
    trt = pytest.importorskip("tensorrt_rtx")
    model = small_graph(sides=(1, 3, 8, 8))
    one, two = (built(model, targets=parse_targets(text, trt)) for text in ("sm89", "sm75, SM120"))
    assert len(two) > len(one) > 1000
    assert built(model)  # those of the last generations


def test_each_step_is_told():
    pytest.importorskip("tensorrt_rtx")
    steps = []
    model = small_graph(sides=(1, 3, 8, 8)).SerializeToString()
    build_engine("small", model, Order("tensorrt_rtx"), lambda *step: steps.append(step))
    assert {"Building engine", "Optimizing graph"} <= {phase for phase, _, _ in steps}
    assert all(0 < done <= total for _, done, total in steps)


def test_what_the_parser_refuses_is_one_line():
    pytest.importorskip("tensorrt_rtx")
    with pytest.raises(DeviceError, match="^tensorrt_rtx cannot build small: .*Det.*$") as caught:
        built(small_graph("Det", (1, 3, 3)))
    assert "\n" not in str(caught.value)


def test_what_is_no_graph_is_refused():
    pytest.importorskip("tensorrt_rtx")
    with pytest.raises(DeviceError, match="cannot build small"):
        build_engine("small", b"nothing of the kind", Order("tensorrt_rtx"))


def test_free_sides_have_ranges():
    pytest.importorskip("tensorrt_rtx")
    model = small_graph()
    shapes = shapes_of(model, {"H": (8, 16, 32), "W": (8, 24, 64)})
    assert shapes == {"x": [[1, 3, 8, 8], [1, 3, 16, 24], [1, 3, 32, 64]]}
    assert len(built(model, shapes=shapes)) > 1000


@has_signals
def test_a_library_that_aborts_is_an_error_with_its_last_words(behaves):
    behaves("aborts")
    with pytest.raises(DeviceError) as caught:
        build_engine("small", b"", FAKE)
    assert str(caught.value) == (
        "fake_tensorrt broke off building small: SIGABRT, LLVM ERROR: out of memory."
    )


def test_why_nothing_was_built_is_said(behaves):
    behaves("refuses")
    with pytest.raises(DeviceError) as caught:
        build_engine("small", b"", FAKE)
    assert str(caught.value) == ("fake_tensorrt cannot build small: Error Code 2: out of memory.")


@has_signals
def test_ctrl_c_that_the_child_hears_first_is_one_here_too(behaves):
    behaves("is interrupted")
    with pytest.raises(Interrupted):
        build_engine("small", b"", FAKE)


@has_signals
def test_ctrl_c_ends_a_build_at_once(behaves):
    behaves("hangs")
    processes = []

    def interrupt(phase, done, total):
        processes.append(int(phase.removeprefix("process ")))
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        build_engine("small", b"", FAKE, interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)


def test_nothing_is_left_behind(behaves, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    behaves("aborts")
    with pytest.raises(DeviceError):
        build_engine("small", b"", FAKE)
    assert not list(tmp_path.iterdir())


def test_what_was_measured_is_kept_for_the_next_build(tmp_path):
    timings = tmp_path / "engines" / "timings"
    engines = [build_engine("small", b"", FAKE, None, timings) for _ in range(2)]
    assert engines == [b"engine of ", b"engine of measured"]


@pytest.mark.parametrize("damage", [b"", b"short", bytes(100)], ids=len)
def test_damaged_measurements_are_never_read(tmp_path, caplog, damage):
    timings = tmp_path / "timings"
    build_engine("small", b"", FAKE, None, timings)
    timings.write_bytes(damage)
    assert build_engine("small", b"", FAKE, None, timings) == b"engine of "
    assert "damaged" in caplog.text
    assert build_engine("small", b"", FAKE, None, timings) == b"engine of measured"


def test_measurements_that_break_a_build_are_left_out(tmp_path, caplog, behaves):
    timings = tmp_path / "timings"
    build_engine("small", b"", FAKE, None, timings)
    behaves("aborts by timings")
    assert build_engine("small", b"", FAKE, None, timings) == b"engine of nothing known"
    (line,) = caplog.messages
    assert "LLVM ERROR" in line and "tried again" in line


def test_measurements_that_cannot_be_kept_are_said(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    (tmp_path / "file").touch()
    assert build_engine("small", b"", FAKE, None, tmp_path / "file" / "timings") == b"engine of "
    assert "cannot be written" in caplog.text


def test_an_unknown_target_is_refused_with_those_there_are():
    trt = pytest.importorskip("tensorrt_rtx")
    assert parse_targets("sm86,sm89", trt) == ("sm86", "sm89")
    with pytest.raises(UsageError, match="'sm90'. Choose from: sm75, sm80, .*sm120"):
        parse_targets("sm89,sm90", trt)
    with pytest.raises(UsageError, match="''"):
        parse_targets("", trt)


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    with pytest.raises(MissingPackage, match=r"pip install 'vidstyle\[tensorrt-rtx\]'"):
        load_library("tensorrt_rtx")
