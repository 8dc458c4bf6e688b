"""What holds for every kind of source."""

from fractions import Fraction

import numpy as np
import pytest
from media import clip, picture

from vidstyle.errors import InputError
from vidstyle.sources import Reading, open_source


def video(folder):
    return clip(folder / "a.mp4", frames=6)


def animation(folder):
    return clip(folder / "a.gif", codec="gif", pix_fmt="rgb8", frames=6)


def broadcast(folder):
    return clip(folder / "a.ts", frames=6, start=3)


def bare_stream(folder):
    return clip(folder / "a.h264", frames=6)


def numbered(folder):
    for number in range(6):
        picture(folder / f"{number:03d}.png")
    return folder / "%03d.png"


def photo(folder):
    return picture(folder / "a.png")


@pytest.fixture(params=[video, animation, broadcast, bare_stream, numbered, photo])
def address(request, tmp_path):
    return str(request.param(tmp_path))


def test_times_rise_and_are_whole_ticks(address):
    with open_source(address, Reading()) as source:
        times = [frame.time for frame in source]
        assert all(a < b for a, b in zip(times, times[1:], strict=False))
        assert all(isinstance(time, Fraction) for time in times)
        assert all(time % source.info.time_base == 0 for time in times)


def test_every_frame_is_given_and_none_is_lost(address):
    with open_source(address, Reading()) as source:
        frames = list(source)
        assert [frame.index for frame in frames] == list(range(len(frames)))
        assert source.info.count in (len(frames), None)  # a bare stream does not say
        assert source.lost == 0


def test_frames_are_what_the_info_says(address):
    with open_source(address, Reading()) as source:
        for frame in source:
            assert frame.pixels.shape == (source.info.height, source.info.width, 3)
            assert frame.pixels.dtype == (np.uint8 if source.info.bits == 8 else np.uint16)
            assert frame.alpha is None or source.info.alpha
            assert frame.duration is None or frame.duration > 0


def test_the_same_is_read_twice(address):
    with open_source(address, Reading()) as first, open_source(address, Reading()) as second:
        for one, other in zip(first, second, strict=True):
            assert one.time == other.time
            assert (one.pixels == other.pixels).all()


def test_a_source_may_be_left_half_read(address):
    with open_source(address, Reading()) as source:
        assert next(iter(source)).index == 0


def test_a_source_closes_twice(address):
    source = open_source(address, Reading())
    with source:
        size = source.info.width, source.info.height
    source.__exit__(None, None, None)
    assert (source.info.width, source.info.height) == size


def test_frames_outlive_their_source(address):
    with open_source(address, Reading()) as source:
        frames = list(source)
    kept = [frame.pixels.copy() for frame in frames]
    assert all((a.pixels == b).all() for a, b in zip(frames, kept, strict=True))


def test_what_is_too_large_is_refused(address):
    with pytest.raises(InputError, match="--max-pixels"):
        with open_source(address, Reading(max_pixels=100)) as source:
            list(source)


@pytest.mark.parametrize("name", ["a.mp4", "a.png", "%03d.png", "a.gif", "folder"])
def test_what_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="'"):
        with open_source(str(tmp_path / name), Reading()):
            pass
