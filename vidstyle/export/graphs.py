"""A network as two graphs: encode reads a style, stylize draws with it."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from torch import Tensor, nn

from vidstyle.contracts import Graph, Network
from vidstyle.weights import Model


class Encode(nn.Module):
    """style [1, 3, H, W] -> the tensors of its code."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, style: Tensor) -> tuple[Tensor, ...]:
        return self.network.encode(style)


class Stylize(nn.Module):
    """content [B, 3, H, W], the tensors of a code, strength [B] -> image [B, 3, H, W]."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor]:
        content, *code, strength = inputs
        image, _ = self.network.stylize(content, tuple(code), strength)
        return (image,)


def graph_of(network: Network, model: Model, function: str) -> Graph:
    """The graph `function` ("encode" or "stylize") of a loaded network."""
    module = {"encode": Encode, "stylize": Stylize}[function](network)
    return replace(model.graph(function), function=cast(nn.Module, module.eval()))
