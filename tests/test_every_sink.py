"""Every kind of output through the same checks."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from media import in_bits, smooth

from vidstyle.contracts import Color, Frame, VideoInfo
from vidstyle.errors import Interrupted, OutputExists, UsageError
from vidstyle.sinks import open_sink
from vidstyle.sinks.codecs import Encoding

OUTPUTS = [  # file, codec
    ("o.mp4", "h264"),
    ("o.mp4", "hevc"),
    ("o.mp4", "av1"),
    ("o.mp4", "vp9"),
    ("o.m4v", "h264"),
    ("o.mov", "prores"),
    ("o.mov", "hevc"),
    ("o.mkv", "ffv1"),
    ("o.mkv", "av1"),
    ("o.webm", "vp9"),
    ("o.webm", "av1"),
    ("o.ts", "h264"),
    ("o.gif", "gif"),
    ("o-%03d.png", None),
    ("o-%d.jpg", None),
]
SMALLEST = {"hevc": 16, "av1": 4}  # pixels that the encoder takes


def frames_of(width: int, height: int, count: int = 6, rate: int = 25) -> list[Frame]:
    return [
        Frame(in_bits(smooth(height, width, n / count)), Fraction(n, rate), Fraction(1, rate), n)
        for n in range(count)
    ]


def info_of(width: int, height: int, **more: Any) -> VideoInfo:
    color = Color(6, False, 6, 6)
    return VideoInfo(width, height, Fraction(25), color=color, time_base=Fraction(1, 12800), **more)


def write(folder: Path, name: str, codec: str | None, frames: list[Frame], **more: Any) -> None:
    height, width = frames[0].pixels.shape[:2]
    encoding = Encoding(codec, **more)
    with open_sink(str(folder / name), info_of(width, height), encoding) as sink:
        for frame in frames:
            sink.write(frame)


def read(folder: Path, name: str) -> tuple[list[Any], list[Fraction]]:
    """Pictures (RGB) and times of what was written."""
    options = {"start_number": "1"} if "%" in name else {}
    with av.open(str(folder / name), container_options=options) as container:
        frames = list(container.decode(video=0))
    times = [frame.pts * frame.time_base for frame in frames]
    return [frame.to_ndarray(format="rgb24") for frame in frames], times


@pytest.mark.parametrize(("name", "codec"), OUTPUTS)
def test_frames_come_back_at_their_times(tmp_path: Path, name: str, codec: str | None) -> None:
    frames = frames_of(64, 48)
    write(tmp_path, name, codec, frames)
    pictures, times = read(tmp_path, name)
    assert [time - times[0] for time in times] == [frame.time for frame in frames]
    for frame, picture in zip(frames, pictures, strict=True):
        assert np.abs(frame.pixels.astype(int) - picture).mean() < 4  # H.264 at CRF 18: 1.5


@pytest.mark.parametrize("size", [(17, 33), (1, 1)], ids=str)
@pytest.mark.parametrize(("name", "codec"), OUTPUTS)
def test_odd_and_tiny_sizes(
    tmp_path: Path, name: str, codec: str | None, size: tuple[int, int]
) -> None:
    width, height = size
    smallest = SMALLEST.get(codec or "", 1)
    if width < smallest:
        with pytest.raises(UsageError, match=f"takes pictures of {smallest}x{smallest} pixels"):
            write(tmp_path, name, codec, frames_of(width, height))
        assert not list(tmp_path.iterdir())
        return
    write(tmp_path, name, codec, frames_of(width, height))
    pictures, _ = read(tmp_path, name)
    assert len(pictures) == 6
    high, wide = pictures[0].shape[:2]
    assert 0 <= high - height <= 1 and 0 <= wide - width <= 1


@pytest.mark.parametrize(("name", "codec"), OUTPUTS)
def test_an_error_leaves_nothing(tmp_path: Path, name: str, codec: str | None) -> None:
    with pytest.raises(ZeroDivisionError):
        with open_sink(str(tmp_path / name), info_of(64, 48), Encoding(codec)) as sink:
            sink.write(frames_of(64, 48)[0])
            raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "codec"), OUTPUTS)
def test_an_interruption_keeps_a_playable_part(
    tmp_path: Path, name: str, codec: str | None
) -> None:
    with pytest.raises(Interrupted) as caught:
        with open_sink(str(tmp_path / name), info_of(64, 48), Encoding(codec)) as sink:
            for frame in frames_of(64, 48)[:4]:
                sink.write(frame)
            raise Interrupted("Interrupted.")
    kept = Path(caught.value.kept)
    assert kept == Path(sink.destination)
    assert kept.name.startswith("o") and ".partial." in kept.name
    assert len(read(tmp_path, kept.name)[0]) == 4
    assert all(".partial." in path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize(("name", "codec"), OUTPUTS)
def test_an_interruption_before_the_first_frame_keeps_nothing(
    tmp_path: Path, name: str, codec: str | None
) -> None:
    with pytest.raises(Interrupted) as caught:
        with open_sink(str(tmp_path / name), info_of(64, 48), Encoding(codec)):
            raise Interrupted("Interrupted.")
    assert not caught.value.kept
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(("name", "codec"), OUTPUTS)
def test_a_video_of_one_or_two_frames(
    tmp_path: Path, name: str, codec: str | None, count: int
) -> None:
    write(tmp_path, name, codec, frames_of(320, 240)[:count])  # MPEG-TS is not known from less
    assert len(read(tmp_path, name)[0]) == count


@pytest.mark.parametrize(("name", "codec"), OUTPUTS)
def test_an_output_that_is_there_is_refused(tmp_path: Path, name: str, codec: str | None) -> None:
    there = tmp_path / name.replace("%03d", "007").replace("%d", "7")
    there.write_text("keep")
    with pytest.raises(OutputExists):
        open_sink(str(tmp_path / name), info_of(64, 48), Encoding(codec))
    assert there.read_text() == "keep"


def test_encoders_are_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for number, codec in enumerate(["h264", "hevc", "av1", "vp9", "ffv1"]):
        write(tmp_path, f"{number}.mkv", codec, frames_of(64, 48))
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def threads() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/task")}


@pytest.mark.skipif(sys.platform != "linux", reason="threads are listed by Linux")
@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "vp9", "ffv1"])
def test_no_encoder_takes_the_machine_for_itself(tmp_path: Path, codec: str) -> None:
    usual, before = os.sched_getscheduler(0), threads()
    with open_sink(str(tmp_path / "o.mkv"), info_of(64, 48), Encoding(codec)) as sink:
        for frame in frames_of(64, 48):
            sink.write(frame)
            for thread in {threading.get_native_id()} | threads() - before:
                with suppress(ProcessLookupError):  # it has ended
                    assert os.sched_getscheduler(thread) == usual
