"""How busy an NVIDIA GPU is, and what it uses, as the driver's management library tells."""

from __future__ import annotations

import ctypes
import os
from typing import Self

from vidstyle.runtimes.cuda import MANAGEMENT


class Nvml:
    """One GPU. Made by `open`."""

    def __init__(self, library: ctypes.CDLL, gpu: ctypes.c_void_p) -> None:
        self._library, self._gpu = library, gpu

    @classmethod
    def open(cls, place: int) -> Self | None:
        """The GPU that programs call cuda:`place`; None where it cannot be found out.

        NVML counts in the order of the slots, CUDA the fastest first: of unlike GPUs it may be
        another one, unless CUDA_DEVICE_ORDER=PCI_BUS_ID.
        """
        try:
            library = ctypes.CDLL(MANAGEMENT)
        except OSError:
            return None
        gpu = ctypes.c_void_p()
        names = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        name = names[place].strip() if place < len(names) and names[place].strip() else str(place)
        if library.nvmlInit_v2() != 0:
            return None
        if name.isdecimal():
            failed = library.nvmlDeviceGetHandleByIndex_v2(int(name), ctypes.byref(gpu))
        else:
            failed = library.nvmlDeviceGetHandleByUUID(name.encode(), ctypes.byref(gpu))
        return None if failed else cls(library, gpu)

    def busy(self) -> float:
        """Share of the last moments in which it computed."""
        rates = (ctypes.c_uint * 2)()  # of computing and of memory, in percent
        self._library.nvmlDeviceGetUtilizationRates(self._gpu, ctypes.byref(rates))
        return rates[0] / 100

    def memory(self) -> int:
        """Bytes that are taken, by whomever."""
        sizes = (ctypes.c_ulonglong * 3)()  # in all, free, taken
        self._library.nvmlDeviceGetMemoryInfo(self._gpu, ctypes.byref(sizes))
        return sizes[2]

    def joules(self) -> float | None:
        """Since the driver was loaded; None of GPUs that do not tell."""
        found = ctypes.c_ulonglong()
        failed = self._library.nvmlDeviceGetTotalEnergyConsumption(self._gpu, ctypes.byref(found))
        return None if failed else found.value / 1000
