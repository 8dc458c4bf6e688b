"""Video on standard input, y4m and raw, as a user pipes it."""

import os
from fractions import Fraction
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest
from media import clip, in_bits, smooth

from vidstyle import sources
from vidstyle.errors import InputError, UsageError
from vidstyle.sources import Reading, open_source


@pytest.fixture
def pipe(monkeypatch):
    """A function that puts bytes on standard input, through a real pipe."""
    threads, ends = [], []

    def fill(data: bytes) -> None:
        out, into = os.pipe()
        ends.append(os.fdopen(out, "rb"))
        monkeypatch.setattr(sources, "sys", SimpleNamespace(stdin=SimpleNamespace(buffer=ends[0])))

        def write() -> None:
            with os.fdopen(into, "wb") as file:
                file.write(data)

        threads.append(Thread(target=write))
        threads[-1].start()

    yield fill
    for thread in threads:
        thread.join()
    for end in ends:
        end.close()


def read(**reading):
    with open_source("-", Reading(**reading)) as source:
        return list(source), source.info, source.lost


def test_y4m_is_read(tmp_path, pipe):
    path = clip(tmp_path / "a.y4m", codec="wrapped_avframe", frames=20, rate=Fraction(30000, 1001))
    pipe(path.read_bytes())
    frames, info, lost = read()
    assert (len(frames), lost, info.origin) == (20, 0, None)
    assert [frame.time for frame in frames] == [Fraction(n * 1001, 30000) for n in range(20)]
    for n, frame in enumerate(frames):
        wanted = in_bits(smooth(48, 64, n / 20))
        assert np.abs(frame.pixels.astype(int) - wanted).mean() < 2  # rounding of 8-bit YUV


def test_a_part_of_y4m_is_read_though_a_pipe_cannot_seek(tmp_path, pipe):
    pipe(clip(tmp_path / "a.y4m", codec="wrapped_avframe", frames=50).read_bytes())
    frames, _, _ = read(start=Fraction(1), end=Fraction(3, 2))
    assert [frame.time for frame in frames] == [Fraction(n, 25) for n in range(13)]


def test_raw_pictures_are_read_as_they_are(pipe):
    made = [in_bits(smooth(47, 63, n / 5)) for n in range(5)]
    pipe(b"".join(picture.tobytes() for picture in made))
    frames, info, lost = read(raw_size=(47, 63), rate=Fraction(10))
    assert (info.width, info.height, info.rate, lost) == (63, 47, 10, 0)
    assert [frame.time for frame in frames] == [Fraction(n, 10) for n in range(5)]
    assert all((f.pixels == p).all() for f, p in zip(frames, made, strict=True))


def test_a_raw_picture_that_breaks_off_is_counted(pipe):
    pipe(in_bits(smooth(48, 64)).tobytes() * 2 + bytes(1000))
    frames, _, lost = read(raw_size=(48, 64))
    assert (len(frames), lost) == (2, 1)


@pytest.mark.parametrize("data", [b"", b"a text", b"YUV4MPEG2 W64 H48 F25:1\n"])
def test_what_is_no_video_is_refused(pipe, data):
    pipe(data)
    with pytest.raises(InputError, match="'standard input'"):
        read()


def test_raw_is_for_standard_input_alone(tmp_path):
    with pytest.raises(UsageError, match="--raw"):
        open_source(str(tmp_path / "a.mp4"), Reading(raw_size=(48, 64)))
