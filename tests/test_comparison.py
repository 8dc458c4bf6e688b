"""A content and its drawing, compared."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from media import clip, picture
from models import picture as detailed

import vidstyle
from vidstyle.comparison import check
from vidstyle.errors import InputError, UnknownName
from vidstyle.temporal.flo import write_flo

WIDE = detailed(96, 240)
LOSSLESS = {"codec": "ffv1", "pix_fmt": "bgr0"}


def pan(count=14, step=2):
    return [WIDE[:, 60 - step * n :][:, :128] for n in range(count)]


@pytest.fixture
def content(tmp_path):
    return clip(tmp_path / "content.mkv", pictures=pan(), **LOSSLESS)


def drawn(tmp_path, pictures, **options):
    return clip(tmp_path / "drawn.mkv", pictures=pictures, **{**LOSSLESS, **options})


def flickering(levels, pictures):
    return [
        (frame // 2 + 60 + levels * (number % 2)).astype(np.uint8)
        for number, frame in enumerate(pictures)
    ]


def test_a_drawing_that_does_the_same_to_every_frame_is_steady(tmp_path, content):
    found = check(content, drawn(tmp_path, [255 - frame for frame in pan()]))
    assert found.short.above < 0.002 and found.long.above < 0.002
    assert (found.frames, found.width, found.height) == (14, 128, 96)
    assert (found.skipped, found.cuts) == ({}, ())


def test_flicker_is_its_amplitude(tmp_path, content):
    levels = [0, 4, 8, 16]
    found = [check(content, drawn(tmp_path, flickering(n, pan()))).short.above for n in levels]
    assert found == pytest.approx([n / 255 for n in levels], rel=0.05, abs=0.004)
    assert found == sorted(found)


def test_every_frame_has_its_figures(tmp_path, content):
    found = check(content, drawn(tmp_path, flickering(8, pan())))
    assert [moment.frame for moment in found.moments] == list(range(14))
    assert [moment.short is None for moment in found.moments] == [True] + [False] * 13
    assert [moment.long is None for moment in found.moments] == [True] * 10 + [False] * 4
    assert found.moments[5].time == pytest.approx(0.2)


def test_the_worst_moment_is_where_the_drawing_jumps(tmp_path, content):
    pictures = [255 - frame for frame in pan()]
    pictures[6:] = [frame // 2 for frame in pictures[6:]]
    worst = check(content, drawn(tmp_path, pictures)).worst[0]
    assert worst.frame == 6 and worst.above > 0.1
    assert worst.picture.startswith(b"\xff\xd8")  # a JPEG


def test_known_flow_can_be_given(tmp_path, content):
    flows = tmp_path / "flows"
    flows.mkdir()
    flow = np.zeros((96, 128, 2), np.float32)
    flow[..., 0] = -2
    for number in range(1, 14):
        write_flo(flows / f"{number}.flo", flow)
    found = check(content, drawn(tmp_path, flickering(16, pan())), flow=str(flows))
    assert found.short.content < 1e-6 and found.short.above == pytest.approx(16 / 255, rel=0.01)


def test_a_drawing_of_another_size_is_scaled(tmp_path, content):
    small = [frame[::2, ::2] for frame in pan()]
    found = check(content, drawn(tmp_path, small))
    assert (found.width, found.height) == (128, 96) and found.frames == 14


def test_a_drawing_of_another_shape_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="128x96 and the drawing 96x96: their shapes differ"):
        check(content, drawn(tmp_path, [frame[:, :96] for frame in pan()]))


def test_another_frame_rate_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="rates differ"):
        check(content, drawn(tmp_path, pan(), rate=30))


def test_a_shorter_drawing_is_compared_as_far_as_it_goes(tmp_path, content):
    found = check(content, drawn(tmp_path, pan(12)))
    assert found.frames == 12
    assert found.skipped == {"only the content has a frame at that time": 2}


def test_one_frame_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="needs two"):
        check(content, picture(tmp_path / "one.png", 96, 128))


def test_a_clip_that_is_not_there_is_refused(content):
    with pytest.raises(InputError, match="nowhere"):
        check(content, "nowhere.mp4")


@pytest.mark.parametrize("color", [(0, 0, 0), (200, 0, 0)])
def test_clips_of_one_color_have_figures_and_a_note(tmp_path, color):
    flat = [np.full((48, 64, 3), color, np.uint8)] * 12
    clips = [clip(tmp_path / f"{name}.mkv", pictures=flat, **LOSSLESS) for name in "ab"]
    found = check(*clips)
    assert (found.short.rmse, found.long.rmse, found.worst) == (0, 0, ())
    assert "one color throughout" in found.notes[0]


def test_where_no_motion_can_be_trusted_there_is_no_figure(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (3, 48, 64, 3), np.uint8)
    clips = [clip(tmp_path / f"{name}.mkv", pictures=list(noise), **LOSSLESS) for name in "ab"]
    found = check(*clips)
    assert found.short is None or found.short.trusted < 0.05


def test_a_cut_is_found_and_not_taken_for_flicker(tmp_path):
    scenes = [np.full((96, 128, 3), 30, np.uint8)] * 4 + [255 - WIDE[:, :128]] * 4
    one = clip(tmp_path / "scenes.mkv", pictures=scenes, **LOSSLESS)
    found = check(one, one)
    assert found.cuts == (pytest.approx(4 / 25),)
    assert found.skipped == {"a new scene begins there": 1}
    assert found.moments[4].skipped == "a new scene begins there"


def test_clips_are_aligned_by_their_times(tmp_path):
    times = [Fraction(n, 25) for n in range(14)]
    one = clip(tmp_path / "one.mp4", pictures=pan(), times=times)
    late = clip(tmp_path / "late.mp4", pictures=pan()[:5] + pan()[6:], times=times[:5] + times[6:])
    found = check(one, late)
    assert [moment.frame for moment in found.moments] == [*range(5), *range(6, 14)]


def test_an_unknown_flow_is_refused(content):
    with pytest.raises(UnknownName, match="Unknown flow 'diss'. Did you mean 'dis'"):
        check(content, content, flow="diss")


def test_memory_does_not_grow_with_the_clip(tmp_path):
    peaks = []
    for count in (34, 66):  # all that is remembered is full after 32
        path = clip(tmp_path / f"{count}.mkv", pictures=pan(count, 0), **LOSSLESS)
        tracemalloc.start()
        check(path, path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_a_program_can_check(content):
    assert vidstyle.check(content, content).short.above == 0
