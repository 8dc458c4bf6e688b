"""What is read from files: frames, times, orientation, color, transparency."""

from fractions import Fraction
from threading import Thread

import av
import numpy as np
import pytest
from media import SHARED, clip, facts, frame_of, in_bits, picture, pictures_in, smooth, turned
from PIL import Image

from vidstyle.errors import InputError
from vidstyle.sources import Reading, open_source

CASES = sorted((SHARED / "data/video/torchcodec-cases").glob("*.mp4"))


def read(path, **reading):
    """Every frame, what the source says of them, and how many were lost."""
    with open_source(str(path), Reading(**reading)) as source:
        return list(source), source.info, source.lost


def times(frames):
    return [frame.time for frame in frames]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("a.mp4", {}), ("a.mkv", {"codec": "ffv1"}), ("a.ts", {}), ("a.avi", {"codec": "mpeg4"}),
        ("a.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}), ("a.flv", {"codec": "flv"}),
        ("a.webm", {"codec": "libvpx", "options": {"deadline": "realtime"}}),
        ("a.mpg", {"codec": "mpeg2video"}), ("a.nut", {"codec": "rawvideo"}),
        ("a.gif", {"codec": "gif", "pix_fmt": "rgb8"}), ("a.y4m", {"codec": "wrapped_avframe"}),
        ("a.h264", {}), ("a.mjpeg", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("a.apng", {"codec": "apng", "pix_fmt": "rgb24", "container": "apng"}),
    ],
)  # fmt: skip
def test_every_frame_of_every_container_is_read(tmp_path, name, settings):
    frames, info, lost = read(clip(tmp_path / name, frames=30, **settings))
    gaps = np.diff([float(time) for time in times(frames)])
    assert (len(frames), lost) == (30, 0)
    assert (info.width, info.height) == (64, 48)
    assert gaps == pytest.approx(np.full(29, 0.04), abs=0.001)  # Matroska rounds to milliseconds


def test_the_picture_is_what_was_encoded(tmp_path):
    path = clip(tmp_path / "a.mov", codec="png", pix_fmt="rgb24", frames=3)
    frames, _, _ = read(path)
    for frame, wanted in zip(frames, pictures_in(path), strict=True):
        assert (frame.pixels == wanted).all()


def test_a_variable_rate_stays_variable(tmp_path):
    wished = [Fraction(n * n, 90) for n in range(10)]
    frames, info, _ = read(clip(tmp_path / "a.mp4", times=wished))
    assert times(frames) == wished
    assert all(time % info.time_base == 0 for time in times(frames))


def test_times_are_exact_for_ntsc(tmp_path):
    frames, info, _ = read(clip(tmp_path / "a.mp4", rate=Fraction(30000, 1001), frames=50))
    assert times(frames) == [Fraction(n * 1001, 30000) for n in range(50)]
    assert info.rate == Fraction(30000, 1001)


def test_a_late_picture_stays_late_beside_its_sound(tmp_path):
    frames, info, _ = read(clip(tmp_path / "a.mp4", sound=True, start=2))
    assert (frames[0].time, info.shift) == (2, 0)


def test_a_late_sound_leaves_the_picture_at_its_time(tmp_path):
    frames, info, _ = read(clip(tmp_path / "a.mkv", frames=50, sound=True, sound_start=1))
    assert (frames[0].time, info.shift) == (0, 0)


def test_a_broadcast_starts_at_zero_and_says_what_was_taken_off(tmp_path):
    path = clip(tmp_path / "a.ts", start=5, sound=True, sound_start=5)
    frames, info, _ = read(path)
    assert [time + info.shift for time in times(frames)] == facts(path).times
    assert 4 < info.shift and info.shift % info.time_base == 0
    assert 0 <= frames[0].time < Fraction(1, 10)


def test_frames_without_times_follow_at_the_rate(tmp_path):
    frames, _, _ = read(clip(tmp_path / "a.h264", frames=30, options={"bf": "2"}))
    assert times(frames) == [Fraction(n, 25) for n in range(30)]


def test_times_that_go_back_are_moved_on(tmp_path):
    joined = tmp_path / "b.ts"
    joined.write_bytes(clip(tmp_path / "a.ts", codec="mpeg2video").read_bytes() * 2)
    moments = times(read(joined)[0])
    assert all(after > before for before, after in zip(moments, moments[1:], strict=False))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.h264", "a.mpg"])
@pytest.mark.parametrize("start", [Fraction(24, 50), Fraction(25, 50), Fraction(49, 100)])
def test_a_part_begins_at_the_first_frame_from_start_and_stops_before_end(tmp_path, name, start):
    codec = {"a.avi": "mpeg4", "a.mpg": "mpeg2video"}.get(name, "libx264")
    options = {"g": "6", "bf": "2"} | ({"preset": "fast"} if codec == "libx264" else {})
    path = clip(tmp_path / name, frames=40, codec=codec, options=options)
    whole, _, _ = read(path)
    frames, _, lost = read(path, start=start, end=start + Fraction(1, 2))
    slack = Fraction(1, 2000)  # Matroska rounds to milliseconds
    wanted = [f for f in whole if start - slack <= f.time < start + Fraction(1, 2) - slack]
    assert (len(frames), lost) == (len(wanted), 0)
    assert all((a.pixels == b.pixels).all() for a, b in zip(frames, wanted, strict=True))


def test_a_part_starts_at_zero_on_its_own_clock(tmp_path):
    frames, info, _ = read(clip(tmp_path / "a.mp4", frames=30), start=Fraction(1, 2))
    assert info.shift % info.time_base == 0
    assert frames[0].time + info.shift == Fraction(13, 25)
    assert 0 <= frames[0].time < Fraction(1, 25)


def test_a_part_beyond_the_end_is_refused(tmp_path):
    with pytest.raises(InputError, match="no frame in the part asked for"):
        read(clip(tmp_path / "a.mp4"), start=Fraction(10))


def test_a_turned_video_comes_upright_with_its_aspect(tmp_path):
    path = clip(tmp_path / "a.mp4", frames=2, aspect=Fraction(4, 3))
    flat, info, _ = read(path)
    upright, sideways, _ = read(turned(path, (0, 1, -1, 0)))
    assert (info.width, info.height, info.sample_aspect) == (64, 48, Fraction(4, 3))
    assert (sideways.width, sideways.height, sideways.sample_aspect) == (48, 64, Fraction(3, 4))
    assert (upright[1].pixels == np.rot90(flat[1].pixels, -1)).all()


@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (6, 2, 6, 6), (9, 1, 9, 1)])
def test_color_is_taken_from_the_stream(tmp_path, tags):
    _, info, _ = read(clip(tmp_path / "a.mp4", color=tags))
    color = info.color
    said = color.matrix, 2 if color.full_range else 1, color.primaries, color.transfer
    assert said == tags


def test_10_bits_stay_10_bits(tmp_path):
    path = clip(
        tmp_path / "a.mkv", codec="ffv1", pix_fmt="yuv422p10le", color=(1, 1, 1, 1), frames=2
    )
    frames, info, _ = read(path)
    assert (info.bits, info.layout, frames[0].pixels.dtype) == (10, "422", np.uint16)
    assert len(np.unique(frames[0].pixels >> 6)) > 256


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_brought_to_sdr_and_said(tmp_path, caplog, transfer, name):
    caplog.set_level("INFO")
    tags = (9, 1, 9, transfer)
    path = clip(tmp_path / "a.mkv", codec="ffv1", pix_fmt="yuv420p10le", color=tags, frames=2)
    _, info, _ = read(path)
    assert (info.color.matrix, info.color.primaries, info.color.transfer) == (1, 1, 1)
    assert f"HDR ({name})" in caplog.text


def test_a_change_of_size_is_said_once_for_each_change(tmp_path, caplog):
    small = clip(tmp_path / "a.mjpeg", codec="mjpeg", pix_fmt="yuvj420p", frames=3)
    large = clip(tmp_path / "b.mjpeg", codec="mjpeg", pix_fmt="yuvj420p", frames=3, width=96)
    (tmp_path / "c.mjpeg").write_bytes(small.read_bytes() + large.read_bytes())
    frames, info, lost = read(tmp_path / "c.mjpeg")
    assert [frame.pixels.shape[1] for frame in frames] == [64] * 3 + [96] * 3
    assert (info.width, lost) == (64, 0)
    assert [record.getMessage() for record in caplog.records] == [
        "The size changes to 96x48 at 0.12 s; it is scaled to the first."
    ]


def test_max_pixels_holds_for_a_size_that_grows(tmp_path):
    small = clip(tmp_path / "a.mjpeg", codec="mjpeg", pix_fmt="yuvj420p", frames=3)
    large = clip(tmp_path / "b.mjpeg", codec="mjpeg", pix_fmt="yuvj420p", frames=3, width=96)
    (tmp_path / "c.mjpeg").write_bytes(small.read_bytes() + large.read_bytes())
    with pytest.raises(InputError, match="96x48 pixels, more than the 4000"):
        read(tmp_path / "c.mjpeg", max_pixels=4000)


def test_max_pixels_is_asked_before_decoding(tmp_path):
    with pytest.raises(InputError, match="64x48 pixels.*--max-pixels"):
        open_source(str(clip(tmp_path / "a.mp4")), Reading(max_pixels=64 * 48 - 1)).__enter__()


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "bits"),
    [
        ("a.mov", "prores_ks", "yuva444p10le", 12),
        ("a.mov", "png", "rgba", 8),
        ("a.mkv", "ffv1", "yuva420p", 8),
    ],
)
def test_transparency_is_read(tmp_path, name, codec, pix_fmt, bits):
    wanted = in_bits(smooth(48, 64))[..., :1]
    painted = np.dstack([in_bits(smooth(48, 64)), wanted])
    path = clip(tmp_path / name, codec=codec, pix_fmt=pix_fmt, pictures=[painted] * 2)
    frames, info, _ = read(path)
    assert (info.alpha, info.bits) == (True, bits)
    assert np.abs(frames[1].alpha.astype(int) - wanted[..., 0]).max() <= 2  # ProRes rounds


def test_a_gif_keeps_its_delays_and_transparency(tmp_path):
    made = [Image.new("RGBA", (16, 16), (200, 0, 0, 255)) for _ in range(3)]
    for n, image in enumerate(made):
        image.paste((0, 0, 0, 0), (n, 0, 8, 16))
    path = tmp_path / "a.gif"
    made[0].save(path, save_all=True, append_images=made[1:], duration=[50, 200, 120], disposal=2)
    frames, info, _ = read(path)
    assert times(frames) == [0, Fraction(5, 100), Fraction(25, 100)]
    assert [frame.duration for frame in frames] == [Fraction(n, 100) for n in (5, 20, 12)]
    assert info.alpha and (frames[0].alpha[0, :8] == 0).all()


def test_interlaced_pictures_are_made_whole(tmp_path):
    height, width, count = 64, 96, 12
    bars = [((np.arange(width) - 4 * n) % 32 < 16) * 200 for n in range(2 * count)]
    fields = [
        np.repeat(np.tile(bar, (height, 1))[..., None], 3, -1).astype(np.uint8) for bar in bars
    ]
    woven = []
    for n in range(count):
        woven.append(fields[2 * n].copy())
        woven[-1][1::2] = fields[2 * n + 1][1::2]
    options = {"flags": "+ildct+ilme", "b": "5M"}
    path = clip(tmp_path / "a.mkv", codec="mpeg2video", pictures=woven, options=options)
    frames, _, lost = read(path)
    assert (times(frames), lost) == ([Fraction(n, 25) for n in range(count)], 0)
    combs = [np.abs(np.diff(frame.pixels[..., 0].astype(int), axis=0)).mean() for frame in frames]
    assert max(combs) < np.abs(np.diff(woven[5][..., 0].astype(int), axis=0)).mean() / 3


def test_a_cover_is_no_video(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as output:
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 200, 200, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        video = output.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        output.mux(cover.encode(frame_of(in_bits(smooth(200, 200)), "yuvj420p")))
        output.mux(cover.encode(None))
        for n in range(5):
            frame = frame_of(in_bits(smooth(48, 64)), "yuv420p")
            frame.pts, frame.time_base = n, Fraction(1, 25)
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
    frames, info, lost = read(path)
    assert (len(frames), info.width, lost) == (5, 64, 0)


def test_of_two_videos_the_larger_is_read(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as output:
        streams = [output.add_stream("ffv1", rate=25) for _ in range(2)]
        for stream, width in zip(streams, (64, 128), strict=True):
            stream.width, stream.height, stream.pix_fmt = width, width, "yuv420p"
        for stream, width in zip(streams, (64, 128), strict=True):
            for n in range(3):
                frame = frame_of(in_bits(smooth(width, width)), "yuv420p")
                frame.pts, frame.time_base = n, Fraction(1, 25)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    frames, info, _ = read(tmp_path / "a.mkv")
    assert (len(frames), info.width) == (3, 128)


def test_numbered_pictures_are_read_from_the_lowest_number(tmp_path):
    for number in range(7, 11):
        picture(tmp_path / f"{number:03d}.png")
    frames, info, _ = read(tmp_path / "%03d.png", rate=Fraction(10))
    assert times(frames) == [Fraction(n, 10) for n in range(4)]
    assert info.origin is None


def test_numbered_pictures_with_a_gap_are_refused(tmp_path):
    for number in (1, 2, 4):
        picture(tmp_path / f"{number}.png")
    with pytest.raises(InputError, match="gap: after 2 comes 4"):
        open_source(str(tmp_path / "%d.png"), Reading())


def test_names_with_a_colon_and_a_percent_are_files(tmp_path):
    for name in ("a:b.mp4", "http:x.mp4", "50%.mp4"):
        assert len(read(clip(tmp_path / "a.mp4").rename(tmp_path / name))[0]) == 10


def test_frames_may_be_read_in_another_thread(tmp_path):
    came = []
    with open_source(str(clip(tmp_path / "a.mp4")), Reading()) as source:
        thread = Thread(target=lambda: came.extend(source))
        thread.start()
        thread.join()
    assert [frame.index for frame in came] == list(range(10))


@pytest.mark.skipif(not CASES, reason="needs the shared data beside the checkout")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_difficult_file_is_read_as_ffmpeg_decodes_it(path):
    with av.open(str(path)) as container:
        stream = container.streams.best("video")
        decoded = list(container.decode(stream))
    frames, info, lost = read(path)
    sides = {decoded[0].width, decoded[0].height}
    assert (len(frames), lost) == (len(decoded), 0)
    assert {info.width, info.height} == sides
    assert frames[0].pixels.shape[:2] == (info.height, info.width)
    assert (info.height > info.width) == ("rotated" in path.stem)
