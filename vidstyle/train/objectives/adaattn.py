"""Draw each place by those points of the style that resemble it."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vidstyle.networks.adaattn import LAYERS
from vidstyle.train.losses import attended, feature_loss, similarity_loss
from vidstyle.train.objectives.common import precision
from vidstyle.train.objectives.judged import Features, Judged, Scene
from vidstyle.train.tools import Tools, check_has

_LOCAL_LAYERS = (2, 3)  # relu3_1 and relu4_1, of the loss network
_SIMILAR_LAYERS = (1, 2, 3)  # relu2_1 to relu4_1
_SIMILAR_PLACES = 256  # of each view, for the cross-image similarity
_POINTS = 24  # a side: of a style at relu3_1, what its keys and values are taken of


class _Points(NamedTuple):
    """Features of a style at the points of a coarse lattice, shallow to deep."""

    read: Features  # by the network's encoder: what it attends to
    judged: Features  # by the loss network


class AdaAttNTerms(Judged):
    """The terms of `Judged`, for AdaAttN, and the paper's own.

    local     the drawing's features against the style's points that resemble the photograph's
    similar   how alike places of two views are, in the drawings as in the photographs

    Liu et al., ICCV 2021, https://arxiv.org/abs/2108.03647, equations 10 and 13. The encoder stays
    as it is; what is taught is the attention and the decoder. The paper compares two photographs
    for `similar`; here they are the two views of one, which are drawn anyway.
    """

    terms: ClassVar[tuple[str, ...]] = (*Judged.terms, "local", "similar")

    def __init__(self, tools: Tools) -> None:
        check_has(tools.network, ("encoder", "decoder", "attention"), "adaattn")
        super().__init__(tools)

    def _read(self, image: Tensor, features: Features) -> _Points:
        with precision(self._tools):
            read = self._tools.network.encoder(image, *LAYERS[:3])
        return _Points(_thinned(read), _thinned(features))

    def _draw(self, views: Tensor, reading: _Points) -> Tensor:
        network = self._tools.network
        code = network.attention.encode([layer.float() for layer in reading.read])
        with precision(self._tools):
            drawn: Tensor = network.stylize(views, code)[0]
        return drawn

    def _more(self, scene: Scene, random: np.random.Generator) -> dict[str, Tensor]:
        judged = range(len(scene.seen_again))
        local = [
            feature_loss(
                scene.ours[layer][place : place + 1],
                attended(
                    [maps[place : place + 1] for maps in scene.theirs[: layer + 1]],
                    scene.styles[place].reading.judged[: layer + 1],
                ),
            )
            for place in judged
            for layer in _LOCAL_LAYERS
        ]
        drawn_again = self._tools.losses(scene.drawn_again)
        with torch.no_grad():
            seen_again = self._tools.losses(scene.seen_again)
        similar = []
        for layer in _SIMILAR_LAYERS:
            places = scene.theirs[layer][0, 0].numel()
            chosen = random.integers(0, places, (2, min(places, _SIMILAR_PLACES)))
            once, again = (torch.from_numpy(some) for some in chosen)
            similar.append(
                similarity_loss(
                    scene.ours[layer][: len(judged)].flatten(2)[..., once],
                    drawn_again[layer].flatten(2)[..., again],
                    scene.theirs[layer].flatten(2)[..., once],
                    seen_again[layer].flatten(2)[..., again],
                )
            )
        return {
            "local": torch.cat(local).sum() / len(judged),
            "similar": torch.stack(similar).sum(0).mean(),
        }


def _thinned(features: Features) -> Features:
    """Maps of a square style, all at the same points, in half the memory."""
    strides = (layer.shape[2] // _POINTS for layer in features)
    return tuple(
        layer[..., ::stride, ::stride].to(torch.bfloat16).contiguous()
        for layer, stride in zip(features, strides, strict=True)
    )
