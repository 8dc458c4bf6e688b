"""The styles that visitors choose from, with their thumbnails."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from vidstyle.contracts import Pixels
from vidstyle.live.studio import Studio
from vidstyle.styles import bundled_styles, read_style, squared
from vidstyle.timeline import Mix
from vidstyle.weights import Header

_THUMBNAIL = 192  # pixels a side: 96 on a screen of twice as many


class Gallery:
    """What hangs: the styles that come with vidstyle, or that the network has learned, and those
    that the page was started with.

    A visitor never learns the path of a picture: such a style is called by its file's name.

    Args:
        header: of the network.
        studio: is given the pictures that do not come with vidstyle.
    """

    def __init__(self, header: Header, studio: Studio) -> None:
        self.mixes = header.mixes
        self.reads_pictures = not header.styles
        self._studio = studio
        self._entries: dict[str, dict[str, Any]] = {}
        self._thumbnails: dict[str, bytes] = {}
        for name in header.styles:
            self._entries[name] = {"name": name, "title": _titled(name), "by": ""}
        for style in bundled_styles().values() if self.reads_pictures else ():
            by = f"{style.painter}, {style.year}"
            self._entries[style.name] = {"name": style.name, "title": style.title, "by": by}
            self._thumbnails[style.name] = _thumbnail(read_style(style.name))

    @property
    def styles(self) -> list[str]:
        """All names."""
        return list(self._entries)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """All styles, as the page shows them: "name", "title", "by"."""
        return list(self._entries.values())

    def thumbnail(self, name: str) -> bytes | None:
        """A small JPEG; None where there is no such style, or no picture of it."""
        return self._thumbnails.get(name)

    def hang(self, mix: Mix) -> Mix:
        """Hang what is not there yet; the same mix by the gallery's names."""
        return {self._named(style): share for style, share in mix.items()}

    def _named(self, style: str) -> str:
        if style in self._entries or not self.reads_pictures:
            return style
        picture = read_style(style)
        name = f"own {Path(style).stem}"
        while name in self._entries:
            name += "'"
        self._studio.add(name, picture)
        self._entries[name] = {"name": name, "title": _titled(Path(style).stem), "by": ""}
        self._thumbnails[name] = _thumbnail(picture)
        return name


def _titled(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").capitalize()


def _thumbnail(picture: Pixels) -> bytes:
    side = min(picture.shape[:2])
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    middle = picture[top : top + side, left : left + side]
    buffer = io.BytesIO()
    Pillow.fromarray(squared(middle, _THUMBNAIL)).save(buffer, "JPEG", quality=82)
    return buffer.getvalue()
