"""The settings of a run."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidstyle.contracts import VideoInfo
from vidstyle.errors import InputError, OutputExists, UsageError
from vidstyle.folders import packaged
from vidstyle.job import Job, parse_size, parse_time, read_job, save_job

FULL = Job(
    "in.mp4", "out.mp4", "ink", "adain", 0.5, "torch", "cpu", "fp32", "0:01", "0:02.5", "64x48",
    True, "h264", 20.5, "slow", "8M", "yuv420p", False, True, 24.0, "64x48", 0.5, 1000,
    ("0:05=mosaic", "0:07=ink:2"), 0.5, 512, "match", ("sky.png=ink", "face.mp4"), 4.0, "720p",
    "full", True, "vgg.pth", "adam", 10, "now.png",
)  # fmt: skip


def test_a_saved_job_comes_back(tmp_path: Path) -> None:
    assert all(getattr(FULL, field.name) is not None for field in fields(Job))
    for job in (FULL, Job("in.mp4", "out.mp4", "ink")):
        save_job(job, tmp_path / f"{job.network}.toml")
        assert read_job(tmp_path / f"{job.network}.toml") == job


def test_what_is_typed_stands_before_the_file(tmp_path: Path) -> None:
    save_job(FULL, tmp_path / "job.toml")
    assert read_job(tmp_path / "job.toml", strength=0.25).strength == 0.25


def test_a_job_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_text("keep")
    with pytest.raises(OutputExists):
        save_job(Job("in.mp4", "out.mp4", "ink"), tmp_path / "job.toml")
    assert (tmp_path / "job.toml").read_text() == "keep"


def test_the_example_names_every_setting() -> None:
    path = packaged("configs") / "jobs" / "example.toml"
    assert read_job(path) == Job("in.mp4", "out.mp4", "starry-night")
    text = path.read_text()
    assert all(f"{field.name} = " in text for field in fields(Job))
    written = [line.removeprefix("# ") for line in text.splitlines() if " = " in line]
    assert all(line.split(" = ")[0] in Job.__dataclass_fields__ for line in written)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strenght = 1", "Did you mean 'strength'"),
        ("strength = 'much'", "cannot be 'much'"),
        ("strength = true", "cannot be True"),
        ("audio = 1", "cannot be 1"),
        ("max_pixels = 1.5", "cannot be 1.5"),
        ("strength = 2", "got 2"),
        ("style = 'ink'", "does not say: source, sink"),
    ],
)
def test_a_job_that_cannot_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "job.toml").write_text(text)
    needed = {} if "style" in text else {"source": "a", "sink": "b", "style": "c"}
    with pytest.raises(UsageError, match=said):
        read_job(tmp_path / "job.toml", **needed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strength = 0.5", "No style is given"),
        ("style = ['ink', 1]", r"cannot be \['ink', 1\]"),
        ("style = 'ink:-1'", "STYLE:WEIGHT"),
        ("style_at = 'ink'", "TIME=STYLE"),
        ("style_at = ['soon=ink']", "is a time"),
        ("style = 'ink'\nfade = -1", "--fade is 0 to 3600"),
        ("style = 'ink'\nstyle_size = 32", "--style-size is 64 to 8192"),
        ("style = 'ink'\nstyle_size = 400.5", "cannot be 400.5"),
        ("style = 'ink'\nkeep_color = 'all'", "luminance or match"),
        ("style = 'ink'\nmask = '=ink'", "FILE=STYLE"),
        ("style = 'ink'\nfeather = nan", "--feather is 0 to 1000"),
        ("style = 'ink'\nmax_size = 'small'", "A size is"),
    ],
)
def test_styles_and_regions_that_cannot_be_are_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "job.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        read_job(tmp_path / "job.toml", source="a", sink="b")


@pytest.mark.parametrize("content", [b"= nonsense", b"\xff\xfe"])
def test_a_file_that_is_no_job_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "job.toml").write_bytes(content)
    with pytest.raises(InputError):
        read_job(tmp_path / "job.toml")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("12.5", Fraction(25, 2)), ("1:30", 90), ("1:00:00.04", Fraction(90001, 25))],
)
def test_times(text: str, seconds: Any) -> None:
    assert parse_time("--start", text) == seconds


@given(st.integers(0, 10**6), st.integers(0, 999))
def test_every_time_is_exact(seconds: int, milliseconds: int) -> None:
    text = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds:03d}"
    assert parse_time("--start", text) == seconds + Fraction(milliseconds, 1000)


@pytest.mark.parametrize("text", ["", "x", "1:2:3:4", "-1", "1e3", "nan", "1:", ":1"])
def test_no_times(text: str) -> None:
    with pytest.raises(UsageError):
        parse_time("--start", text)


def test_sizes() -> None:
    assert parse_size("1280x720") == (720, 1280)
    assert parse_size("720p") == (720, None)
    for text in ("720", "1280x720p", "x720", "0x0", "99999p", "1280X720"):
        with pytest.raises(UsageError):
            parse_size(text)


def test_a_height_alone_keeps_the_shape() -> None:
    info = Job("a", "b", "c", size="360p").output_info(VideoInfo(1920, 1080))
    assert (info.width, info.height, info.sample_aspect) == (640, 360, 1)


def test_another_shape_is_shown_in_the_old_one() -> None:
    info = Job("a", "b", "c", size="100x100").output_info(VideoInfo(200, 100))
    assert (info.width, info.height, info.sample_aspect) == (100, 100, 2)


def test_side_by_side_is_twice_as_wide() -> None:
    assert Job("a", "b", "c", side_by_side=True).output_info(VideoInfo(64, 48)).width == 128


def test_several_styles_may_be_a_list(tmp_path: Path) -> None:
    path = tmp_path / "job.toml"
    path.write_text("source = 'a'\nsink = 'b'\nstyle = ['ink:3', 'mosaic']")
    timeline = read_job(path).timeline
    assert timeline is not None and timeline.at(0) == {"ink": 0.75, "mosaic": 0.25}


def test_without_a_first_style_the_earliest_is_seen_from_the_start() -> None:
    timeline = Job("a", "b", style_at=("0:05=mosaic", "0:02=ink")).timeline
    assert timeline is not None and timeline.keys == ((0.0, {"ink": 1.0}), (5.0, {"mosaic": 1.0}))


def test_frames_keep_their_shape_within_the_largest_size() -> None:
    job = Job("a", "b", "ink", max_size="640x640")
    assert job.working_size(1080, 1920) == (360, 640)
    assert job.working_size(300, 500) == (300, 500)
    assert Job("a", "b", "ink", max_size="540p").working_size(1080, 1920) == (540, 960)
