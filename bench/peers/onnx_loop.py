"""The graphs of swift by ONNX Runtime in the loop that one writes first.

OpenCV reads, numpy converts, ONNX Runtime draws with its own settings, OpenCV writes, and each
waits for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import onnxruntime
from peers import opencv_video

from vidstyle.weights import find_model


def stylize(clip: str, style: str, out: str) -> Iterator[None]:
    """Draw `clip` in the picture `style`; yields after each frame."""
    draw = painter(cv2.imread(style))
    return opencv_video.drawn(clip, out, draw)


def painter(style: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """What draws a frame in `style`: all are BGR, uint8 [H, W, 3]."""
    encode, draw = (session(function) for function in ("encode", "stylize"))
    code = encode.run(None, {encode.get_inputs()[0].name: image(style)})
    names = [port.name for port in draw.get_inputs()]

    def drawn(frame: np.ndarray) -> np.ndarray:
        (found,) = draw.run(None, dict(zip(names, [image(frame), *code], strict=True)))
        pixels = np.rint(np.clip(found[0], 0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(pixels.transpose(1, 2, 0)[..., ::-1])

    return drawn


def session(function: str) -> onnxruntime.InferenceSession:
    """A graph of swift, "encode" or "stylize", on the CPU."""
    path = find_model("swift").graph(function).function
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def image(frame: np.ndarray) -> np.ndarray:
    """BGR, uint8 [H, W, 3], as RGB in 0..1, float32 [1, 3, H, W]."""
    return frame[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
