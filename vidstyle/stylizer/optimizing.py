"""A network that draws by optimization: step by step, in torch, as it is."""

from __future__ import annotations

import logging
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from vidstyle.contracts import (
    Frame,
    HostArray,
    Look,
    Memory,
    OnStep,
    Pixels,
    Precision,
    Step,
    StyleCode,
    VideoInfo,
)
from vidstyle.errors import UnknownName, UsageError
from vidstyle.image import pad_to, resize
from vidstyle.networks.descent import OPTIMIZERS
from vidstyle.networks.gatys import Gatys
from vidstyle.networks.loading import load_network
from vidstyle.networks.lossnet import load_loss_network
from vidstyle.runtimes import choose
from vidstyle.runtimes.torch import Torch, find_device
from vidstyle.sinks.pictures import PhotoSink
from vidstyle.stylizer.reading import Drawing, Stylizer
from vidstyle.weights import Model

log = logging.getLogger(__name__)

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Optimizing(Stylizer):
    """Draws step by step; a frame begins with the drawing of the one before.

    Args:
        model: what the network was loaded from.
        reader: the file with the weights that it compares by.
        network: on its device and in its precision.
        device: by name.
        precision: of the features; the pixels are float32.
        progress_picture: where the drawing so far is kept; None for nowhere.
    """

    def __init__(
        self,
        model: Model,
        reader: Path,
        network: Gatys,
        device: str,
        precision: Precision,
        progress_picture: Path | None = None,
    ) -> None:
        super().__init__(model, reader, "torch", device, precision)
        self._network, self._progress_picture = network, progress_picture

    def prepare(self, info: VideoInfo) -> None:
        """Nothing is made ready: every size is drawn alike."""

    def draw(
        self, pixels: Pixels, look: Look, memory: Memory = (), on_step: OnStep | None = None
    ) -> tuple[Pixels, Memory]:
        """Draw a frame after the one that gave `memory`, an Image of it and one of its drawing."""
        if look.strength == 0:
            return pixels, ()
        height, width = pixels.shape[:2]

        def tell(step: Step) -> None:
            if self._progress_picture is not None:
                shown = _pixels(cast(Tensor, step.image), np.uint8)
                _save(resize(shown, height, width), self._progress_picture)
            if on_step is not None:
                on_step(step)

        image, kept = self._network.stylize(
            self._image(pad_to(pixels, self._smallest)),
            tuple(torch.as_tensor(part).to(self.device) for part in look.code),
            torch.tensor([look.strength]),
            cast(tuple[Tensor, ...], memory),
            tell,
        )
        return _pixels(image, pixels.dtype)[:height, :width], kept

    def _encode(self, style: HostArray) -> StyleCode:
        return tuple(gram.cpu().numpy() for gram in self._network.encode(self._image(style)))

    def _image(self, pixels: Pixels) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(pixels)).to(self.device)
        return tensor.permute(2, 0, 1)[None].float() / np.iinfo(pixels.dtype).max


def load_optimizing(model: Model, drawing: Drawing) -> Optimizing:
    """The stylizer for a network that optimizes, on the device that suits.

    Raises:
        UsageError: a runtime, precision, optimizer or number of steps that cannot be.
        InputError: a file that is no VGG-19.
        DeviceError: a device that cannot be had.
    """
    if drawing.runtime not in ("auto", "torch"):
        raise UsageError(
            f"{model.name} draws by optimization, in --runtime torch alone; got "
            f"{drawing.runtime!r}."
        )
    _, device = choose("torch", drawing.device)
    best: Precision = "fp32" if Torch().best_precision(device) == "fp32" else "bf16"
    precision: Any = best if drawing.precision == "auto" else drawing.precision
    model.check_precision(precision)
    if drawing.steps is not None and drawing.steps < 1:
        raise UsageError(f"--steps is at least 1; got {drawing.steps}.")
    if drawing.optimizer is not None and drawing.optimizer not in OPTIMIZERS:
        raise UnknownName("optimizer", drawing.optimizer, OPTIMIZERS)
    given = {"steps": drawing.steps, "optimizer": drawing.optimizer}
    config = model.header.config | {key: value for key, value in given.items() if value is not None}
    made: Any = load_network(replace(model, header=replace(model.header, config=config)))
    network: Gatys = made
    reader = model.path
    if drawing.vgg is not None:
        reader = Path(drawing.vgg)
        network.losses = load_loss_network(reader, None)
    network.to(find_device(device), _DTYPES[precision])
    log.info("Drawing with %s: torch on %s in %s.", model.name, device, precision)
    picture = None if drawing.progress_picture is None else Path(drawing.progress_picture)
    return Optimizing(model, reader, network, device, precision, picture)


def _pixels(image: Tensor, dtype: Any) -> Pixels:
    """An Image [1, 3, H, W] as Pixels of that number format."""
    scaled = (image[0] * np.iinfo(dtype).max).round().permute(1, 2, 0)
    return np.ascontiguousarray(scaled.cpu().numpy().astype(dtype))


def _save(pixels: Pixels, path: Path) -> None:
    with PhotoSink(path, VideoInfo(pixels.shape[1], pixels.shape[0])) as sink:
        sink.write(Frame(pixels, Fraction(0), None, 0))
