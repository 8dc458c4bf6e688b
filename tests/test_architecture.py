"""Imports point down: the floors of docs/architecture.md."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "vidstyle"
FLOORS = [
    {"errors"},
    {"contracts", "registry", "folders", "machine", "trial"},
    {"image", "avfile", "tonemap", "weights", "checkpoints", "codes", "yuv", "transfer"},
    {
        "avframe",
        "avcodecs",
        "planes",
        "styles",
        "timeline",
        "keep_color",
        "export",
        "contact_sheet",
        "alignment",
    },
    {"job", "avtensor"},
    {"temporal"},
    {"networks", "runtimes", "sources", "sinks", "pipeline"},
    {"stylizer", "masks", "train", "fetching"},
    {"direction"},
    {"session", "comparison", "live"},
    {"api", "batch", "sheet", "web", "bench"},
    {"plan", "facts"},
    {"cli"},
    {"__main__", "__init__"},
]
FLOOR = {part: number for number, parts in enumerate(FLOORS) for part in parts}
FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_parts(file: Path) -> Iterator[str]:
    """The parts of vidstyle that `file` imports, at any depth of nesting."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("vidstyle."))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_only_point_down(file):
    here = part_of(file)
    for there in imported_parts(file):
        assert there == here or FLOOR[there] < FLOOR[here], f"{here} may not import {there}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_file_says_what_it_is_in_its_first_line(file):
    assert ast.get_docstring(ast.parse(file.read_text("utf-8")))


def test_every_folder_of_modules_is_installed():
    listed = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))
    folders = {file.parent.relative_to(PACKAGE.parent) for file in FILES}
    assert {".".join(folder.parts) for folder in folders} <= set(
        listed["tool"]["setuptools"]["packages"]
    )
