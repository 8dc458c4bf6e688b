"""A camera that Zoom, OBS and browsers can pick, showing live pictures."""

from __future__ import annotations

import sys
from typing import Any

import pyvirtualcam

from vidstyle.errors import DeviceError, VidstyleError
from vidstyle.live.outlets import Shown
from vidstyle.sources.sound import Heard

_HOW = {
    "linux": "load the kernel's module: sudo modprobe v4l2loopback exclusive_caps=1",
    "darwin": "install OBS 30 or newer, and start its virtual camera once",
    "win32": "install OBS, which brings one",
}


class VirtualCamera:
    """What is written there is seen by programs that watch a camera.

    Args:
        device: of several, such as "/dev/video2" or "OBS Virtual Camera"; None: the first.
    """

    name, waiting = "camera", 1

    def __init__(self, device: str | None = None) -> None:
        self._device = device

    def open(self, height: int, width: int, fps: float, heard: Heard | None = None) -> None:
        """Take the device; it has no sound.

        Raises:
            DeviceError: there is none; the message says how to get one.
        """
        try:
            self._camera: Any = pyvirtualcam.Camera(width, height, fps, device=self._device)
        except (RuntimeError, OSError) as error:
            how = _HOW.get(sys.platform, _HOW["linux"])
            why = str(error).splitlines()[0].rstrip(".")
            raise DeviceError(f"There is no virtual camera ({why}): {how}.") from None

    def write(self, shown: Shown) -> None:
        """Show the next picture."""
        try:
            self._camera.send(shown.pixels)
        except RuntimeError as error:
            raise VidstyleError(f"The virtual camera is gone: {error}.") from None

    def close(self) -> None:
        """Give the device back."""
        self._camera.close()
