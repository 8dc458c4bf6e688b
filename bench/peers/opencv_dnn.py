"""Fast neural style by OpenCV's dnn, frame by frame.

After samples/dnn/fast_neural_style.py of https://github.com/opencv/opencv, which shows frames in a
window; here they are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
from peers import opencv_video


def stylize(clip: str, style: str, out: str) -> Iterator[None]:
    """Draw `clip` by the network in the ONNX file `style`; yields after each frame."""
    network = cv2.dnn.readNetFromONNX(style)
    return opencv_video.drawn(clip, out, partial(draw, network))


def draw(network: cv2.dnn.Net, frame: np.ndarray) -> np.ndarray:
    """A drawing of `frame`; both are BGR, uint8 [H, W, 3]."""
    network.setInput(cv2.dnn.blobFromImage(frame, swapRB=True))
    image = network.forward()[0, ::-1].transpose(1, 2, 0)
    return np.clip(image, 0, 255).astype(np.uint8)
