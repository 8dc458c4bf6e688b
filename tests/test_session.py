"""The whole program, with a stylizer that gives the content back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from fakes import FakeStylizer
from media import clip, facts, in_bits, numbers_in, pictures_in, smooth

from vidstyle import session
from vidstyle.errors import Interrupted, PartialResult, VidstyleError
from vidstyle.job import Job
from vidstyle.session import Summary, run

COLORS = {  # matrix, primaries, transfer
    "601": (6, 6, 6),
    "709": (1, 1, 1),
    "2020": (9, 9, 1),
}


def through(source: Path, sink: Path, **settings: Any) -> Summary:
    """Write what is read, unchanged."""
    return run(Job(str(source), str(sink), "ink", **settings), stylizer=FakeStylizer())


def tags(path: Path) -> tuple[int, ...]:
    """Matrix, range, primaries and transfer of the first frame."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("layout", ["420", "422", "444"])
@pytest.mark.parametrize("range_", [1, 2], ids=["limited", "full"])
@pytest.mark.parametrize("color", COLORS)
def test_content_comes_back_within_one_level(
    tmp_path: Path, color: str, range_: int, layout: str, bits: int
) -> None:
    matrix, primaries, transfer = COLORS[color]
    tag = matrix, range_, primaries, transfer
    dtype = np.uint8 if bits == 8 else np.uint16
    pictures = [in_bits(smooth(288, 384, phase), dtype) for phase in (0.0, 0.4)]
    pix_fmt = f"yuv{layout}p" + ("10le" if bits == 10 else "")
    source = clip(tmp_path / "in.mkv", codec="ffv1", pix_fmt=pix_fmt, color=tag, pictures=pictures)
    through(source, tmp_path / "out.mkv", codec="ffv1")
    assert facts(tmp_path / "out.mkv").pix_fmt == pix_fmt
    assert tags(tmp_path / "out.mkv") == tag
    for before, after in zip(numbers_in(source), numbers_in(tmp_path / "out.mkv"), strict=True):
        assert abs(before - after).max() <= 1


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("range_", [1, 2], ids=["limited", "full"])
@pytest.mark.parametrize("color", COLORS)
def test_color_tags_are_those_of_the_input(
    tmp_path: Path, color: str, range_: int, codec: str
) -> None:
    matrix, primaries, transfer = COLORS[color]
    tag = matrix, range_, primaries, transfer
    source = clip(tmp_path / "in.mkv", codec="ffv1", color=tag, frames=2)
    through(source, tmp_path / "out.mp4", codec=codec, preset="ultrafast")
    assert tags(tmp_path / "out.mp4") == tag


def test_variable_times_are_kept_exactly(tmp_path: Path) -> None:
    times = [Fraction(n * n, 90) for n in range(8)]
    source = clip(tmp_path / "in.mp4", frames=8, times=times)
    through(source, tmp_path / "out.mp4")
    assert facts(tmp_path / "out.mp4").times == facts(source).times == times


@pytest.mark.parametrize("suffix", [".mkv", ".webm"])
def test_matroska_keeps_times_to_a_millisecond(tmp_path: Path, suffix: str) -> None:
    source = clip(tmp_path / "in.mp4", frames=8, times=[Fraction(n * n, 90) for n in range(8)])
    through(source, tmp_path / f"out{suffix}", preset=None)
    pairs = zip(facts(source).times, facts(tmp_path / f"out{suffix}").times, strict=True)
    assert all(abs(before - after) <= Fraction(1, 1000) for before, after in pairs)


@pytest.mark.parametrize("base", [Fraction(1, 90000), Fraction(1, 10_000_000)])
def test_fine_time_bases_are_kept(tmp_path: Path, base: Fraction) -> None:
    source = clip(tmp_path / "in.mp4", rate=Fraction(30000, 1001), time_base=base)
    through(source, tmp_path / "out.mp4")
    assert facts(tmp_path / "out.mp4").times == facts(source).times


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_late_pictures_stay_late(tmp_path: Path, suffix: str) -> None:
    source = clip(tmp_path / "in.mp4", start=Fraction(5, 2), sound=True)
    through(source, tmp_path / f"out{suffix}")
    before, after = facts(source), facts(tmp_path / f"out{suffix}")
    assert abs(after.times[0] - before.times[0]) <= Fraction(1, 1000)
    assert abs(after.sound_start - before.sound_start) <= Fraction(1, 1000)
    assert after.sound_packets == before.sound_packets


def test_the_last_frame_lasts_as_long_as_before(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", rate=2, frames=3)
    through(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.duration * stream.time_base == Fraction(3, 2)


def test_sound_and_pictures_are_cut_at_the_same_instants(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", frames=100, sound=True)
    through(source, tmp_path / "out.mp4", start="1", end="2")
    found = facts(tmp_path / "out.mp4")
    assert found.frames == 25
    assert found.times[0] == 0
    assert -Fraction(1024, 48000) < found.sound_start <= 0
    assert abs(found.sound_packets - 48) <= 1


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mkv", codec="ffv1", pix_fmt="yuv420p10le", frames=2)
    for codec, name in (("h264", "a.mp4"), ("hevc", "b.mp4"), ("av1", "c.mkv")):
        through(source, tmp_path / name, codec=codec)
        assert facts(tmp_path / name).pix_fmt == "yuv420p10le"


def test_side_by_side_shows_the_content_at_the_left(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mkv", codec="ffv1", frames=1, pix_fmt="yuv444p")
    through(source, tmp_path / "out.mkv", side_by_side=True, codec="ffv1")
    (drawn,) = pictures_in(tmp_path / "out.mkv")
    assert drawn.shape == (48, 128, 3)
    assert abs(drawn[:, :64].astype(int) - drawn[:, 64:].astype(int)).max() <= 2


def test_size_by_height_keeps_the_shape(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", width=64, height=48, frames=2)
    through(source, tmp_path / "out.mp4", size="24p")
    found = facts(tmp_path / "out.mp4")
    assert (found.width, found.height) == (32, 24)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return clip(tmp_path / "in.mp4", frames=30, sound=True)


def test_drawing_is_made_ready_for_the_size_that_is_drawn(tmp_path: Path, source: Path) -> None:
    stylizer = FakeStylizer()
    job = Job(str(source), str(tmp_path / "out.mp4"), "ink", size="24p", side_by_side=True)
    run(job, stylizer=stylizer)
    with av.open(job.sink) as container:
        video = container.streams.video[0]
        assert stylizer.prepared == [(24, video.width // 2)] and video.height == 24


def test_an_error_while_drawing_is_the_one_reported(tmp_path: Path, source: Path) -> None:
    before = threading.active_count()
    with pytest.raises(RuntimeError, match="the stylizer broke"):
        run(Job(str(source), str(tmp_path / "o.mp4"), "ink"), stylizer=FakeStylizer(fails_at=7))
    assert threading.active_count() == before
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4"}


def test_an_error_while_reading_is_the_one_reported(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = session.open_source

    def open_broken(*arguments: Any) -> Any:
        real = opened(*arguments)

        class Broken(type(real)):  # type: ignore[misc]
            def __iter__(self) -> Iterator[Any]:
                for count, frame in enumerate(super().__iter__()):
                    if count == 7:
                        raise ValueError("the source broke")
                    yield frame

        real.__class__ = Broken
        return real

    monkeypatch.setattr(session, "open_source", open_broken)
    before = threading.active_count()
    with pytest.raises(ValueError, match="the source broke"):
        through(source, tmp_path / "o.mp4")
    assert threading.active_count() == before
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4"}


def test_an_error_while_writing_is_the_one_reported(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vidstyle.sinks.encoder.Encoder.write", broken)
    before = threading.active_count()
    with pytest.raises(VidstyleError, match="no room left"):
        through(source, tmp_path / "o.mp4")
    assert threading.active_count() == before
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4"}


def test_an_encoder_that_keeps_a_frame_is_found_out(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vidstyle.sinks.encoder import Encoder

    mux = Encoder._mux
    monkeypatch.setattr(Encoder, "_mux", lambda self, packets: mux(self, packets[1:]))
    with pytest.raises(VidstyleError, match="was given 30 frames and wrote"):
        through(source, tmp_path / "o.mp4")
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4"}


def test_stages_wait_for_a_slow_writer(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stylizer, ahead_by = FakeStylizer(), []
    job = Job(str(source), str(tmp_path / "o.mp4"), "ink")
    run(job, lambda meter, _: ahead_by.append(stylizer.drawn - meter.frames("write")), stylizer)
    assert max(ahead_by) <= session.DEPTH + 2  # waiting, in hand at each side


def test_an_interrupted_run_is_kept_beside_the_output(tmp_path: Path, source: Path) -> None:
    (tmp_path / "o.mp4").write_text("keep")

    def stop(meter: Any, _: Any) -> None:
        if meter.frames("write") == 12:
            raise Interrupted("Interrupted.")

    job = Job(str(source), str(tmp_path / "o.mp4"), "ink", overwrite=True)
    with pytest.raises(Interrupted, match=r"kept as .*o\.partial\.mp4") as caught:
        run(job, stop, FakeStylizer())
    assert caught.value.kept == str(tmp_path / "o.partial.mp4")
    assert facts(tmp_path / "o.partial.mp4").frames == 12
    assert (tmp_path / "o.mp4").read_text() == "keep"


def test_a_truncated_clip_is_partial(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (30, 48, 64, 3), np.uint8)
    source = clip(
        tmp_path / "in.mp4", pictures=list(noise), container_options={"movflags": "+faststart"}
    )
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(PartialResult, match="--max-errors") as caught:
        through(source, tmp_path / "o.mp4")
    assert facts(Path(caught.value.kept)).frames > 5
    assert not (tmp_path / "o.mp4").exists()
    summary = through(source, tmp_path / "all.mp4", max_errors=1.0)
    assert summary.lost > 5


def test_a_check_says_how_much_the_drawing_flickers(tmp_path: Path) -> None:
    slow = [in_bits(smooth(48, 64, n / 600)) for n in range(30)]
    source = clip(tmp_path / "in.mp4", pictures=slow)
    summary = through(source, tmp_path / "out.mp4", check=True)
    assert summary.flicker is not None and summary.flicker.every == 16
    short, long = summary.flicker.short, summary.flicker.long
    assert short is not None and long is not None
    assert (short.above, long.above) == (0, 0)  # what is drawn is the content itself
    assert short.trusted > 0.5
