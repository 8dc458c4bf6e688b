"""NVIDIA GPUs, as the driver itself tells of them: no package is needed, and none is loaded."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass

from vidstyle.errors import DeviceError

_WINDOWS = sys.platform == "win32"
_DRIVER = "nvcuda.dll" if _WINDOWS else "libcuda.so.1"
MANAGEMENT = "nvml.dll" if _WINDOWS else "libnvidia-ml.so.1"  # NVML
_NO_DEVICE = 100  # CUDA_ERROR_NO_DEVICE
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, _MINOR


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA GPU."""

    name: str
    memory: int  # bytes
    compute_capability: str  # "9.0"


@dataclass(frozen=True)
class Driver:
    """What NVIDIA's driver says of itself and its GPUs."""

    version: str  # "580.82.07"; "" where it does not say
    cuda: str  # the newest CUDA that it runs: "13.0"
    gpus: tuple[Gpu, ...]  # "cuda:0" is the first


def has_gpu() -> bool:
    """Whether the driver counts at least one GPU."""
    try:
        library = _started()
    except DeviceError:
        return False
    return library is not None and _count(library) > 0


def driver() -> Driver | None:
    """The driver; None where there is none.

    Raises:
        DeviceError: it is there and does not start.
    """
    library = _started()
    if library is None:
        return None
    number = ctypes.c_int(0)
    library.cuDriverGetVersion(ctypes.byref(number))  # 13000 for 13.0
    cuda = f"{number.value // 1000}.{number.value % 1000 // 10}"
    gpus = tuple(_gpu(library, place) for place in range(_count(library)))
    return Driver(_version(), cuda, gpus)


def _started() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(_DRIVER)
    except OSError:
        return None
    code = library.cuInit(0)
    if code not in (0, _NO_DEVICE):
        name = ctypes.c_char_p()
        library.cuGetErrorName(code, ctypes.byref(name))
        said = (name.value or b"an unknown error").decode()
        raise DeviceError(f"NVIDIA's driver does not start: {said} ({code}).")
    return library


def _count(library: ctypes.CDLL) -> int:
    count = ctypes.c_int(0)
    library.cuDeviceGetCount(ctypes.byref(count))  # fails, and leaves 0, where there is none
    return count.value


def _gpu(library: ctypes.CDLL, place: int) -> Gpu:
    device, memory = ctypes.c_int(0), ctypes.c_size_t(0)
    library.cuDeviceGet(ctypes.byref(device), place)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    name = ctypes.create_string_buffer(256)
    library.cuDeviceGetName(name, len(name), device)
    numbers = []
    for attribute in (_MAJOR, _MINOR):
        number = ctypes.c_int(0)
        library.cuDeviceGetAttribute(ctypes.byref(number), attribute, device)
        numbers.append(str(number.value))
    return Gpu(name.value.decode(), memory.value, ".".join(numbers))


def _version() -> str:
    """The driver's own version, which another of its libraries knows."""
    text = ctypes.create_string_buffer(80)
    try:
        library = ctypes.CDLL(MANAGEMENT)
    except OSError:
        return ""
    if library.nvmlInit_v2() == 0:
        library.nvmlSystemGetDriverVersion(text, len(text))
        library.nvmlShutdown()
    return text.value.decode()
