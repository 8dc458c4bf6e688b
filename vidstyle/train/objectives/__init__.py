"""What a stage of a training lowers: named terms for each step."""

from vidstyle.registry import Table

OBJECTIVES = Table(
    "objective",
    {
        "imitate": "vidstyle.train.objectives.imitate:Imitate",
        "perceptual": "vidstyle.train.objectives.perceptual:Perceptual",
    },
)
