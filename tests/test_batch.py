"""A folder of photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes import FakeStylizer
from media import picture
from PIL import Image

from vidstyle import batch
from vidstyle.errors import InputError, OutputExists, PartialResult, UsageError
from vidstyle.job import Job


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(batch, "load_stylizer", lambda _: FakeStylizer())
    (tmp_path / "photos").mkdir()
    picture(tmp_path / "photos" / "a.png", 40, 50)
    picture(tmp_path / "photos" / "b.jpg", 30, 20)
    (tmp_path / "photos" / "notes.txt").write_text("no photograph")
    return tmp_path / "photos"


def run(source: Path, sink: Path, **more: Any) -> batch.FolderSummary:
    return batch.run_folder(Job(str(source), str(sink), "ink", **more))


def test_each_photograph_keeps_its_name_and_size(photos: Path, tmp_path: Path) -> None:
    assert run(photos, tmp_path / "a" / "new").photographs == 2
    for name, size in (("a.png", (50, 40)), ("b.jpg", (20, 30))):
        with Image.open(tmp_path / "a" / "new" / name) as drawn:
            assert drawn.size == size


def test_photographs_that_are_there_are_refused(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "new")
    (tmp_path / "new" / "a.png").unlink()
    with pytest.raises(OutputExists, match="1 of 2 photographs"):
        run(photos, tmp_path / "new")
    assert not (tmp_path / "new" / "a.png").exists()
    run(photos, tmp_path / "new", overwrite=True)
    assert (tmp_path / "new" / "a.png").exists()


def test_a_bad_photograph_stops_no_other(photos: Path, tmp_path: Path) -> None:
    (photos / "aa.png").write_text("no picture")
    with pytest.raises(PartialResult, match=r"1 of 3 .*: aa.png"):
        run(photos, tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.png", "b.jpg"]


def test_a_folder_of_bad_photographs_leaves_nothing(photos: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.jpg"):
        (photos / name).write_text("no picture")
    with pytest.raises(InputError, match="2 of 2"):
        run(photos, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("sink", ["photos", "photos/../photos", "o.mp4", "-"])
def test_an_output_that_is_no_other_folder_is_refused(
    photos: Path, tmp_path: Path, sink: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        run(photos, Path(sink))
