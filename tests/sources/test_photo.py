import numpy as np
import pytest
from media import in_bits, picture, smooth

from vidstyle.errors import InputError
from vidstyle.image import save_picture
from vidstyle.sources import Reading, is_numbered, is_photo, open_source


def read(path, **reading):
    with open_source(str(path), Reading(**reading)) as source:
        return list(source), source.info, source.lost


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".jpg"])
def test_a_photograph_is_a_video_of_one_frame(tmp_path, suffix):
    options = {".webp": {"lossless": True}, ".jpg": {"quality": 100, "subsampling": 0}}.get(
        suffix, {}
    )
    frames, info, lost = read(picture(tmp_path / f"a{suffix}", **options))
    off = np.abs(frames[0].pixels.astype(int) - in_bits(smooth(48, 64)))
    assert off.max() <= (3 if suffix == ".jpg" else 0)  # a JPEG is coded in YCbCr
    assert (len(frames), info.count, lost) == (1, 1, 0)
    assert (info.width, info.height, info.layout, info.alpha) == (64, 48, "rgb", False)


def test_a_transparent_photograph_has_an_alpha(tmp_path):
    alpha = in_bits(smooth(48, 64))[..., 1]
    save_picture(tmp_path / "a.png", in_bits(smooth(48, 64)), alpha)
    frames, info, _ = read(tmp_path / "a.png")
    assert info.alpha
    assert (frames[0].alpha == alpha).all()


def test_max_pixels_holds_for_photographs(tmp_path):
    with pytest.raises(InputError, match="--max-pixels"):
        read(picture(tmp_path / "a.png"), max_pixels=1000)


@pytest.mark.parametrize(
    ("address", "numbered", "photo"),
    [
        ("a.png", False, True), ("A.JPG", False, True), ("a.mp4", False, False),
        ("f/%05d.png", True, False), ("f/%d.jpg", True, False), ("50%.png", False, True),
        ("%d/a.png", False, True), ("https://host/a.png", False, False), ("a.gif", False, False),
    ],
)  # fmt: skip
def test_names_say_what_is_read(address, numbered, photo):
    assert (is_numbered(address), is_photo(address)) == (numbered, photo)
