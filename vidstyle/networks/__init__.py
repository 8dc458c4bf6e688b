"""The style networks by name."""

from vidstyle.registry import Table

NETWORKS = Table(
    "network",
    {
        "swift": "vidstyle.networks.swift:Swift",
        "microast": "vidstyle.networks.microast:MicroAST",
        "adain": "vidstyle.networks.adain:AdaIN",
        "adaattn": "vidstyle.networks.adaattn:AdaAttN",
        "adaattn-image": "vidstyle.networks.adaattn:AdaAttNImage",
        "capvstnet": "vidstyle.networks.capvstnet:CAPVSTNet",
        "stytr2": "vidstyle.networks.stytr2:StyTr2",
        "wct": "vidstyle.networks.wct:WCT",
        "msgnet": "vidstyle.networks.msgnet:MSGNet",
        "stylebank": "vidstyle.networks.stylebank:StyleBank",
        "gatys": "vidstyle.networks.gatys:Gatys",
    },
)
