"""Sound beside live pictures: a lamp that flashes and beeps shows how far they are apart."""

import itertools
import socket
import threading
import time

import av
import numpy as np
import pytest
from fakes import typed
from media import clip, facts

from vidstyle.errors import VidstyleError
from vidstyle.live.controls import Controls
from vidstyle.live.outlets import Shown
from vidstyle.live.recording import Recording, Stream
from vidstyle.live.show import LiveJob, run_live
from vidstyle.sources.clock import StreamClock
from vidstyle.sources.live import Live, LiveSource
from vidstyle.sources.microphones import Microphone
from vidstyle.sources.sound import RATE, Heard, Sound

APART = 0.06  # seconds by which sound and picture may differ unnoticed
LOUD, BRIGHT = 0.1, 128
FLASHES = "color=black:size=96x64:rate=30:duration={0},drawbox=0:0:96:64:white:fill:enable={1}"
BEEPS = "aevalsrc=0.5*sin(3000*t)*{1}:s=44100:d={0}"
# Not in step with seconds, in which frames may come where a machine is busy.
ON = "between(mod(t\\,0.7)\\,0.2\\,0.45)"


def lamp(seconds, sound_seconds=None):
    graphs = f"{FLASHES}[out0];{BEEPS.replace('{0}', '{2}')}[out1]"
    return "lavfi:" + graphs.format(seconds, ON, sound_seconds or seconds)


def loud_times(sound):
    """When beeps begin and end: sound is float [N]."""
    strong = np.convolve(np.abs(sound) > LOUD, np.ones(480), "same") > 0  # within 5 ms
    edges = np.flatnonzero(np.diff(np.concatenate([[0], strong.astype(int), [0]]))) / RATE
    return list(itertools.pairwise(edges))[::2]


def seen_and_heard(place, **options):
    """Times and mean levels of the pictures, and beeps, all in seconds."""
    pictures, sound, first = [], [np.zeros(0)], None
    with av.open(str(place), **options) as file:
        for frame in file.decode():
            if isinstance(frame, av.VideoFrame):
                pictures.append((frame.time, frame.to_ndarray(format="gray").mean()))
            else:
                first = frame.time if first is None else first
                sound.append(frame.to_ndarray()[0])
    beeps = loud_times(np.concatenate(sound))
    return pictures, [(begin + (first or 0), end + (first or 0)) for begin, end in beeps]


def assert_in_step(pictures, beeps, at_least):
    """What is bright beeps, what is dark does not; frames that were dropped do not matter."""
    for when, level in pictures:
        if level > BRIGHT:
            assert any(begin - APART < when < end + APART for begin, end in beeps), (when, beeps)
        else:
            assert not any(begin + APART < when < end - APART for begin, end in beeps), (
                when,
                beeps,
            )
    lit = [
        beep
        for beep in beeps
        if any(level > BRIGHT and beep[0] - APART < when < beep[1] for when, level in pictures)
    ]
    assert len(lit) >= at_least


def test_a_recording_has_its_sound_in_step_from_beginning_to_end(tmp_path):
    out = tmp_path / "take.mp4"
    assert typed("live", lamp(4), str(out), "--strength", "0.1", "-q") == 0
    assert_in_step(*seen_and_heard(out), at_least=2)


def test_a_clip_at_its_own_pace_keeps_its_sound(tmp_path):
    source = clip(tmp_path / "in.mp4", frames=25, sound=True)
    for name in ("take.mkv", "take.webm", "take.gif"):
        assert typed("live", str(source), str(tmp_path / name), "--pace", "-q") == 0
    with av.open(str(tmp_path / "take.mkv")) as mkv, av.open(str(tmp_path / "take.webm")) as webm:
        assert mkv.streams.audio[0].codec.canonical_name == "aac"
        assert webm.streams.audio[0].codec.canonical_name == "opus"
    _, beeps = seen_and_heard(tmp_path / "take.mkv")
    assert beeps[0][0] < APART and beeps[-1][1] > 0.5
    assert facts(tmp_path / "take.gif").sound_packets == 0


def test_without_sound_or_without_wanting_it_there_is_none(tmp_path):
    clip(tmp_path / "silent.mp4", frames=5)
    clip(tmp_path / "loud.mp4", frames=5, sound=True)
    for name, words in (("silent.mp4", []), ("loud.mp4", ["--no-audio"])):
        out = tmp_path / f"of-{name}"
        assert typed("live", str(tmp_path / name), str(out), "--pace", "-q", *words) == 0
        assert facts(out).frames >= 1 and facts(out).sound_packets == 0


def test_sound_that_stops_is_silence_and_pictures_go_on(tmp_path):
    out = tmp_path / "take.mp4"
    assert typed("live", lamp(4, sound_seconds=1.5), str(out), "--strength", "0.1", "-q") == 0
    pictures, beeps = seen_and_heard(out)
    assert pictures[-1][0] > 3.5 and len(beeps) == 2
    assert facts(out).sound_packets > 3.5 * RATE / 1024


def test_a_recording_that_begins_midway_begins_in_step(tmp_path):
    late = tmp_path / "late.mp4"

    def record_later(show):
        while show.last is None:
            show.ended.wait(0.01)
        begun = show.last.moment
        while show.last.moment < begun + 1.4:
            show.ended.wait(0.01)
        show.add(Recording(late), 64, 96, 30)
        show.ended.wait(60)

    job = LiveJob(Live(lamp(4)), Controls({"ink": 1.0}, strength=0.1))
    run_live(job, [Recording(tmp_path / "whole.mp4")], record_later)
    pictures, beeps = seen_and_heard(late)
    assert pictures[-1][0] < 2.9
    assert_in_step(pictures, beeps, at_least=1)


def test_a_source_that_breaks_off_comes_back_in_step(monkeypatch):
    monkeypatch.setattr("vidstyle.sources.live._WAITS", (0.2,))
    address = lamp(0.8).replace("[out0]", ",realtime[out0]").replace("[out1]", ",arealtime[out1]")
    heard = Heard()
    with LiveSource(Live(address), heard) as source:
        source._paced = False  # as a stream of the network, which is opened again
        arrivals = list(itertools.islice(source, 40))
    first, track = arrivals[0].moment, np.zeros(10 * RATE)
    for piece in heard.since(0)[0]:
        place = max(0, round((piece.time - first) * RATE))
        track[place : place + len(piece.samples)] = piece.samples[:, 0]
    pictures = [(one.moment - first, one.pixels.mean()) for one in arrivals]
    assert_in_step(pictures, loud_times(track), at_least=2)


def test_a_stream_carries_its_sound_in_step():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    got = []

    def listen():
        address = f"tcp://127.0.0.1:{port}?listen=1"
        got.append(seen_and_heard(address, format="mpegts", timeout=30))

    server = threading.Thread(target=listen)
    server.start()
    job = LiveJob(Live(lamp(3)), Controls({"ink": 1.0}, strength=0.1))
    error = "not tried"
    for _ in range(200):  # until it listens
        try:
            run_live(job, [Stream(f"tcp://127.0.0.1:{port}")], lambda show: show.ended.wait(60))
        except VidstyleError as refused:
            error = refused
            time.sleep(0.05)
        else:
            error = None
            break
    server.join(30)
    assert error is None
    assert_in_step(*got[0], at_least=1)


def test_a_microphone_takes_the_place_of_the_sources_sound(tmp_path):
    graph = "aevalsrc=0.5*sin(3000*t)*between(t\\,1\\,1.5):s=44100,arealtime"
    job = LiveJob(
        Live(lamp(3)),
        Controls({"ink": 1.0}, strength=0.1),
        microphone=Microphone("desk", graph, "lavfi"),
    )
    run_live(job, [Recording(tmp_path / "take.mkv")], lambda show: show.ended.wait(60))
    _, beeps = seen_and_heard(tmp_path / "take.mkv")
    assert len(beeps) == 1 and beeps[0][1] - beeps[0][0] == pytest.approx(0.5, abs=0.1)


def test_a_microphone_that_is_missing_is_one_line(capfd, monkeypatch):
    monkeypatch.setattr("vidstyle.sources.microphones._devices", lambda format: [])
    assert typed("live", "--list-microphones") == 0
    assert capfd.readouterr().out == "There is no microphone here.\n"
    assert typed("live", lamp(1), "null", "--microphone") == 4
    said = capfd.readouterr().err
    assert said.count("\n") == 1 and "no microphone here" in said
    assert typed("live", lamp(1), "null", "--microphone", "--no-audio") == 2


# From here on times are made, not lived through.


def recorded(path, heard, seconds, begin=100.0):
    """A recording of black pictures, 25 a second, and of what is heard; its beeps."""
    recording = Recording(path)
    recording.open(48, 64, 25, heard)
    for number in range(round(seconds * 25) + 1):
        moment = begin + number / 25
        recording.write(Shown(np.zeros((48, 64, 3), np.uint8), moment, moment, None))
    recording.close()
    return seen_and_heard(path)[1]


def beeping(time, count=4800):
    """A tenth of a second that beeps."""
    samples = np.sin(np.arange(count) / 7).astype(np.float32)
    return Sound(np.stack([samples, samples], 1), time)


def test_sound_after_a_gap_is_where_it_belongs(tmp_path):
    heard = Heard()
    for moment in (100.5, 100.6, 102.0):
        heard.put(beeping(moment))
    beeps = recorded(tmp_path / "take.mkv", heard, 3)
    assert np.allclose(beeps, [(0.5, 0.7), (2.0, 2.1)], atol=0.02)


def test_sound_from_before_the_first_picture_is_cut(tmp_path):
    heard = Heard()
    heard.put(beeping(98.0))
    heard.put(beeping(99.95))
    heard.put(beeping(101.0))
    beeps = recorded(tmp_path / "take.mkv", heard, 2)
    assert np.allclose(beeps, [(0.0, 0.05), (1.0, 1.1)], atol=0.02)


@pytest.mark.parametrize("speed", [0.98, 1.02])
def test_a_clock_that_drifts_stays_in_step(tmp_path, speed):
    heard, quiet = Heard(), Sound(np.zeros((4800, 2), np.float32), 0.0)
    for number in range(80):
        moment = 100 + number * 0.1 * speed
        heard.put(beeping(moment) if number % 10 == 5 else quiet._replace(time=moment))
    beeps = recorded(tmp_path / "take.mkv", heard, 7)
    expected = [(0.5 + number) * speed for number in range(7)]
    begun = [begin for begin, _ in beeps]
    assert all(min(abs(one - other) for other in begun) < APART for one in expected)


def test_a_little_drift_leaves_no_gap(tmp_path):
    heard = Heard()
    for number in range(90):
        heard.put(beeping(100 + number * 0.1 * 1.004))  # 36 ms later at the end
    beeps = recorded(tmp_path / "take.mkv", heard, 9)
    assert len(beeps) == 1 and beeps[0][1] == pytest.approx(9, abs=0.1)


def test_old_sound_is_forgotten_and_nobody_waits():
    heard = Heard(seconds=1.0)
    for number in range(25):
        heard.put(beeping(number / 10))
    pieces, count = heard.since(0)
    assert count == 25 and [round(10 * piece.time) for piece in pieces] == list(range(15, 25))
    assert heard.since(25) == ([], 25)
    heard.put(beeping(2.5))
    assert len(heard.since(25)[0]) == 1


def test_what_came_quickest_tells_the_time_and_a_pause_is_noticed():
    clock = StreamClock()
    for time_, now in ((0.0, 50.3), (0.1, 50.1), (0.2, 50.45), (0.3, 50.4)):
        clock.came(time_, now)
    assert clock.moment(0.3) == pytest.approx(50.3, abs=0.01)
    clock.came(0.4, 55.0)
    assert clock.moment(0.4) == 55.0
    clock.came(1000.0, 55.1)  # it counts anew
    assert clock.moment(1000.0) == pytest.approx(55.1)
