"""What a stage of a training lowers: named terms for each step."""

from vidstyle.registry import Table

OBJECTIVES = Table(
    "objective",
    {
        "imitate": "vidstyle.train.objectives.imitate:Imitate",
        "reconstruct": "vidstyle.train.objectives.reconstruct:Reconstruct",
        "adain": "vidstyle.train.objectives.adain:AdaINTerms",
        "adaattn": "vidstyle.train.objectives.adaattn:AdaAttNTerms",
        "perceptual": "vidstyle.train.objectives.perceptual:Perceptual",
        "microast": "vidstyle.train.objectives.microast:MicroASTTerms",
        "stytr2": "vidstyle.train.objectives.stytr2:StyTr2Terms",
        "msgnet": "vidstyle.train.objectives.msgnet:MSGNetTerms",
        "stylebank": "vidstyle.train.objectives.stylebank:StyleBankTerms",
        "wct": "vidstyle.train.objectives.wct:WCTTerms",
        "capvstnet": "vidstyle.train.objectives.capvstnet:CAPVSTNetTerms",
    },
)
