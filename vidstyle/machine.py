"""The machine at hand, as its system tells of it: processor, memory, and the system itself."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

# What decides how fast networks are drawn -> what systems call it.
_INSTRUCTIONS = {
    "AVX2": {"avx2", "avx2_0"},
    "AVX-512": {"avx512f"},
    "bf16": {"avx512_bf16", "amx_bf16", "bf16", "feat_bf16"},
    "AMX": {"amx_tile"},
    "NEON": {"asimd", "neon"},
    "SVE": {"sve"},
}
_WINDOWS_FEATURES = {"neon": 19, "avx2": 40, "avx512f": 41}  # PF_… of winnt.h; of bf16 it is silent


def processor() -> str:
    """The processor's name."""
    if sys.platform == "darwin":
        return _sysctl("-n", "machdep.cpu.brand_string").strip()
    if sys.platform == "win32":
        import winreg

        place = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
    return _cpuinfo().get("model name") or platform.machine()  # ARM tells numbers alone


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def instruction_sets() -> tuple[str, ...]:
    """Those that matter here: "AVX2", "AVX-512", "bf16", "AMX", "NEON", "SVE"."""
    flags = _flags()
    return tuple(name for name, theirs in _INSTRUCTIONS.items() if theirs & flags)


def memory() -> int:
    """Bytes of memory in all."""
    if sys.platform == "win32":
        kilobytes = ctypes.c_ulonglong(0)
        ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return 1024 * kilobytes.value
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def peak_memory() -> int | None:
    """Bytes that this process has held at most; None where the system does not tell."""
    if sys.platform == "linux":  # its getrusage counts the memory of the parent, too
        lines = Path("/proc/self/status").read_text().splitlines()
        peaks = (1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        return next(peaks, None)
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes under macOS


def processor_seconds() -> float | None:
    """Seconds that the cores which this process may use have worked, for whomever, since the start.

    None where the system does not tell.
    """
    if sys.platform != "linux":
        return None
    mine = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    worked = 0
    for name, *times in map(str.split, Path("/proc/stat").read_text().splitlines()):
        if name in mine:
            user, nice, system, _, _, interrupts, soft, stolen = map(int, times[:8])
            worked += user + nice + system + interrupts + soft + stolen  # neither idle nor waiting
    return worked / os.sysconf("SC_CLK_TCK")


def system() -> str:
    """The system and its version: "Debian GNU/Linux 12 (bookworm), Linux 6.18.44, x86_64"."""
    name = f"{platform.system()} {platform.release()}, {platform.machine()}"
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {name}"
    except (OSError, KeyError):  # no Linux, or one that does not say
        return f"macOS {release}, {name}" if (release := platform.mac_ver()[0]) else name


def _flags() -> set[str]:
    """What the processor can do, in the system's words."""
    if sys.platform == "darwin":
        rows = (line.partition(": ") for line in _sysctl("hw.optional").splitlines())
        return {name.split(".")[-1].lower() for name, _, value in rows if value == "1"}
    if sys.platform == "win32":
        is_there = ctypes.windll.kernel32.IsProcessorFeaturePresent
        return {name for name, number in _WINDOWS_FEATURES.items() if is_there(number)}
    rows = _cpuinfo()
    return set((rows.get("flags") or rows.get("Features") or "").split())


@lru_cache
def _cpuinfo() -> dict[str, str]:
    """What Linux says of the first core."""
    first, _, _ = Path("/proc/cpuinfo").read_text("utf-8", "replace").partition("\n\n")
    rows = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in rows}


def _sysctl(*words: str) -> str:
    return subprocess.run(["sysctl", *words], capture_output=True, text=True).stdout
