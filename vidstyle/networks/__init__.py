"""The style networks by name."""

from vidstyle.registry import Table

NETWORKS = Table(
    "network",
    {
        "swift": "vidstyle.networks.swift:Swift",
        "microast": "vidstyle.networks.microast:MicroAST",
        "adain": "vidstyle.networks.adain:AdaIN",
    },
)
