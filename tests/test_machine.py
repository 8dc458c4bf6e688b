"""The machine, as its system tells of it, is the one that others see."""

import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest
import torch

from vidstyle import machine
from vidstyle.runtimes.openvino import OpenVINO

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_instruction_sets_are_those_that_torch_sees():
    sets = machine.instruction_sets()
    assert ("AVX2" in sets) == torch.cpu._is_avx2_supported()
    assert ("AVX-512" in sets) == torch.cpu._is_avx512_supported()
    assert ("AMX" in sets) == torch.cpu._is_amx_tile_supported()


@on_linux
def test_bf16_is_told_where_openvino_computes_in_it():
    computes = OpenVINO().best_precision("cpu") == "bf16"
    assert computes <= ("bf16" in machine.instruction_sets())


@on_linux
def test_memory_is_all_that_the_system_has():
    total = Path("/proc/meminfo").read_text().split()[1]
    assert machine.memory() == 1024 * int(total)


def test_processor_and_system_have_names():
    assert machine.processor() and "\n" not in machine.processor()
    assert machine.cores() >= 1
    assert len(machine.system().split(", ")) >= 2


@on_linux
def test_a_processor_without_a_name_is_called_by_its_kind(monkeypatch):
    monkeypatch.setattr(machine, "_cpuinfo", lambda: {"Features": "fp asimd bf16 sve"})
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    assert machine.processor() == "aarch64"
    assert machine.instruction_sets() == ("bf16", "NEON", "SVE")


@on_linux
def test_the_cores_work_at_least_as_much_as_this_process():
    before, mine = machine.processor_seconds(), time.process_time()
    while time.process_time() < mine + 0.2:
        pass
    assert machine.processor_seconds() - before > 0.1  # counted in hundredths


@on_linux
def test_peak_memory_grows_with_what_is_held():
    """In a process of its own, since this one may have held gigabytes."""
    script = """
        from vidstyle.machine import peak_memory

        before = peak_memory()
        held = bytearray(2 * before)
        held[::4096] = b"x" * len(held[::4096])
        print(peak_memory() / before)
    """
    done = subprocess.run([sys.executable, "-c", dedent(script)], capture_output=True, check=True)
    assert float(done.stdout) > 2
