"""Opening a video so that NVDEC, the decoder of NVIDIA's GPUs, decodes it into GPU memory."""

from __future__ import annotations

import logging

import torch
from av.codec.hwaccel import HWAccel
from av.container import InputContainer

from vidstyle.avfile import open_video
from vidstyle.errors import InputError

log = logging.getLogger(__name__)


def open_on_gpu(address: str, device: str) -> InputContainer | None:
    """The video at `address`, decoded on `device` where the GPU knows the codec.

    None where FFmpeg cannot use the GPU; what is wrong with the video itself, the next try says.
    """
    index = torch.device(device).index or 0
    # FFmpeg works in torch's own context. By itself it would ask for the device's primary one with
    # flags of its own, and be refused, since torch has taken it with others.
    accelerator = HWAccel(
        "cuda", index, allow_software_fallback=True, is_hw_owned=True,
        options={"primary_ctx": "0", "current_ctx": "1"},
    )  # fmt: skip
    try:
        with torch.cuda.device(index):
            torch.cuda.synchronize()  # from here on torch's context is this thread's
            return open_video(address, accelerator=accelerator)
    except (RuntimeError, AssertionError, InputError) as error:
        log.debug("NVDEC cannot be used on %s: %s", device, error)
        return None
