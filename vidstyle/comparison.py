"""How steady is a drawing? Any two clips, the content and its drawing, are compared here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vidstyle.alignment import aligned
from vidstyle.contracts import Frame, VideoInfo
from vidstyle.errors import InputError, UnknownName, UsageError
from vidstyle.sources import DEFAULT_RATE, Reading, open_source
from vidstyle.temporal import FLOWS
from vidstyle.temporal.checker import LONG, LONG_SIDE, SHORT, Checker
from vidstyle.temporal.flow import FlowEstimator
from vidstyle.temporal.spectrum import WINDOW
from vidstyle.temporal.stillness import StillFigures, Stillness
from vidstyle.temporal.warping_error import WarpingError, tally
from vidstyle.temporal.worst import Worst, WorstMoments

_SAME_SHAPE = 0.01  # by which width over height may differ: encoders like even sides
_RATES = 0.01, 1000  # frames a second
_FLAT = 1.0  # levels of 255 by which a picture varies: below, no motion can be seen in it

OnFrame = Callable[[int, int | None], None]  # frames compared, and how many there are if known


@dataclass(frozen=True)
class Moment:
    """How steady a drawing is at one frame."""

    frame: int  # of the content, counted by its source
    time: float  # seconds since its first frame
    short: WarpingError | None  # since the frame before; None where nothing could be compared
    long: WarpingError | None  # since ten frames before
    skipped: str  # why it was not compared with the frame before; "" if it was


@dataclass(frozen=True)
class Consistency:
    """How steady a drawing is. Times are seconds since the content's first frame."""

    content: str
    drawn: str
    frames: int  # that both clips show at the same time
    seconds: float  # from the first to the last of them
    width: int  # at which they were compared
    height: int
    flow: str
    short: WarpingError | None  # from one frame to the next; None where nothing could be compared
    long: WarpingError | None  # ten frames apart
    still: StillFigures
    cuts: tuple[float, ...]  # new scenes begin there
    skipped: dict[str, int]  # why frames were not compared, and how many
    notes: tuple[str, ...]  # what to know before these figures are believed
    worst: tuple[Worst, ...]  # the worst first
    moments: tuple[Moment, ...]


def check(
    content: str | Path,
    drawn: str | Path,
    flow: str = "dis",
    rate: float | None = None,
    on_frame: OnFrame | None = None,
) -> Consistency:
    """How much a drawn clip flickers, whoever made it.

    Frames are compared that both clips show at the same time, counted from each one's first. What
    is remembered of them does not grow; the result has a few figures for each frame.

    Args:
        content: a clip, numbered pictures or a URL: what was drawn.
        drawn: its drawing; where it is of another size, it is scaled to the content's.
        flow: a way to find flow, or a file or folder of known flow (temporal/exact.py).
        rate: frames a second of numbered pictures. [25]
        on_frame: called after each frame; may raise, to end the comparison.

    Raises:
        InputError: a clip cannot be read, or both have different shapes, or fewer than two frames,
            or not half of those of the shorter one, are shown at the same time.
        UsageError: there is no such flow, or a rate that cannot be.
    """
    if rate is not None and not _RATES[0] <= rate <= _RATES[1]:
        raise UsageError(f"--fps is {_RATES[0]:g} to {_RATES[1]:g}; got {rate:g}.")
    estimator, long_side = _estimator(flow)
    reading = Reading(rate=None if rate is None else Fraction(rate).limit_denominator(1001))
    with (
        open_source(str(content), reading) as ours,
        open_source(str(drawn), reading) as theirs,
    ):
        _check_shapes(ours.info, theirs.info)
        comparison, alone = _Comparison(Checker(estimator, long_side)), Counter[str]()
        step = 1 / float(ours.info.rate or DEFAULT_RATE)
        with closing(aligned(ours, theirs, step, alone)) as pairs:
            for pair in pairs:
                comparison.see(*pair)
                if on_frame is not None:
                    on_frame(comparison.checker.frames, ours.info.count)
        for clip, source in (("content", ours), ("drawing", theirs)):
            comparison.skip(f"the {clip} is damaged there or misses them", source.lost)
            comparison.skip(f"only the {clip} has a frame at that time", alone[clip])
    return comparison.result(str(content), str(drawn), flow)


class _Comparison:
    """What has been found so far."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self._stillness, self._worst = Stillness(), WorstMoments()
        self._moments: list[Moment] = []
        self._cuts: list[float] = []
        self._skipped: Counter[str] = Counter()
        self._liveliest = 0.0  # levels of 255

    def see(self, time: float, content: Frame, drawn: Frame) -> None:
        """The next frame of both clips."""
        seen = self.checker.see(content.pixels, drawn.pixels, content.index)
        self._stillness.see(seen, time)
        self._liveliest = max(self._liveliest, float(seen.pair.content.std((0, 1)).max()))
        short, long = (
            tally(seen.changes[interval].errors).figures if interval in seen.changes else None
            for interval in (SHORT, LONG)
        )
        if short is not None:
            errors = seen.changes[SHORT].errors
            self._worst.offer(content.index, time, short.above, seen.pair, errors)
        why = ""
        if seen.is_cut:
            why = "a new scene begins there"
            self._cuts.append(time)
        elif SHORT in seen.changes and short is None:
            why = "no motion could be trusted"
        self.skip(why, 1)
        self._moments.append(Moment(content.index, time, short, long, why))

    def skip(self, why: str, count: int) -> None:
        """Count frames that are not compared."""
        if why and count:
            self._skipped[why] += count

    def result(self, content: str, drawn: str, flow: str) -> Consistency:
        """All that was found."""
        checker, (height, width) = self.checker, self.checker.size
        return Consistency(
            content, drawn, checker.frames, self._moments[-1].time, width, height, flow,
            checker.figures(SHORT), checker.figures(LONG), self._stillness.figures(),
            tuple(self._cuts), dict(self._skipped), tuple(self._notes()),
            self._worst.moments, tuple(self._moments),
        )  # fmt: skip

    def _notes(self) -> list[str]:
        notes = []
        if self._liveliest < _FLAT:
            notes.append(
                "The content is of one color throughout, such as black: no motion can be seen in "
                "it, and it is taken for still."
            )
        if self.checker.figures(SHORT) is None:
            notes.append("Nothing could be compared: no motion of the content can be trusted.")
        if self.checker.figures(LONG) is None:
            notes.append("No scene has frames that are ten apart and could be compared.")
        if self._stillness.figures().drawn is None:
            notes.append(
                "Flicker where nothing moves cannot be told: no part of a scene stands still for "
                f"{WINDOW} frames."
            )
        return notes


def _estimator(flow: str) -> tuple[FlowEstimator, int | None]:
    """What finds flow, and to which longer side frames are halved for it."""
    if flow != "exact" and flow in FLOWS:
        return FLOWS[flow](), LONG_SIDE
    if Path(flow).exists():
        return FLOWS["exact"](flow), None  # its flow is for frames as they are
    raise UnknownName("flow", flow, [name for name in FLOWS if name != "exact"])


def _check_shapes(content: VideoInfo, drawn: VideoInfo) -> None:
    shapes = [
        float(info.width * (info.sample_aspect or 1) / info.height) for info in (content, drawn)
    ]
    if abs(shapes[1] / shapes[0] - 1) > _SAME_SHAPE:
        raise InputError(
            f"The content is {content.width}x{content.height} and the drawing {drawn.width}x"
            f"{drawn.height}: their shapes differ, so one is cut or stretched. Give a drawing of "
            "the whole picture."
        )
