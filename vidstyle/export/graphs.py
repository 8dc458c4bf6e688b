"""A network as two graphs: encode reads a style, stylize draws with it."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from vidstyle.contracts import Graph, Network
from vidstyle.weights import Model


class Encode(nn.Module):
    """Read a style."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, style: Tensor) -> tuple[Tensor, ...]:
        """Style [1, 3, H, W] -> the tensors of its code."""
        return self.network.encode(style)


class Stylize(nn.Module):
    """Draw in a style."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor]:
        """Content [B, 3, H, W], the tensors of a code -> image [B, 3, H, W].

        Strength [B] comes last where the network has one of its own.
        """
        content, *code = inputs
        strength = code.pop() if self.network.least_strength < 1 else None
        image, _ = self.network.stylize(content, tuple(code), strength)
        return (image,)


def graph_of(network: Network, model: Model, function: str) -> Graph:
    """The graph `function` ("encode" or "stylize") of a loaded network."""
    module = {"encode": Encode, "stylize": Stylize}[function](network)
    return replace(model.graph(function), function=module.eval())
