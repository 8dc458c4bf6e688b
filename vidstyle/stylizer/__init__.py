"""From a network's name to what draws with it: a style is read once, then any frame is drawn."""

from __future__ import annotations

from vidstyle.stylizer.compiled import load_compiled
from vidstyle.stylizer.reading import Drawing, Stylizer
from vidstyle.weights import find_model

__all__ = ["Drawing", "Stylizer", "load_stylizer"]


def load_stylizer(drawing: Drawing) -> Stylizer:
    """The stylizer for a network by name, on the runtime and device that suit.

    Raises:
        UnknownName: of a network or runtime.
        UsageError: an option that the network does not have.
        VidstyleError: weights that are not here, a device or precision that cannot be had.
    """
    model = find_model(drawing.network)
    if not model.header.optimizes:
        return load_compiled(model, drawing)
    from vidstyle.stylizer.optimizing import load_optimizing  # it loads torch

    return load_optimizing(model, drawing)
