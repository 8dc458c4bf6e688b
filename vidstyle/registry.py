"""Names that people type, and the file that is loaded when they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from vidstyle.errors import MissingPackage, UnknownName


class Table(Mapping[str, Any]):
    """A read-only name -> object table whose rows are imported on first use.

    One row is ``name: "module:attribute"`` or ``name: "module:attribute [extra]"``, where
    `extra` is the optional dependency that the module needs.
    """

    def __init__(self, kind: str, rows: dict[str, str]) -> None:
        self._kind = kind
        self._rows = rows

    def __getitem__(self, name: str) -> Any:
        if name not in self._rows:  # a KeyError, so that `name in table` works
            raise UnknownName(self._kind, name, self._rows)
        module, attribute, extra = self.row(name)
        try:
            return getattr(import_module(module), attribute)
        except ModuleNotFoundError as missing:
            if (missing.name or "").startswith("vidstyle"):
                raise
            raise MissingPackage(
                f"{self._kind.capitalize()} {name!r} needs the package {missing.name!r}: "
                f"pip install 'vidstyle{extra}'."
            ) from missing

    def row(self, name: str) -> tuple[str, str, str]:
        """Module, attribute and, as "[extra]" or "", extra of a row; nothing is imported."""
        target, _, extra = self._rows[name].partition(" ")
        module, attribute = target.split(":")
        return module, attribute, extra

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
