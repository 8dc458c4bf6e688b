"""Pictures: reading, saving, resizing and padding Pixels."""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from vidstyle.contracts import Alpha, Pixels
from vidstyle.errors import InputError, UsageError

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
MAX_PIXELS = 8192 * 8192  # above, a picture is taken for a decompression bomb
_LOSSY_QUALITY = 95  # brush texture suffers below

Pillow.MAX_IMAGE_PIXELS = None  # `read_picture` asks for the size itself, before decoding


@dataclass(frozen=True)
class Picture:
    """A picture from a file, upright."""

    pixels: Pixels  # uint8 [H, W, 3]
    alpha: Alpha | None
    extras: dict[str, Any]  # what `save_picture` writes back: color profile, EXIF, resolution


def read_picture(path: str | Path, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a picture of any kind that Pillow knows, turned upright as EXIF says.

    Raises:
        InputError: no picture, damaged, or larger than `max_pixels`.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged EXIF: such a picture is still a picture
            with Pillow.open(path) as picture:
                _check_size(path, picture.size, max_pixels)
                upright = ImageOps.exif_transpose(picture)
                extras = _extras(picture)
                if len(exif := upright.getexif()):
                    extras["exif"] = exif.tobytes()
                return Picture(*_to_pixels(upright), extras)
    except FileNotFoundError:
        raise InputError(f"There is no picture {str(path)!r}.") from None
    except UnidentifiedImageError:
        raise InputError(f"{str(path)!r} is not a picture that can be read.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise InputError(
            f"The picture {str(path)!r} cannot be read: {_first_line(error)}."
        ) from None


def save_picture(
    path: Path, pixels: Pixels, alpha: Alpha | None = None, extras: dict[str, Any] | None = None
) -> None:
    """Write `pixels` (uint8 or uint16) to `path`; the suffix says which kind.

    Raises:
        UsageError: a kind that Pillow cannot write, or a size that the kind does not hold.
        OSError: the disk is full, or the folder cannot be written.
    """
    if path.suffix.lower() == ".png" and pixels.dtype == np.uint16:
        path.write_bytes(_png16(pixels, alpha))
        return
    pixels = to_uint8(pixels)
    keeps_alpha = path.suffix.lower() not in {".jpg", ".jpeg", ".bmp"}
    if alpha is not None and keeps_alpha:
        pixels = np.dstack([pixels, alpha])
    elif alpha is not None:
        pixels = over_black(pixels, alpha)
    options: dict[str, Any] = dict(extras or {})
    if path.suffix.lower() in {".jpg", ".jpeg"}:
        options |= {"quality": _LOSSY_QUALITY, "subsampling": 0}
    if path.suffix.lower() == ".webp":
        options |= {"quality": _LOSSY_QUALITY}
    buffer = io.BytesIO()  # a full disk must not be met half way through Pillow's encoder
    kind = Pillow.registered_extensions().get(path.suffix.lower())
    if kind is None:
        choices = ", ".join(sorted(SUFFIXES))
        raise UsageError(f"A picture cannot be written as {path.suffix!r}. Choose from: {choices}.")
    try:
        Pillow.fromarray(pixels).save(buffer, kind, **options)
    except ValueError as error:
        raise UsageError(f"{str(path)!r} cannot be written: {_first_line(error)}.") from None
    path.write_bytes(buffer.getvalue())


def to_uint8(pixels: Pixels) -> Pixels:
    """Pixels of 8 bits, rounded."""
    return cv2.convertScaleAbs(pixels, alpha=1 / 257) if pixels.dtype == np.uint16 else pixels


def over_black(pixels: Pixels, alpha: Alpha) -> Pixels:
    """What is seen when `pixels` lie on black."""
    scaled = pixels.astype(np.float32) * (alpha[..., None].astype(np.float32) / 255)
    return np.rint(scaled).astype(pixels.dtype)


def resize(pixels: Pixels, height: int, width: int) -> Pixels:
    """To another size: by area when smaller, by cubic splines when larger."""
    if pixels.shape[:2] == (height, width):
        return pixels
    if not isinstance(pixels, np.ndarray):  # on a device: by the host, since it is rarely asked
        return pixels.new_tensor(resize(pixels.cpu().numpy(), height, width))
    shrinks = height * width < pixels.shape[0] * pixels.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=method))


def shrink_to(pixels: Pixels, long_side: int) -> Pixels:
    """At most `long_side` pixels on the longer side, shape kept; smaller pictures as they are."""
    height, width = pixels.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return pixels
    return resize(pixels, max(1, round(height * scale)), max(1, round(width * scale)))


def halved_size(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width, halved until the longer one is at most `side`: so pixels average whole."""
    while max(height, width) > side:
        height, width = max(1, height // 2), max(1, width // 2)
    return height, width


def pad_to(pixels: Pixels, least: int) -> Pixels:
    """Height and width at least `least`, the last row and column repeated."""
    below, right = (max(0, least - side) for side in pixels.shape[:2])
    if not below and not right:
        return pixels
    if not isinstance(pixels, np.ndarray):
        return pixels.new_tensor(pad_to(pixels.cpu().numpy(), least))
    return cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)


def faded(above: Pixels, below: Pixels, share: float) -> Pixels:
    """`share` of `above`, and of `below` what is left to 1."""
    if isinstance(above, np.ndarray):
        return cv2.addWeighted(above, share, below, 1 - share, 0)
    rest: Any = below
    return rest.float().lerp(above.float(), share).round().to(above.dtype)


def _check_size(path: Path, size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if not width * height:
        raise InputError(f"The picture {str(path)!r} is empty ({width}x{height}).")
    if width * height > max_pixels:
        raise InputError(
            f"The picture {str(path)!r} has {width}x{height} pixels, more than the {max_pixels} "
            "that are allowed; --max-pixels allows more."
        )


def _extras(picture: Pillow.Image) -> dict[str, Any]:
    """Resolution, and the color profile where it is one of RGB, which we write."""
    extras = {str(key): picture.info[key] for key in ("icc_profile", "dpi") if key in picture.info}
    if (extras.get("icc_profile") or b"")[16:20] != b"RGB ":  # ICC.1, bytes of the color space
        extras.pop("icc_profile", None)
    return extras


def _to_pixels(picture: Pillow.Image) -> tuple[Pixels, Alpha | None]:
    if picture.mode.startswith(("I", "F")):  # 16 bit or float grey: Pillow would clip, not scale
        grey = np.asarray(picture, dtype=np.float32)
        grey = grey / (65535 if picture.mode.startswith("I") else max(1.0, float(grey.max())))
        picture = Pillow.fromarray(np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8))
    if not picture.has_transparency_data:
        return np.array(picture.convert("RGB")), None
    pixels = np.array(picture.convert("RGBA"))
    return np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])


def _png16(pixels: Pixels, alpha: Alpha | None) -> bytes:
    """A PNG of 16 bits for each sample, which Pillow cannot write."""
    channels = pixels[..., ::-1]
    if alpha is not None:
        channels = np.dstack([channels, alpha.astype(np.uint16) * 257])
    return bytes(cv2.imencode(".png", channels)[1])


def _first_line(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0].rstrip(".")
