"""Frames go over in order and whole; on the CPU by the same stages, without copies."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from needs import needs_cuda

from vidstyle.contracts import Frame
from vidstyle.pipeline import Meter, ahead
from vidstyle.transfer import downloaded, on_host, uploaded


def frame(number, dtype=np.uint8, height=4, width=6):
    return Frame(np.full((height, width, 3), number, dtype), Fraction(number), None, number)


def made(count, begun=None, error=None):
    """Frames 0 .. count - 1, noted in `begun` as they are asked for."""
    for number in range(count):
        if begun is not None:
            begun.append(number)
        yield frame(number)
    if error is not None:
        raise error


def test_frames_come_back_as_they_were_in_order():
    for number, there in enumerate(downloaded(uploaded(made(5), "cpu"))):
        assert (there.index, there.time, there.duration) == (number, number, None)
        assert isinstance(there.pixels, np.ndarray) and (there.pixels == number).all()
    assert number == 4


def test_on_the_cpu_nothing_is_copied():
    given = frame(1)
    (sent,) = uploaded((each for each in [given]), "cpu")
    assert isinstance(sent.pixels, torch.Tensor)
    (back,) = downloaded(each for each in [sent])
    assert np.shares_memory(given.pixels, back.pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_mirrored_picture_and_one_that_may_not_be_written_to_are_sent(dtype):
    pixels = np.arange(72).astype(dtype).reshape(4, 6, 3)[:, ::-1]
    pixels.flags.writeable = False
    (sent,) = uploaded((Frame(each, Fraction(0), None, 0) for each in [pixels]), "cpu")
    assert np.array_equal(sent.pixels.numpy(), pixels)


def test_the_next_frame_is_begun_before_one_is_handed_over():
    begun = []
    frames = downloaded(made(4, begun))
    assert next(frames).index == 0 and begun == [0, 1]
    assert next(frames).index == 1 and begun == [0, 1, 2]


@pytest.mark.parametrize("stage", [downloaded, lambda frames: uploaded(frames, "cpu")])
def test_an_error_comes_after_the_last_good_frame(stage):
    frames = stage(made(3, error=ValueError("broken")))
    assert [next(frames).index for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(frames)


def test_closing_closes_what_frames_come_from():
    ended = []

    def source():
        try:
            yield from made(9)
        finally:
            ended.append(True)

    frames = downloaded(source())
    next(frames)
    frames.close()
    assert ended == [True]


def test_no_frames_are_no_frames():
    assert list(downloaded(uploaded(made(0), "cpu"))) == []


def test_a_tensor_on_the_cpu_is_on_the_host():
    assert np.array_equal(on_host(torch.arange(3)), [0, 1, 2])


@needs_cuda
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_many_frames_cross_threads_and_come_back(dtype):
    """Each is drawn on by long work, so that whoever does not wait reads what is not there yet."""
    heavy = torch.rand(4096, 4096, device="cuda:0")

    def drawn(frames):
        for each in frames:
            (heavy @ heavy).sum()
            number = each.pixels.float().mean((0, 1)) * 2
            pixels = number.expand(each.pixels.shape).to(each.pixels.dtype).contiguous()
            yield Frame(pixels, each.time, None, each.index)

    sizes = [(n % 120, dtype, 1080, 1920) for n in range(60)]
    sent = ahead(uploaded((frame(*each) for each in sizes), "cuda:0"), 3)
    for back, (number, *_) in zip(ahead(downloaded(drawn(sent)), 3), sizes, strict=True):
        assert (back.pixels == 2 * number).all()


@needs_cuda
def test_waiting_is_told():
    meter = Meter()
    sent = uploaded(made(5), "cuda:0", lambda: meter.time("upload"))
    assert [int(each.pixels.max()) for each in sent] == list(range(5))
    assert meter.frames("upload") == 5
