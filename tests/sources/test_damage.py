"""Truncated and corrupt files: what is lost is counted, or refused in one line."""

from fractions import Fraction

import av
import numpy as np
import pytest
from media import clip, in_bits, smooth

from vidstyle.errors import InputError
from vidstyle.sources import Reading, open_source

FRONT = {"container_options": {"movflags": "faststart"}}


def read(path, **reading):
    with open_source(str(path), Reading(**reading)) as source:
        return len(list(source)), source.lost


def noisy(count):
    """Pictures that cost about the same each, so that half a file is half of its frames."""
    noise = np.random.default_rng(0)
    return [
        in_bits(np.clip(smooth(48, 64) + noise.normal(0, 0.1, (48, 64, 3)), 0, 1))
        for _ in range(count)
    ]


def cut(path, share=0.5):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("a.mp4", FRONT), ("a.mov", FRONT | {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("a.mkv", {}), ("a.mkv", {"codec": "ffv1", "sound": True}),
        ("a.webm", {"codec": "libvpx", "options": {"deadline": "realtime", "b": "2M"}}),
        ("a.flv", {"codec": "flv", "options": {"g": "1"}}),
    ],
)  # fmt: skip
def test_the_frames_that_a_truncated_file_promised_are_counted(tmp_path, name, settings):
    path = clip(tmp_path / name, pictures=noisy(100), **settings)
    assert read(path) == (100, 0)
    given, lost = read(cut(path))
    assert 20 < given < 80
    assert given + lost == pytest.approx(100, abs=2)  # the last may be both given and damaged


@pytest.mark.parametrize("name", ["a.ts", "a.mpg", "a.avi"])
def test_a_truncated_stream_of_unknown_length_gives_what_it_holds(tmp_path, name):
    codec = {"a.ts": "libx264", "a.mpg": "mpeg2video", "a.avi": "mjpeg"}[name]
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    given, lost = read(
        cut(clip(tmp_path / name, pictures=noisy(100), codec=codec, pix_fmt=pix_fmt))
    )
    assert 0 < given < 80
    assert lost > 0


def test_an_index_at_the_end_that_was_cut_off_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a video"):
        read(cut(clip(tmp_path / "a.mp4", frames=50), 0.8))


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mp4", "libx264", "yuv420p"), ("a.mkv", "libx264", "yuv420p"),
        ("a.avi", "mjpeg", "yuvj420p"), ("a.avi", "mpeg4", "yuv420p"),
        ("a.ts", "mpeg2video", "yuv420p"), ("a.mov", "png", "rgb24"),
        ("a.mov", "prores_ks", "yuv422p10le"),
    ],
)  # fmt: skip
def test_a_corrupt_packet_costs_its_frame_and_is_counted(tmp_path, name, codec, pix_fmt):
    path = clip(tmp_path / name, pictures=noisy(20), codec=codec, pix_fmt=pix_fmt)
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][8]
        middle = packet.pos + packet.size // 2
    data = bytearray(path.read_bytes())
    data[middle : middle + 60] = np.random.default_rng(1).bytes(60)
    path.write_bytes(data)
    given, lost = read(path)
    assert lost == 1
    assert given in (19, 20)  # some decoders mend the frame and say that it was damaged


def test_sound_that_outlasts_the_picture_is_no_loss(tmp_path):
    path = clip(tmp_path / "a.mkv", frames=25, sound=True, sound_start=-3)
    assert read(path) == (25, 0)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.flv", "a.avi"])
def test_an_intact_file_of_rare_frames_has_lost_nothing(tmp_path, name):
    wished = [Fraction(n) for n in (0, 2, 4, 9, 12)]
    if name == "a.avi":
        wished = [Fraction(n, 25) for n in range(5)]
    codec = {"a.flv": "flv", "a.avi": "mpeg4"}.get(name, "libx264")
    base = Fraction(1, 25) if name == "a.avi" else None
    assert read(clip(tmp_path / name, times=wished, codec=codec, time_base=base)) == (5, 0)


def test_a_part_of_an_intact_file_has_lost_nothing(tmp_path):
    path = clip(tmp_path / "a.mkv", frames=100)
    assert read(path, start=Fraction(1), end=Fraction(3)) == (50, 0)
    assert read(path, end=Fraction(10)) == (100, 0)


def test_a_part_of_a_truncated_file_counts_its_own_loss(tmp_path):
    path = cut(clip(tmp_path / "a.mkv", pictures=noisy(200)), 0.5)
    given, lost = read(path, start=Fraction(1), end=Fraction(6))
    assert given + lost == pytest.approx(125, abs=2)
    assert read(path, start=Fraction(1), end=Fraction(2)) == (25, 0)


def test_frames_that_an_edit_list_hides_are_not_lost(tmp_path):
    path = clip(tmp_path / "a.mp4", frames=50)
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12  # the duration of the first edit, in milliseconds
    data[at : at + 4] = (1000).to_bytes(4, "big")
    path.write_bytes(data)
    assert read(path) == (25, 0)
    with open_source(str(path), Reading()) as source:
        assert source.info.count == 25


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.mp4", None, "does not exist"), ("a.mp4", b"", "cannot be read as a video"),
        ("a.mp4", b"a text", "cannot be read as a video"),
        ("a.mp4", bytes(range(256)) * 100, "cannot be read as a video"),
    ],
)  # fmt: skip
def test_what_is_no_video_is_refused_in_one_line(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said) as refusal:
        read(tmp_path / name)
    assert "\n" not in str(refusal.value)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)


def test_sound_alone_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no video"):
        read(clip(tmp_path / "a.m4a", sound=True, sound_only=True, container="mp4"))


def test_a_video_without_frames_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a video|no frame that can be decoded"):
        read(clip(tmp_path / "a.mkv", codec="ffv1", frames=0))


def test_a_video_whose_every_packet_is_damaged_is_refused(tmp_path):
    path = clip(tmp_path / "a.mov", codec="png", pix_fmt="rgb24", pictures=noisy(5))
    path.write_bytes(path.read_bytes().replace(b"\x89PNG", bytes(4)))
    with pytest.raises(InputError, match="no frame that can be decoded"):
        read(path)


def test_the_file_is_closed_when_opening_fails(tmp_path):
    source = open_source(str(clip(tmp_path / "a.mp4")), Reading(start=Fraction(60)))
    with pytest.raises(InputError):
        source.__enter__()
    with pytest.raises(AssertionError, match="Container is not open"):
        _ = source._container.duration
