"""What is recorded once is replayed with new inputs; a GPU is needed for the recording alone."""

import threading
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from needs import needs_cuda

from vidstyle.runtimes.cudagraph import Recording, Replayed, record_on

PICTURE, STEADY = np.full((2, 3), 4.0, np.float32), np.full((1,), 10.0, np.float32)


def mixed(picture, steady):
    return (torch.as_tensor(picture) + torch.as_tensor(steady),)


def record_here(function, arrays):
    """What a GPU does, on the CPU: work again, on the same memory."""
    inputs = [torch.tensor(array) for array in arrays]
    outputs = function(*inputs)

    def replay():
        for output, new in zip(outputs, function(*inputs), strict=True):
            output.copy_(new)

    return Recording(inputs, outputs, replay, nullcontext)


def replayed(function=mixed, record=record_here):
    return Replayed("mixed", function, (True, False), record)


def met(*arguments):
    """One that has been called before, so that the next call records."""
    draw = replayed(*arguments)
    draw(PICTURE, STEADY)
    return draw


def test_new_values_are_drawn():
    draw = met()
    found = [float(draw(PICTURE * n, STEADY)[0][0, 0]) for n in range(4)]
    assert found == [10, 14, 18, 22]


def test_a_single_picture_is_drawn_without_a_recording():
    draw = replayed(record=lambda *_: pytest.fail("it was recorded"))
    assert (draw(PICTURE, STEADY)[0] == 14).all()


def test_what_came_out_is_not_overwritten():
    draw = met()
    (first,) = draw(PICTURE, STEADY)
    draw(PICTURE * 2, STEADY)
    assert (first == 14).all()


def test_a_picture_may_be_changed_in_place():
    draw, picture = met(), PICTURE.copy()
    draw(picture, STEADY)
    picture *= 2
    assert (draw(picture, STEADY)[0] == 18).all()


def test_another_style_is_taken_over():
    draw = met()
    draw(PICTURE, STEADY)
    assert (draw(PICTURE, STEADY * 3)[0] == 34).all()
    assert (draw(PICTURE, STEADY)[0] == 14).all()


def test_what_stays_the_same_is_sent_once():
    recording = record_here(mixed, (PICTURE, STEADY))
    draw = met(mixed, lambda *_: recording)
    draw(PICTURE, STEADY)
    recording.inputs[1].fill_(0)
    assert (draw(PICTURE, STEADY)[0] == 4).all()


def test_it_is_recorded_once():
    recordings = []

    def record(function, arrays):
        recordings.append(record_here(function, arrays))
        return recordings[-1]

    draw = replayed(record=record)
    for _ in range(4):
        draw(PICTURE, STEADY)
    assert len(recordings) == 1


def test_threads_take_turns():
    draw, found = replayed(), {}

    def work(value):
        found[value] = [float(draw(PICTURE * 0 + value, STEADY)[0][0, 0]) for _ in range(50)]

    threads = [threading.Thread(target=work, args=(value,)) for value in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {value: [10.0 + value] * 50 for value in range(4)}


def test_what_cannot_be_recorded_is_called_as_it_is_and_that_is_said_once(caplog):
    tries = []

    def record(function, arrays):
        tries.append(1)
        raise RuntimeError("operation not permitted when stream is capturing.\nmore")

    draw = replayed(record=record)
    for _ in range(4):
        assert (draw(PICTURE, STEADY)[0] == 14).all()
    assert len(tries) == 1
    assert [message.getMessage() for message in caplog.records] == [
        "mixed cannot be a CUDA graph (operation not permitted when stream is capturing), "
        "so each of its kernels is launched by itself."
    ]


@pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without a GPU")
def test_without_a_gpu_nothing_is_recorded(caplog):
    draw = met(mixed, record_on(torch.device("cuda:0")))
    assert (draw(PICTURE, STEADY)[0] == 14).all()
    assert "cannot be a CUDA graph" in caplog.text


def on_gpu(picture, steady):
    there = [torch.as_tensor(array).to("cuda:0") for array in (picture, steady)]
    return (there[0] * 2 + there[1],)


@needs_cuda
def test_a_gpu_replays_what_was_recorded(caplog):
    draw = met(on_gpu, record_on(torch.device("cuda:0")))
    pictures = [torch.full((1080, 1920), float(n), device="cuda:0") for n in range(20)]
    found = [draw(picture, STEADY)[0] for picture in pictures]
    assert [float(each.mean()) for each in found] == [10.0 + 2 * n for n in range(20)]
    assert not caplog.records


@needs_cuda
def test_a_step_that_waits_for_the_gpu_leaves_it_usable(caplog):
    def waits(picture, steady):
        (mixed,) = on_gpu(picture, steady)
        return (mixed * float(mixed.max()),)

    draw = met(waits, record_on(torch.device("cuda:0")))
    before = torch.cuda.current_stream()
    assert (draw(PICTURE, STEADY)[0] == 18 * 18).all()
    assert torch.cuda.current_stream() == before
    assert (on_gpu(PICTURE, STEADY)[0] == 18).all()
    assert "cannot be a CUDA graph" in caplog.text


@needs_cuda
def test_streams_take_turns():
    draw = met(on_gpu, record_on(torch.device("cuda:0")))
    draw(PICTURE, STEADY)
    found, streams = [], [torch.cuda.Stream() for _ in range(4)]
    for number in range(100):
        with torch.cuda.stream(streams[number % 4]):
            found.append(draw(PICTURE * 0 + number, STEADY)[0])
    torch.cuda.synchronize()
    assert [float(each[0, 0]) for each in found] == [10.0 + 2 * n for n in range(100)]
