"""Photographs and numbered pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeStylizer
from media import clip, picture
from PIL import Image, ImageCms

from vidstyle.contracts import Frame, VideoInfo
from vidstyle.errors import UsageError
from vidstyle.job import Job
from vidstyle.session import run
from vidstyle.sinks import check_output, open_sink
from vidstyle.sinks.codecs import Encoding


def through(source: Path, sink: Path) -> None:
    run(Job(str(source), str(sink), "ink"), stylizer=FakeStylizer())


def test_a_photograph_keeps_its_profile_and_stands_upright(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"  # turned by a quarter; the maker
    picture(tmp_path / "in.jpg", 48, 64, exif=exif, icc_profile=profile, dpi=(300, 300))
    through(tmp_path / "in.jpg", tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as drawn:
        assert drawn.size == (48, 64)
        assert drawn.info["icc_profile"] == profile
        assert drawn.getexif().get(0x0112, 1) == 1
        assert drawn.getexif()[0x010F] == "camera"


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tiff"])
def test_a_photograph_keeps_its_alpha(tmp_path: Path, suffix: str) -> None:
    pixels = np.full((20, 30, 4), 90, np.uint8)
    pixels[:10, :, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "in.png")
    through(tmp_path / "in.png", tmp_path / f"out{suffix}")
    with Image.open(tmp_path / f"out{suffix}") as drawn:
        assert np.array_equal(np.asarray(drawn)[..., 3], pixels[..., 3])


def test_a_photograph_becomes_a_video_of_one_frame(tmp_path: Path) -> None:
    through(picture(tmp_path / "in.png"), tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").stat().st_size


def test_a_clip_becomes_numbered_pictures_and_a_clip_again(tmp_path: Path) -> None:
    through(clip(tmp_path / "in.mp4", frames=5), tmp_path / "p%03d.png")
    assert sorted(p.name for p in tmp_path.glob("*.png")) == [f"p{n:03d}.png" for n in range(1, 6)]
    through(tmp_path / "p%03d.png", tmp_path / "again.mkv")


def test_a_percent_sign_in_a_folder_is_no_number(tmp_path: Path) -> None:
    folder = tmp_path / "100%d"
    folder.mkdir()
    through(clip(tmp_path / "in.mp4", frames=2), folder / "50%-%d.png")
    assert sorted(path.name for path in folder.iterdir()) == ["50%-1.png", "50%-2.png"]


def test_older_pictures_are_named_not_deleted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    older = picture(tmp_path / "p9.png")
    job = Job(str(clip(tmp_path / "in.mp4")), str(tmp_path / "p%d.png"), "ink", overwrite=True)
    (tmp_path / "p10.png").write_bytes(older.read_bytes())
    (tmp_path / "p11.png").write_bytes(older.read_bytes())
    run(job, stylizer=FakeStylizer())
    assert (tmp_path / "p11.png").exists()
    assert "1 older pictures" in caplog.text


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_numbered_png_keep_every_bit(tmp_path: Path, dtype: type) -> None:
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 7, 3), dtype)
    with open_sink(str(tmp_path / "p%d.png"), VideoInfo(7, 9), Encoding()) as sink:
        sink.write(Frame(pixels, Fraction(0), None, 0))
    import cv2

    read = cv2.imread(str(tmp_path / "p1.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(read[..., ::-1], pixels)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("o", "no kind of file"),
        ("o.xyz", "no kind of file"),
        ("o%03d.mp4", "a kind of picture"),
        ("no/o.mp4", "no folder"),
    ],
)
def test_places_that_cannot_be_written_are_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_output(str(tmp_path / name))
