"""The settings of one run: from the command line or a TOML file, checked."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias, get_type_hints

import tomli_w

from vidstyle.contracts import VideoInfo
from vidstyle.errors import InputError, OutputExists, UnknownName, UsageError, VidstyleError
from vidstyle.image import MAX_PIXELS
from vidstyle.timeline import Mix, Timeline, parse_mix

_LARGEST_SIDE = 16384  # pixels
_STYLE_SIDES = 64, 8192  # pixels
_MOST_BITS = 2**31 - 1  # a second; more than encoders count


Several: TypeAlias = str | tuple[str, ...]  # one, or any number


@dataclass(frozen=True)
class Region:
    """Where a mask is white."""

    file: str  # a picture, or a clip that runs along
    style: str  # what is drawn there; "" for what is drawn elsewhere too


@dataclass(frozen=True)
class Job:
    """What to read, how to draw it, where and how to write it. Checked when made.

    Raises:
        UsageError: a value that cannot be.
    """

    source: str  # a file, folder, numbered pictures, URL, or "-"
    sink: str
    style: Several = ()  # each a name or a picture's path, ":0.7" behind it for its weight
    network: str = "swift"
    strength: float = 1.0  # 0..1
    runtime: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    start: str | None = None  # seconds, MM:SS or HH:MM:SS from the beginning
    end: str | None = None
    size: str | None = None  # "1280x720" or, for the height alone, "720p"
    side_by_side: bool = False  # content left, drawing right
    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    bitrate: str | None = None  # "8M", "2500k"
    pix_fmt: str | None = None
    audio: bool = True
    overwrite: bool = False
    fps: float | None = None  # of numbered pictures and raw video
    raw: str | None = None  # "1280x720": standard input is raw RGB of that size
    max_errors: float = 0.02  # share of frames that may be lost
    max_pixels: int = MAX_PIXELS
    style_at: Several = ()  # each "0:05=STYLE": seen from that time on
    fade: float = 1.0  # seconds that a change of style takes
    style_size: int | None = None  # pixels a side that a style is read at; None: the network's own
    keep_color: str | None = None  # "luminance" or "match"
    mask: Several = ()  # each a picture or clip: drawn where it is white; or "FILE=STYLE"
    feather: float = 2.0  # pixels by which a mask's edges are softened
    max_size: str | None = None  # as `size`; larger frames are drawn so small, then enlarged
    stabilize: str | None = None  # "off", "light" or "full"; None: as the network needs
    check: bool = False  # how much the drawing flickers is said at the end
    # The rest is for networks that draw by optimization.
    vgg: str | None = None  # a whole normalized VGG-19, to compare by
    optimizer: str | None = None  # "lbfgs" or "adam"
    steps: int | None = None  # at each scale
    progress_picture: str | None = None  # a picture of the drawing so far, rewritten at each step

    def __post_init__(self) -> None:
        _in_range("--strength", self.strength, 0, 1)
        _in_range("--fade", self.fade, 0, 3600)
        _in_range("--feather", self.feather, 0, 1000)
        if self.style_size is not None:
            _in_range("--style-size", self.style_size, *_STYLE_SIDES)
        if self.keep_color not in (None, "luminance", "match"):
            raise UsageError(f"--keep-color is luminance or match; got {self.keep_color!r}.")
        if self.stabilize not in (None, "off", "light", "full"):
            raise UsageError(f"--stabilize is off, light or full; got {self.stabilize!r}.")
        if not (self.style or self.style_at or any(region.style for region in self.regions)):
            raise UsageError("No style is given: --style, or --style-at, or --mask FILE=STYLE.")
        _ = self.timeline, self.regions
        _in_range("--max-errors", self.max_errors, 0, 1)
        if self.precision not in ("auto", "fp32", "bf16", "fp16"):
            raise UsageError(f"--precision is auto, fp32, bf16 or fp16; got {self.precision!r}.")
        if self.crf is not None:
            _in_range("--crf", self.crf, 0, 63)
        if self.fps is not None:
            _in_range("--fps", self.fps, 0.01, 1000)
        if self.max_pixels < 1:
            raise UsageError(f"--max-pixels is at least 1; got {self.max_pixels}.")
        start, end = self.start_seconds, self.end_seconds
        if end is not None and end <= start:
            raise UsageError(f"--end {self.end} does not come after --start {self.start or 0}.")
        for size in (self.size, self.max_size):
            if size is not None:
                parse_size(size)
        # Each raises when it cannot be understood.
        _ = self.raw_size, self.bits_per_second

    @property
    def timeline(self) -> Timeline | None:
        """Which styles are seen when; None: only regions with styles of their own are drawn."""
        keys = [_style_at(text) for text in _each(self.style_at)]
        if not keys and not self.style:
            return None
        keys.sort(key=lambda key: key[0])
        first = parse_mix(_each(self.style)) if self.style else keys.pop(0)[1]
        return Timeline(((0.0, first), *keys), self.fade)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Where is drawn."""
        return tuple(_region(text) for text in _each(self.mask))

    @property
    def start_seconds(self) -> Fraction:
        """Where to begin."""
        return Fraction(0) if self.start is None else parse_time("--start", self.start)

    @property
    def end_seconds(self) -> Fraction | None:
        """Where to stop; None: at the end."""
        return None if self.end is None else parse_time("--end", self.end)

    @property
    def raw_size(self) -> tuple[int, int] | None:
        """Height and width of raw video on standard input."""
        if self.raw is None:
            return None
        height, width = parse_size(self.raw)
        if width is None:
            raise UsageError(f"--raw needs width and height, such as 1280x720; got {self.raw!r}.")
        return height, width

    @property
    def rate(self) -> Fraction | None:
        """Frames a second of numbered pictures and raw video."""
        return None if self.fps is None else Fraction(self.fps).limit_denominator(1001)

    @property
    def bits_per_second(self) -> int | None:
        """The bit rate as a number."""
        if self.bitrate is None:
            return None
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmM]?)", self.bitrate)
        if not match or not float(match[1]):
            raise UsageError(
                f"--bitrate is a number of bits such as 8M or 2500k; got {self.bitrate!r}."
            )
        bits = float(match[1]) * {"": 1, "k": 1e3, "m": 1e6}[match[2].lower()]
        _in_range("--bitrate", bits, 1000, _MOST_BITS)
        return int(bits)

    def drawn_info(self, info: VideoInfo) -> VideoInfo:
        """What the drawn frames look like, before they are put side by side."""
        if self.size is None:
            return info
        height, width = parse_size(self.size)
        shown = info.width * info.sample_aspect
        if width is None:
            width = max(1, round(info.width * height / info.height))
        aspect = Fraction(shown * height, width * info.height) if shown else Fraction(1)
        return replace(
            info, width=width, height=height, sample_aspect=aspect.limit_denominator(1000)
        )

    def working_size(self, height: int, width: int) -> tuple[int, int]:
        """At which height and width a frame of that size goes through the network."""
        if self.max_size is None:
            return height, width
        most_height, most_width = parse_size(self.max_size)
        scale = min(1.0, most_height / height, (most_width or width) / width)
        return max(1, round(height * scale)), max(1, round(width * scale))

    def output_info(self, info: VideoInfo) -> VideoInfo:
        """What the sink is given."""
        info = self.drawn_info(info)
        return replace(info, width=2 * info.width) if self.side_by_side else info


def _each(several: Several) -> tuple[str, ...]:
    return (several,) if isinstance(several, str) else several


def _style_at(text: str) -> tuple[float, Mix]:
    time, sign, style = text.partition("=")
    if not sign or not style:
        raise UsageError(f"--style-at is TIME=STYLE, such as 0:05=ink; got {text!r}.")
    return float(parse_time("--style-at", time)), parse_mix([style])


def _region(text: str) -> Region:
    file, _, style = text.partition("=")
    if not file:
        raise UsageError(f"--mask is FILE or FILE=STYLE, such as sky.png=ink; got {text!r}.")
    return Region(file, style)


def read_job(path: str | Path, **changes: Any) -> Job:
    """A job from a TOML file; `changes` stand before what it says.

    Raises:
        InputError: the file cannot be read.
        UsageError: an unknown key, a value of the wrong kind, or one that cannot be.
    """
    try:
        values = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The job {str(path)!r} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The job {str(path)!r} is no TOML: {error}.") from None
    values = {key: _checked(path, key, value) for key, value in values.items()} | changes
    if missing := [key for key in ("source", "sink") if key not in values]:
        raise UsageError(f"The job {str(path)!r} does not say: {', '.join(missing)}.")
    return Job(**values)


def _checked(path: str | Path, key: str, value: Any) -> Any:
    """A value of a job file, of the kind that its key asks for; whole numbers are numbers too."""
    kinds = get_type_hints(Job)
    if key not in kinds:
        raise UnknownName(f"setting in the job {str(path)!r}:", key, kinds)
    found = value
    if kinds[key] == Several and isinstance(value, list):
        fits = all(isinstance(entry, str) for entry in value)
        found = tuple(value)
    else:
        kind = str if kinds[key] == Several else kinds[key]
        if not isinstance(value, kind) and isinstance(value, int):
            found = float(value)
        fits = isinstance(found, kind) and isinstance(value, bool) == (kind is bool)
    if not fits:
        raise UsageError(f"In the job {str(path)!r}, {key!r} cannot be {value!r}.")
    return found


def save_job(job: Job, path: str | Path) -> None:
    """Write every setting of `job` that is not left open, as TOML.

    Raises:
        OutputExists: a file is there, and `job.overwrite` does not allow to replace it.
        VidstyleError: it cannot be written.
    """
    if Path(path).exists() and not job.overwrite:
        raise OutputExists(f"{str(path)!r} is there already; --overwrite replaces it.")
    values = {key: value for key, value in asdict(job).items() if value not in (None, ())}
    try:
        Path(path).write_text(tomli_w.dumps(values), "utf-8")
    except OSError as error:
        raise VidstyleError(f"{str(path)!r} cannot be written: {error.strerror}.") from None


def parse_time(option: str, text: str) -> Fraction:
    """Seconds from "90", "1:30", "0:01:30.5".

    Raises:
        UsageError: it is no time.
    """
    match = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)", text)
    if not match:
        raise UsageError(f"{option} is a time such as 12.5, 1:30 or 0:01:30; got {text!r}.")
    hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def parse_size(text: str) -> tuple[int, int | None]:
    """Height and width from "1280x720"; from "720p" the height, and None.

    Raises:
        UsageError: it is no size.
    """
    match = re.fullmatch(r"(?:(\d+)x)?(\d+)(p?)", text)
    if not match or bool(match[1]) == bool(match[3]):
        raise UsageError(f"A size is WIDTHxHEIGHT such as 1280x720, or 720p; got {text!r}.")
    height, width = int(match[2]), int(match[1]) if match[1] else None
    if not 0 < height <= _LARGEST_SIDE or not 0 < (width or 1) <= _LARGEST_SIDE:
        raise UsageError(f"A side is 1 to {_LARGEST_SIDE} pixels; got {text!r}.")
    return height, width


def _in_range(option: str, value: float, low: float, high: float) -> None:
    if math.isnan(value) or not low <= value <= high:
        raise UsageError(f"{option} is {low:g} to {high:g}; got {value:g}.")
