"""Styles in the colors of what is seen: recolored when they are chosen, and at each new scene."""

from __future__ import annotations

from collections.abc import Collection

from vidstyle.contracts import Pixels
from vidstyle.live.studio import Studio
from vidstyle.timeline import Mix


class Matching:
    """The names by which a studio knows recolored styles, for one who draws.

    Args:
        studio: recolors and reads them.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._names: dict[str, str] = {}  # of the styles that are wished
        self._all: set[str] = set()  # that the studio knows
        self._outdated = False  # the content has other colors since

    def mix(self, styles: Mix, content: Pixels, new: bool, seen: Collection[str]) -> Mix:
        """The mix by those names.

        Args:
            styles: by their own names.
            content: uint8 [H, W, 3], whose colors are taken.
            new: whether it begins a scene.
            seen: what has been read; while anything else is awaited, the colors stay.
        """
        self._outdated = self._outdated or new
        if self._outdated and all(name in seen for name in self._names.values()):
            self._names, self._outdated = {}, False
        self._names = {
            style: self._names.get(style) or self._studio.in_colors_of(content, style)
            for style in styles
        }
        self._all.update(self._names.values())
        return {self._names[style]: share for style, share in styles.items()}

    def end(self) -> None:
        """What is wished next takes the colors of then."""
        self._names = {}

    def forget_all_but(self, seen: Collection[str]) -> None:
        """Have the studio keep nothing that is neither seen nor wished."""
        for name in self._all - {*seen, *self._names.values()}:
            self._studio.forget(name)
            self._all.discard(name)
