"""Whole shows, from a file at its own pace to sinks that count."""

import threading
import time

import numpy as np
import pytest
from media import clip, facts, pictures_in

from vidstyle.errors import InputError, UsageError, VidstyleError
from vidstyle.live.controls import Controls
from vidstyle.live.outlets import Nowhere, Outlet, Shown
from vidstyle.live.pulse import Pulse
from vidstyle.live.recording import Recording, Stream
from vidstyle.live.show import LiveJob, fitted, run_live
from vidstyle.live.sinks import open_live_sink
from vidstyle.sources.live import Live, LiveSource

SPACE = "lavfi:testsrc2=size=96x64:rate=30:duration=1"


def job(address=SPACE, **settings):
    return LiveJob(Live(address), Controls({"ink": 1.0}), **settings)


def to_the_end(show):
    assert show.ended.wait(60)


class Kept(Nowhere):
    """A sink that keeps what it is given."""

    waiting = 1000

    def __init__(self):
        self.shown, self.closed = [], False

    def write(self, shown):
        self.shown.append(shown)

    def close(self):
        self.closed = True


class Broken(Nowhere):
    """A sink whose cable is pulled at the second picture."""

    def __init__(self):
        self.count = 0

    def write(self, shown):
        self.count += 1
        if self.count > 1:
            raise VidstyleError("The cable is out.")


def test_what_comes_is_drawn_and_goes_to_every_outlet():
    sinks = [Kept(), Kept()]
    summary = run_live(job(), sinks, to_the_end)
    assert summary.frames + summary.dropped >= 28 and summary.network == "swift"
    for sink in sinks:
        assert sink.closed and len(sink.shown) == summary.frames
        assert {shown.pixels.shape for shown in sink.shown} == {(64, 96, 3)}
        times = [shown.arrived for shown in sink.shown]
        assert times == sorted(set(times)) and times[-1] - times[0] == pytest.approx(1, abs=0.3)


def test_one_outlet_that_fails_does_not_end_the_others():
    kept = Kept()
    run_live(job(), [Broken(), kept], to_the_end)
    assert len(kept.shown) > 2


def test_when_none_is_left_the_show_ends_with_its_error():
    with pytest.raises(VidstyleError, match="cable"):
        run_live(job("lavfi:testsrc2=size=96x64:rate=30"), [Broken()], to_the_end)


def test_it_ends_after_so_long_and_leaves_no_thread():
    before = threading.active_count()
    summary = run_live(
        job("lavfi:testsrc2=size=96x64:rate=30"), [Nowhere()], to_the_end, seconds=0.5
    )
    assert 0.4 < summary.seconds < 5
    assert threading.active_count() <= before


def test_left_and_right_change_places_and_content_stands_beside():
    plain, mirrored = Kept(), Kept()
    run_live(job("lavfi:color=red:size=96x64:duration=0.4", side_by_side=True), [plain], to_the_end)
    assert plain.shown[-1].pixels.shape == (64, 192, 3)
    assert np.abs(plain.shown[-1].pixels[:, :96].astype(int) - [254, 0, 0]).max() < 8
    graph = "lavfi:color=black:size=96x64:duration=0.4,drawbox=0:0:48:64:white:fill"
    run_live(job(graph, mirror=True, side_by_side=True), [mirrored], to_the_end)
    content = mirrored.shown[-1].pixels[:, :96]
    assert content[:, 60:].mean() > 200 > 50 > content[:, :36].mean()


def test_a_recording_has_every_picture_at_its_time(tmp_path):
    path, kept = tmp_path / "take.mp4", Kept()
    run_live(job(), [Recording(path), kept], to_the_end)
    assert len(pictures_in(path)) == len(kept.shown)
    assert facts(path).width == 96
    seconds = kept.shown[-1].moment - kept.shown[0].moment
    assert float(facts(path).times[-1]) == pytest.approx(seconds, abs=0.01)


def test_a_file_goes_at_its_own_pace(tmp_path):
    clip(tmp_path / "in.mp4", frames=10)
    began = time.monotonic()
    with LiveSource(Live(str(tmp_path / "in.mp4"), pace=True)) as source:
        arrivals = list(source)
    assert len(arrivals) == 10
    assert arrivals[-1].time - arrivals[0].time >= 0.3  # at 25 a second
    assert time.monotonic() - began < 30


def test_what_is_no_live_source_is_refused(tmp_path):
    clip(tmp_path / "in.mp4", frames=2)
    with pytest.raises(UsageError, match="--pace plays a file"):
        LiveSource(Live(str(tmp_path / "in.mp4")))
    with (
        pytest.raises(InputError, match=r"nothing\.mp4"),
        LiveSource(Live(str(tmp_path / "nothing.mp4"), pace=True)),
    ):
        pass


def test_a_stream_that_breaks_off_is_opened_again(tmp_path, monkeypatch):
    """As a camera that is pulled out and put in again."""
    clip(tmp_path / "in.mp4", frames=3)
    monkeypatch.setattr("vidstyle.sources.live._WAITS", (0.0,))
    monkeypatch.setattr("vidstyle.sources.live.is_url", lambda address: True)
    with LiveSource(Live(str(tmp_path / "in.mp4"))) as source:
        arrivals = iter(source)
        assert len([next(arrivals) for _ in range(8)]) == 8  # three takes of three


def test_an_outlet_keeps_the_newest_alone():
    go, sink = threading.Event(), Kept()
    sink.waiting = 1
    write = sink.write
    sink.write = lambda shown: go.wait(30) and write(shown)
    outlet = Outlet(sink)
    for number in range(5):
        outlet.channel.put(Shown(np.zeros((1, 1, 3), np.uint8), float(number), float(number), None))
    go.set()
    outlet.close()
    numbers = [shown.arrived for shown in sink.shown]
    assert numbers[-1] == 4 and len(numbers) + outlet.channel.dropped == 5


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nowhere", "window, camera, null"),
        ("picture.png", "window, camera, null"),
        ("no/folder/take.mp4", "no folder"),
        ("gopher://host/x", "no address to stream to"),
    ],
)
def test_where_nothing_can_go_is_said(address, said):
    with pytest.raises(UsageError, match=said):
        open_live_sink(address, ["ink"])


def test_a_server_that_does_not_answer_is_said():
    with pytest.raises(VidstyleError, match="Streaming to 'tcp://127.0.0.1:9' fails"):
        Stream("tcp://127.0.0.1:9").open(64, 96, 30)


def test_pictures_are_streamed_to_a_server_that_listens():
    import socket

    import av

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    got = []

    def listen():
        with av.open(f"tcp://127.0.0.1:{port}?listen=1", format="mpegts", timeout=30) as server:
            got.extend(frame.width for frame in server.decode(video=0))

    server = threading.Thread(target=listen)
    server.start()
    stream = Stream(f"tcp://127.0.0.1:{port}")
    for _ in range(200):  # until it listens
        try:
            stream.open(64, 96, 30)
            break
        except VidstyleError:
            time.sleep(0.05)
    for number in range(20):
        pixels = np.full((64, 96, 3), 10 * number, np.uint8)
        stream.write(Shown(pixels, number / 30, number / 30, None))
    stream.close()
    server.join(30)
    assert len(got) >= 18 and set(got) == {96}


def test_pictures_of_another_shape_get_black_beside_them():
    shown = fitted(np.full((10, 40, 3), 255, np.uint8), 40, 40)
    assert shown.shape == (40, 40, 3)
    assert shown[15:25].min() == 255 and shown[:15].max() == shown[25:].max() == 0


def test_figures_are_of_the_last_seconds():
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    for frame in range(300):
        now[0] = frame / 30
        pulse.beat(now[0] - (0.2 if frame % 10 == 0 else 0.05))
    figures = pulse.figures
    assert figures.frames_per_second == pytest.approx(30, abs=1)
    assert figures.delay == pytest.approx(50) and figures.late == pytest.approx(200)
    now[0] += 10
    assert pulse.figures.frames_per_second == 0 and pulse.figures.delay is None
