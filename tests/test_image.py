import struct
import zlib

import cv2
import numpy as np
import pytest
import torch
from media import in_bits, picture, smooth
from PIL import Image

from vidstyle.errors import InputError, UsageError
from vidstyle.image import (
    faded,
    over_black,
    pad_to,
    read_picture,
    resize,
    save_picture,
    shrink_to,
)

SMOOTH = in_bits(smooth(48, 64))
PROFILE = b"\x00" * 16 + b"RGB " + b"\x00" * 108  # where an ICC profile says its color space


def off(pixels, wanted):
    return np.abs(pixels.astype(int) - wanted).max()


def bomb(path, width, height):
    """A PNG of 70 bytes that claims a size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    made = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")):
        made += struct.pack(">I", len(data)) + kind + data
        made += struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(made)
    return path


TURNED = {  # EXIF orientation -> how a stored picture is seen
    1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: p[::-1, ::-1], 4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2), 6: lambda p: np.rot90(p, -1),
    7: lambda p: p[::-1, ::-1].transpose(1, 0, 2), 8: lambda p: np.rot90(p),
}  # fmt: skip


@pytest.mark.parametrize("orientation", TURNED)
def test_a_photograph_is_read_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    read = read_picture(picture(tmp_path / "a.png", exif=exif))
    assert off(read.pixels, TURNED[orientation](SMOOTH)) == 0


def test_a_photograph_that_was_turned_says_so_no_more(tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a maker"
    read = read_picture(picture(tmp_path / "a.jpg", exif=exif))
    save_picture(tmp_path / "b.jpg", read.pixels, None, read.extras)
    with Image.open(tmp_path / "b.jpg") as saved:
        assert dict(saved.getexif()) == {0x010F: "a maker"}
        assert saved.size == (48, 64)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_the_color_profile_is_kept(tmp_path, suffix):
    read = read_picture(picture(tmp_path / "a.png", icc_profile=PROFILE))
    save_picture(tmp_path / f"b{suffix}", read.pixels, None, read.extras)
    with Image.open(tmp_path / f"b{suffix}") as saved:
        assert saved.info["icc_profile"] == PROFILE


def test_the_color_profile_of_cmyk_is_not_kept_with_rgb(tmp_path):
    Image.fromarray(SMOOTH).convert("CMYK").save(
        tmp_path / "a.jpg",
        quality=100,
        subsampling=0,
        icc_profile=PROFILE.replace(b"RGB ", b"CMYK"),
    )
    read = read_picture(tmp_path / "a.jpg")
    assert "icc_profile" not in read.extras
    assert off(read.pixels, SMOOTH) <= 3  # a JPEG of best quality is within 3 levels


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_alpha_is_kept(tmp_path, suffix):
    alpha = in_bits(smooth(48, 64))[..., 0]
    save_picture(tmp_path / f"a{suffix}", SMOOTH, alpha)
    read = read_picture(tmp_path / f"a{suffix}")
    assert off(read.alpha, alpha) == 0


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_alpha_is_drawn_over_black_where_it_cannot_be_kept(tmp_path, suffix):
    alpha = np.full((48, 64), 128, np.uint8)
    save_picture(tmp_path / f"a{suffix}", SMOOTH, alpha)
    read = read_picture(tmp_path / f"a{suffix}")
    assert read.alpha is None
    assert off(read.pixels, over_black(SMOOTH, alpha)) <= 4  # JPEG at quality 95


def test_a_png_of_16_bits_is_read_and_written(tmp_path):
    alpha = np.full((48, 64), 200, np.uint8)
    save_picture(tmp_path / "a.png", in_bits(smooth(48, 64), np.uint16), alpha)
    stored = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    read = read_picture(tmp_path / "a.png")
    assert stored.dtype == np.uint16
    assert off(read.pixels, SMOOTH) <= 1  # Pillow drops the low bits, and does not round
    assert (read.alpha == 200).all()


@pytest.mark.parametrize(
    ("mode", "alpha", "limit"),
    [("L", None, 0), ("1", None, 0), ("I;16", None, 0), ("LA", 100, 0), ("P", None, 12)],
)
def test_pictures_of_every_mode_are_read(tmp_path, mode, alpha, limit):
    grey = Image.fromarray(SMOOTH[..., 0])
    if mode == "I;16":
        made = Image.fromarray(SMOOTH[..., 0].astype(np.uint16) * 257)
    elif mode == "P":
        made = Image.fromarray(SMOOTH).quantize(256)
    elif mode == "LA":
        made = Image.merge("LA", [grey, Image.new("L", grey.size, alpha)])
    else:
        made = grey.convert(mode)
    made.save(tmp_path / "a.png")
    read = read_picture(tmp_path / "a.png")
    wanted = SMOOTH if mode == "P" else np.array((grey if mode != "1" else made).convert("RGB"))
    assert off(read.pixels, wanted) <= limit  # 256 colors are coarse
    assert read.alpha is None if alpha is None else (read.alpha == alpha).all()


def test_a_palette_with_a_transparent_color_has_an_alpha(tmp_path):
    made = Image.fromarray(SMOOTH).quantize(16)
    made.save(tmp_path / "a.png", transparency=3)
    read = read_picture(tmp_path / "a.png")
    assert (read.alpha == np.where(np.array(made) == 3, 0, 255)).all()


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_the_first_frame_of_an_animation_is_read(tmp_path, suffix):
    first = Image.fromarray(SMOOTH)
    more = [Image.fromarray(SMOOTH[::-1].copy())]
    options = {"lossless": True} if suffix == ".webp" else {}
    first.save(tmp_path / f"a{suffix}", save_all=True, append_images=more, duration=100, **options)
    assert off(read_picture(tmp_path / f"a{suffix}").pixels, SMOOTH) == 0


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_truncated_picture_is_refused(tmp_path, name):
    path = picture(tmp_path / name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="cannot be read|not a picture"):
        read_picture(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no picture"), (b"", "not a picture"), (b"a text", "not a picture")],
)
def test_what_is_no_picture_is_refused(tmp_path, content, said):
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_picture(tmp_path / "a.png")


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(InputError, match="Is a directory.$"):
        read_picture(tmp_path)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path):
    with pytest.raises(InputError, match="60000x60000 pixels.*--max-pixels"):
        read_picture(bomb(tmp_path / "a.png", 60000, 60000))


def test_an_empty_picture_is_refused(tmp_path):
    with pytest.raises(InputError):
        read_picture(bomb(tmp_path / "a.png", 0, 10))


def test_max_pixels_is_the_last_size_that_is_read(tmp_path):
    path = picture(tmp_path / "a.png")
    assert read_picture(path, 48 * 64).pixels.shape == (48, 64, 3)
    with pytest.raises(InputError, match="more than the 3071"):
        read_picture(path, 48 * 64 - 1)


def test_a_picture_of_unknown_kind_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match="'.xyz'.*Choose from: .bmp"):
        save_picture(tmp_path / "a.xyz", SMOOTH)


def test_a_picture_too_large_for_its_kind_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match="16383"):
        save_picture(tmp_path / "a.webp", np.zeros((20000, 4, 3), np.uint8))
    assert not list(tmp_path.iterdir())


def test_sizes_are_kept_shrunk_and_padded():
    assert resize(SMOOTH, 48, 64) is SMOOTH
    assert shrink_to(SMOOTH, 32).shape == (24, 32, 3)
    assert shrink_to(SMOOTH, 100) is SMOOTH
    assert (pad_to(SMOOTH, 50)[48:, :64] == SMOOTH[-1]).all()


def test_resizing_keeps_a_smooth_picture():
    larger = resize(SMOOTH, 96, 128)
    inner = (slice(4, -4), slice(4, -4))  # edges repeat the last row
    assert off(larger[inner], in_bits(smooth(96, 128))[inner]) <= 3  # pixel centers are moved


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tensors_are_resized_padded_and_faded_as_arrays_are(dtype):
    above, below = (in_bits(smooth(12, 16, phase), dtype) for phase in (0.0, 0.5))
    for change in (
        lambda one, _: resize(one, 5, 7),
        lambda one, _: pad_to(one, 20),
        lambda one, other: faded(one, other, 0.3),
    ):
        found = change(torch.from_numpy(above), torch.from_numpy(below))
        assert np.array_equal(found.numpy(), change(above, below))
