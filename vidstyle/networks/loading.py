"""A model's file -> its network, in torch."""

from __future__ import annotations

from typing import cast

from safetensors.torch import load_file
from torch import nn

from vidstyle.contracts import Network
from vidstyle.networks import NETWORKS
from vidstyle.weights import Model


def load_network(model: Model) -> Network:
    """The network of `model` with its weights (stored as fp16 or fp32, loaded as fp32)."""
    network: nn.Module = NETWORKS[model.header.network](**model.header.config)
    network.load_state_dict({key: tensor.float() for key, tensor in load_file(model.path).items()})
    return cast(Network, network.eval().requires_grad_(False))
