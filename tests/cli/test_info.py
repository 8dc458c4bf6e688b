"""vidstyle info: what a bug report needs, in 80 columns, whatever is broken."""

import json
import subprocess
import sys

import pytest
from fakes import typed

from vidstyle import facts
from vidstyle.cli.facts import facts_lines
from vidstyle.runtimes import RUNTIMES

GPU = {"name": "NVIDIA H100 80GB HBM3", "memory": 85520809984, "compute_capability": "9.0"}


@pytest.fixture(scope="module")
def found():
    """The facts of this machine."""
    return facts.facts()


def lines_of(found, **parts):
    """The words of the report, with some parts otherwise than here."""
    return " ".join(" ".join(facts_lines(found | parts)).split())


def test_a_report_is_made_without_loading_torch():
    program = (
        "import sys\ntry:\n    from vidstyle.cli import main; main(['info'])\n"
        "except SystemExit as end:\n    print(end.code, {'torch', 'cv2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.endswith("\n0 set()\n")
    assert done.stderr == ""


def test_json_has_every_part(capfd, monkeypatch, found):
    monkeypatch.setattr(facts, "_TRIAL_SECONDS", 0)  # hardware is looked at elsewhere
    assert typed("info", "--json") == 0
    printed = json.loads(capfd.readouterr().out)
    assert list(printed) == list(found)
    assert list(printed["runtimes"]) == list(RUNTIMES)
    assert not any("error" in part for part in printed.values() if isinstance(part, dict))


def test_lines_fit_80_columns_and_have_every_runtime(found):
    lines = facts_lines(found)
    assert max(map(len, lines)) <= 80
    assert all(any(line.split()[:1] == [name] for line in lines) for name in RUNTIMES)


def test_a_long_name_of_an_engine_is_cut_to_the_width(found):
    engines = {"folder": "/engines", "bytes": 7, "files": {f"{'n' * 90}-0123456789ab.engine": 7}}
    lines = facts_lines(found | {"engines": engines})
    assert any(line.endswith("nnn…") and len(line) == 80 for line in lines)


def test_a_gpu_is_shown_with_its_driver(found):
    nvidia = {"version": "580.82.07", "cuda": "13.0", "gpus": [GPU]}
    said = lines_of(found, nvidia=nvidia)
    assert "cuda:0 NVIDIA H100 80GB HBM3, 79.6 GiB, compute capability 9.0" in said
    assert "driver 580.82.07, for CUDA up to 13.0" in said


def test_without_a_gpu_the_report_says_so(found):
    assert "no NVIDIA driver" in lines_of(found, nvidia=None)
    nothing = {"version": "580.82.07", "cuda": "13.0", "gpus": []}
    assert "no NVIDIA GPU" in lines_of(found, nvidia=nothing)


def test_only_hardware_that_was_seen_to_work_is_named(found):
    fails = {"h264_nvenc": "Cannot load libcuda.so.1"}
    none = {way: {"work": [], "fail": fails} for way in ("encoders", "decoders")}
    assert "none of 1 encoders and 1 decoders works here" in lines_of(found, hardware=none)
    some = none | {"decoders": {"work": ["h264 by cuda"], "fail": {}}}
    said = lines_of(found, hardware=some)
    assert "encoders: none" in said and "decoders: h264 by cuda" in said
    assert "nvenc" not in said


def test_a_runtime_that_cannot_be_had_says_why_not(found):
    why_not = "needs the package 'onnxruntime': pip install 'vidstyle[onnx]'"
    row = {"package": "onnxruntime", "version": "", "precisions": {}, "why_not": why_not}
    assert f"onnx - {why_not}" in lines_of(found, runtimes={"onnx": row})


def test_devices_of_one_precision_stand_together(found):
    precisions = {"cpu": "bf16", "cuda:0": "fp16", "cuda:1": "fp16"}
    row = {"package": "torch", "version": "2.14.1", "precisions": precisions, "why_not": ""}
    assert "cpu in bf16, cuda:0 cuda:1 in fp16" in lines_of(found, runtimes={"torch": row})


def test_engines_and_style_codes_are_counted(found, tmp_path, monkeypatch):
    for number in range(10):
        (tmp_path / f"swift-sm8{number}-0123456789ab.engine").write_bytes(bytes(2_000_000))
    (tmp_path / "swift-sm80-0123456789ab.json").write_text("{}")
    (tmp_path / "a.npz").write_bytes(bytes(100_000))
    for folder in ("engines_folder", "codes_folder"):
        monkeypatch.setattr(facts, folder, lambda: tmp_path)
    said = lines_of(found, engines=facts._engines(), codes=facts._codes())
    assert f"engines 10, 20.0 MB, in {tmp_path}" in said
    assert "2.0 MB swift-sm87 " in said and "and 2 more" in said
    assert "style codes 1, 100.0 kB" in said


def test_a_folder_of_the_users_is_shown_without_their_name(found, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    codes = {"folder": "/home/ada/.cache/vidstyle/codes", "files": 0, "bytes": 0}
    said = lines_of(found, codes=codes)
    assert "style codes none in ~/.cache/vidstyle/codes" in said


def test_whatever_cannot_be_found_out_the_report_is_made(capfd, monkeypatch):
    def breaks():
        raise OSError("the disk is on fire")

    monkeypatch.setattr(facts, "_PARTS", dict.fromkeys(facts._PARTS, breaks))
    monkeypatch.setattr(facts, "_hardware", breaks)
    assert typed("info") == 0
    said = capfd.readouterr().out
    assert said.count("cannot be found out (OSError: the disk") >= 10
    assert max(map(len, said.splitlines())) <= 80
