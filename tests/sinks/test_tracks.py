"""Sound, subtitles, chapters and metadata beside the pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from fakes import FakeStylizer
from media import clip

from vidstyle.job import Job
from vidstyle.session import run

SRT = "1\n00:00:00,200 --> 00:00:00,800\nHello\n\n2\n00:00:01,200 --> 00:00:01,700\nAgain\n"


def through(source: Path, sink: Path, **settings: Any) -> list[str]:
    """Write what is read, unchanged; what was done with each track comes back."""
    return list(run(Job(str(source), str(sink), "ink", **settings), stylizer=FakeStylizer()).tracks)


def with_sound(path: Path, *encoders: str, languages: tuple[str, ...] = ()) -> Path:
    """Two seconds of pictures, and a tone by each encoder."""
    with av.open(str(path), "w") as output:
        video: Any = output.add_stream("libx264", rate=25)
        video.width, video.height = 64, 48
        tracks: list[Any] = [output.add_stream(encoder, rate=48000) for encoder in encoders]
        for track, language in zip(tracks, languages, strict=False):
            track.metadata["language"] = language
            track.disposition = track.disposition | (1 if language == languages[-1] else 0)
        for track in tracks:
            track.codec_context.layout = "stereo"
            track.codec_context.options = {"strict": "experimental"}  # Vorbis is one of FFmpeg's
        for n in range(50):
            output.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
            for track in tracks:
                output.mux(track.encode(tone(n, track)))
        for stream in (video, *tracks):
            output.mux(stream.encode(None))
    return path


def tone(number: int, track: Any) -> av.AudioFrame:
    """The samples of one twenty-fifth of a second."""
    frame = av.AudioFrame(track.format.name, "stereo", 1920)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.time_base, frame.pts = 48000, Fraction(1, 48000), number * 1920
    return frame


def with_subtitles(path: Path, codec: str = "subrip") -> Path:
    """A clip of two seconds whose subtitles stand at 0.2 to 0.8 and at 1.2 to 1.7 seconds."""
    plain, text = clip(path.with_name("plain.mp4"), frames=50, sound=True), path.with_suffix(".srt")
    text.write_text(SRT)
    with av.open(str(plain)) as source, av.open(str(text)) as words:
        exact = {"avoid_negative_ts": "disabled"}
        with av.open(str(path), "w", options=exact) as output:
            ours = {s: output.add_stream_from_template(s) for s in source.streams}
            words_in = words.streams.subtitles[0]
            ours[words_in] = output.add_stream_from_template(words_in)
            ours[words_in].metadata["language"] = "fra"
            for container in (source, words):
                for packet in container.demux():
                    if packet.dts is not None:
                        packet.stream = ours[packet.stream]
                        output.mux(packet)
    return path


def codecs(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        return [
            stream.codec_context.codec.canonical_name
            for stream in container.streams
            if stream.type in ("audio", "subtitle")
        ]


def packets(path: Path, kind: str) -> list[tuple[float, float, bytes]]:
    """Start and end in seconds, and content, of each packet of the first track of that kind."""
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [
            (
                float(p.pts * p.time_base),
                float((p.pts + (p.duration or 0)) * p.time_base),
                bytes(p),
            )
            for p in container.demux(stream)
            if p.dts is not None and p.size > 2  # MP4 fills gaps between subtitles
        ]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_is_copied_bit_by_bit(tmp_path: Path, suffix: str) -> None:
    source = clip(tmp_path / "in.mp4", sound=True)
    assert through(source, tmp_path / f"o{suffix}") == ["sound 1 (aac) copied"]
    before, after = packets(source, "audio"), packets(tmp_path / f"o{suffix}", "audio")
    assert [packet[2] for packet in before] == [packet[2] for packet in after]
    assert [p[0] for p in after] == pytest.approx([p[0] for p in before], abs=0.001)


@pytest.mark.parametrize(
    ("held", "encoder", "container", "expected"),
    [
        (".mkv", "libopus", ".mp4", "opus"),
        (".mkv", "vorbis", ".mp4", "vorbis"),
        (".mkv", "flac", ".mp4", "flac"),
        (".mov", "pcm_s16le", ".mp4", "aac"),
        (".mov", "pcm_s16le", ".mov", "pcm_s16le"),
        (".mov", "pcm_s16le", ".mkv", "pcm_s16le"),
        (".mkv", "flac", ".mov", "aac"),
        (".mkv", "vorbis", ".mov", "aac"),
        (".mp4", "aac", ".webm", "opus"),
        (".mkv", "ac3", ".webm", "opus"),
        (".mkv", "libopus", ".webm", "opus"),
        (".mp4", "aac", ".ts", "aac"),
        (".mkv", "flac", ".ts", "aac"),
        (".ts", "aac", ".mp4", "aac"),
    ],
)
def test_sound_is_encoded_only_where_it_must_be(
    tmp_path: Path, held: str, encoder: str, container: str, expected: str
) -> None:
    source = with_sound(tmp_path / f"in{held}", encoder)
    (note,) = through(source, tmp_path / f"o{container}")
    (kept,) = codecs(source)
    assert codecs(tmp_path / f"o{container}") == [expected]
    assert note.endswith("copied") == (kept == expected)
    sound = packets(tmp_path / f"o{container}", "audio")
    assert sound[-1][1] - max(0.0, sound[0][0]) == pytest.approx(2, abs=0.05)


def test_every_track_keeps_its_language_and_disposition(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "in.mkv", "aac", "libopus", languages=("eng", "deu"))
    through(source, tmp_path / "o.mkv")
    with av.open(str(tmp_path / "o.mkv")) as container:
        first, second = container.streams.audio
        assert (first.language, second.language) == ("eng", "deu")
        assert not first.disposition & 1 and second.disposition & 1


def test_no_audio_leaves_sound_and_subtitles_out(tmp_path: Path) -> None:
    source = with_subtitles(tmp_path / "in.mkv")
    assert through(source, tmp_path / "o.mkv", audio=False) == []
    assert codecs(tmp_path / "o.mkv") == []


@pytest.mark.parametrize(
    ("container", "expected"),
    [(".mkv", "subrip"), (".mp4", "mov_text"), (".mov", "mov_text"), (".webm", "webvtt")],
)
def test_subtitles_of_text_come_along(tmp_path: Path, container: str, expected: str) -> None:
    source = with_subtitles(tmp_path / "in.mkv")
    through(source, tmp_path / f"o{container}")
    assert codecs(tmp_path / f"o{container}")[1] == expected
    first, second = packets(tmp_path / f"o{container}", "subtitle")
    assert first[:2] == pytest.approx((0.2, 0.8), abs=0.002) and b"Hello" in first[2]
    assert second[:2] == pytest.approx((1.2, 1.7), abs=0.002) and b"Again" in second[2]


@pytest.mark.parametrize("container", [".mkv", ".mp4"])
def test_subtitles_are_cut_with_the_pictures(tmp_path: Path, container: str) -> None:
    source = with_subtitles(tmp_path / "in.mkv")
    through(source, tmp_path / f"o{container}", start="0.4", end="1")
    (only,) = packets(tmp_path / f"o{container}", "subtitle")
    assert only[:2] == pytest.approx((0, 0.4), abs=0.002)


def test_subtitles_go_from_mp4_to_matroska(tmp_path: Path) -> None:
    through(with_subtitles(tmp_path / "in.mkv"), tmp_path / "o.mp4")
    through(tmp_path / "o.mp4", tmp_path / "again.mkv")
    assert codecs(tmp_path / "again.mkv")[1] == "subrip"
    assert [b"Hello", b"Again"] == [p[2] for p in packets(tmp_path / "again.mkv", "subtitle")]


def with_chapters(path: Path) -> Path:
    plain = clip(path.with_name("plain.mp4"), frames=50)
    base = Fraction(1, 1000)
    with av.open(str(plain)) as source, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        output.metadata["title"] = "My film"
        chapters: Any = [
            {"id": n, "start": 1000 * n, "end": 1000 * (n + 1), "time_base": base,
             "metadata": {"title": f"Chapter {n}"}}
            for n in range(2)
        ]  # fmt: skip
        output.set_chapters(chapters)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    return path


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [("Chapter 0", 0, 1), ("Chapter 1", 1, 2)]),
        ({"start": "0.4"}, [("Chapter 0", 0, 0.6), ("Chapter 1", 0.6, 1.6)]),
        ({"start": "1.2", "end": "1.6"}, [("Chapter 1", 0, 0.4)]),
    ],
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_chapters_and_metadata_come_along(
    tmp_path: Path, suffix: str, settings: dict[str, str], expected: list[Any]
) -> None:
    source = with_chapters(tmp_path / f"in{suffix}")
    through(source, tmp_path / f"o{suffix}", **settings)
    with av.open(str(tmp_path / f"o{suffix}")) as container:
        assert container.metadata["title"] == "My film"
        found = [
            (c["metadata"]["title"], float(c["start"] * c["time_base"]),
             float(c["end"] * c["time_base"]))
            for c in container.chapters()
        ]  # fmt: skip
    for (name, *times), (title, *wanted) in zip(found, expected, strict=True):
        assert name == title
        assert times == pytest.approx(wanted, abs=0.002)


def test_attachments_stay_in_matroska(tmp_path: Path) -> None:
    plain = clip(tmp_path / "plain.mp4")
    with av.open(str(plain)) as source, av.open(str(tmp_path / "in.mkv"), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        output.add_attachment("font.ttf", "font/ttf", b"letters")
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    through(tmp_path / "in.mkv", tmp_path / "o.mkv")
    with av.open(str(tmp_path / "o.mkv")) as container:
        (attachment,) = container.streams.attachments
        assert attachment.metadata["filename"] == "font.ttf"
        assert attachment.data == b"letters"


def test_gif_says_that_it_holds_no_sound(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", sound=True)
    assert through(source, tmp_path / "o.gif") == ["gif holds no sound and no subtitles"]
