"""What cannot be: one line, an exit code, nothing lost, nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fakes import command_line, typed
from media import clip, picture
from PIL import Image

USAGE, INPUT, DEVICE = 2, 3, 4

CASES = [
    (INPUT, "missing.mp4 o.mp4", "does not exist"),
    (INPUT, "cut.mp4 o.mp4", "cannot be read as a video"),
    (INPUT, "noise.mp4 o.mp4", "cannot be read as a video"),
    (INPUT, "empty.mp4 o.mp4", "cannot be read as a video"),
    (INPUT, "sound.mp4 o.mp4", "no video"),
    (INPUT, "folder o.mp4", "no photograph in the folder"),
    (INPUT, "bomb.png o.png", "--max-pixels"),
    (INPUT, "empty.png o.png", "not a picture"),
    (INPUT, "f%d.png o.mp4", "no picture that fits"),
    (INPUT, "in.mp4 o.mp4 --style noise.mp4", "not a picture"),
    (INPUT, "in.mp4 o.mp4 --style empty.png", "not a picture"),
    (INPUT, "in.mp4 o.mp4 --style bomb.png", "30000x30000"),
    (INPUT, "in.mp4 o.mp4 --style none.jpg", "no style picture"),
    (INPUT, "in.mp4 o.mp4 --start 0:50", "no frame in the part asked for"),
    (INPUT, "in.mp4 o.mp4 --job none.toml", "cannot be read"),
    (USAGE, "in.mp4 o.mp4 --style stary-night", "Did you mean 'starry-night'?"),
    (USAGE, "in.mp4 o.mp4 --network microats", "Did you mean 'microast'?"),
    (USAGE, "in.mp4 o.mp4 --network nonsense", "Unknown network"),
    (USAGE, "in.mp4 o.mp4 --runtime openvin", "Did you mean 'openvino'?"),
    (USAGE, "in.mp4 o.mp4 --codec ffv2", "Did you mean 'ffv1'?"),
    (USAGE, "in.mp4 o.mp4 --codec nonsense", "Choose from: h264"),
    (USAGE, "in.mp4 o.mp4 --codec aac", "encodes audio"),
    (USAGE, "in.mp4 o.gif --codec vp9", "holds no vp9"),
    (USAGE, "in.mp4 o.webm --codec h264", "holds no h264"),
    (USAGE, "in.mp4 o.mkv --codec mjpeg --pix-fmt yuv420p", "does not work in matroska"),
    (USAGE, "in.mp4 - --codec h264", "y4m"),
    (USAGE, "in.mp4 o.mp4 --strength 7", "--strength is 0 to 1; got 7."),
    (USAGE, "in.mp4 o.mp4 --strength nan", "got nan"),
    (USAGE, "in.mp4 o.mp4 --strength much", "not a valid float"),
    (USAGE, "in.mp4 o.mp4 --size 0x0", "A side is 1 to 16384"),
    (USAGE, "in.mp4 o.mp4 --size large", "A size is"),
    (USAGE, "in.mp4 o.mp4 --crf 99", "--crf is 0 to 63"),
    (USAGE, "in.mp4 o.mp4 --crf 9 --bitrate 1M", "exclude one another"),
    (USAGE, "in.mp4 o.mp4 --preset nonsense", "Unknown preset"),
    (USAGE, "in.mp4 o.mp4 --codec hevc --preset nonsense", "Unknown preset"),
    (USAGE, "in.mp4 o.mp4 --codec av1 --preset nonsense", "Unknown preset"),
    (USAGE, "in.mp4 o.mp4 --bitrate x", "--bitrate is a number"),
    (USAGE, "in.mp4 o.mp4 --pix-fmt nonsense", "no pixel format 'nonsense'"),
    (USAGE, "in.mp4 - --pix-fmt nonsense", "no pixel format 'nonsense'"),
    (USAGE, "in.mp4 o.mp4 --start 5 --end 3", "does not come after"),
    (USAGE, "in.mp4 o.mp4 --start soon", "is a time such as"),
    (USAGE, "in.mp4 o.mp4 --precision int8", "--precision is"),
    (USAGE, "in.mp4 o.mp4 --fps 0", "--fps is"),
    (USAGE, "in.mp4 o.mp4 --network gatys --steps 0", "--steps is at least 1; got 0."),
    (USAGE, "in.mp4 o.mp4 --network gatys --optimizer sgd", "Unknown optimizer 'sgd'"),
    (USAGE, "in.mp4 o.mp4 --network gatys --precision fp16", "fp32, bf16"),
    (USAGE, "in.mp4 o.mp4 --network gatys --runtime openvino", "--runtime torch alone"),
    (USAGE, "in.mp4 o.mp4 --network gatys --progress-picture in.mp4", "is the input itself"),
    (USAGE, "in.mp4 o.mp4 --steps 9", "--steps is for networks that draw by optimization"),
    (USAGE, "rtsp://nowhere/a o.mp4 --network gatys", "far slower than live video"),
    (INPUT, "in.mp4 o.mp4 --network gatys --vgg noise.mp4", "noise.mp4"),
    (INPUT, "in.mp4 o.mp4 --network gatys --vgg none.pth", "no file 'none.pth'"),
    (USAGE, "in.mp4 o.mp4 --max-errors 3", "--max-errors is"),
    (USAGE, "in.mp4 o.mp4 --raw 64x48", "--raw"),
    (USAGE, "in.mp4 o.mp4 --stlye ink", "--style"),
    (USAGE, "in.mp4", "OUT is missing"),
    (USAGE, "in.mp4 o.xyz", "no kind of file"),
    (USAGE, "in.mp4 o.jpg", "holds one picture"),
    (USAGE, "in.mp4 o%03d.mp4", "a kind of picture"),
    (USAGE, "in.mp4 no/such/o.mp4", "no folder"),
    (USAGE, "in.mp4 folder", "is a folder"),
    (USAGE, "in.mp4 old.mp4", "is there already"),
    (USAGE, "in.mp4 in.mp4 --overwrite", "is the input itself"),
    (USAGE, "in.mp4 symbolic.mp4 --overwrite", "is the input itself"),
    (USAGE, "in.mp4 hard.mp4 --overwrite", "is the input itself"),
    (USAGE, "in.mp4 - --json", "choose one"),
    (USAGE, "in.mp4 o.mp4 --save-job old.mp4", "is there already"),
    (1, "in.mp4 o.mp4 --save-job no/such.toml", "cannot be written"),
    (DEVICE, "in.mp4 o.mp4 --codec h264_qsv", "hardware encoder"),
    (DEVICE, "in.mp4 o.mp4 --device cuda:9", "cuda:9"),
    (DEVICE, "in.mp4 o.mp4 --device abacus", "abacus"),
    (DEVICE, "in.mp4 o.mp4 --runtime openvino --device cuda:0", "--device cpu"),
    (DEVICE, "in.mp4 o.mp4 --runtime openvino --precision fp16 --strength 1", "fp16"),
]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good and bad files; no test may change them."""
    folder = tmp_path_factory.mktemp("inputs")
    clip(folder / "in.mp4", sound=True)
    (folder / "cut.mp4").write_bytes((folder / "in.mp4").read_bytes()[:2000])
    (folder / "noise.mp4").write_bytes(os.urandom(3000))
    for name in ("empty.mp4", "empty.png"):
        (folder / name).touch()
    clip(folder / "sound.mp4", sound=True)
    _drop_pictures(folder / "in.mp4", folder / "sound.mp4")
    Image.new("1", (30000, 30000)).save(folder / "bomb.png")
    (folder / "old.mp4").write_text("keep")
    (folder / "symbolic.mp4").symlink_to("in.mp4")
    os.link(folder / "in.mp4", folder / "hard.mp4")
    (folder / "folder").mkdir()
    return folder


def _drop_pictures(source: Path, sink: Path) -> None:
    import av

    with av.open(str(source)) as container, av.open(str(sink), "w") as output:
        sound = container.streams.audio[0]
        stream = output.add_stream_from_template(sound)
        for packet in container.demux(sound):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)


@pytest.mark.parametrize(("code", "words", "said"), CASES, ids=[case[1] for case in CASES])
def test_one_line_and_nothing_left(
    inputs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    code: int,
    words: str,
    said: str,
) -> None:
    monkeypatch.chdir(inputs)
    before = {path.name: path.stat().st_mtime_ns for path in inputs.iterdir()}
    arguments = ["stylize", *words.split(), "--quiet"]
    for option, value in (("--style", "ink"), ("--strength", "0")):
        arguments += [] if option in arguments else [option, value]
    assert typed(*arguments) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("vidstyle: ") and err.count("\n") == 1 and err.endswith("\n")
    assert said in err
    assert {path.name: path.stat().st_mtime_ns for path in inputs.iterdir()} == before
    assert (inputs / "old.mp4").read_text() == "keep"


def test_a_mistyped_command_is_guessed(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed("stylise", "in.mp4", "o.mp4") == USAGE
    assert "Did you mean 'stylize'?" in capfd.readouterr().err


def test_a_bad_photograph_is_named_and_the_others_are_drawn(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    picture(photos / "a.png", 40, 50)
    picture(photos / "b.jpg", 30, 20)
    (photos / "broken.jpg").write_text("no picture")
    code = typed("stylize", str(photos), str(tmp_path / "drawn"), "--style", "ink", "--quiet")
    assert code == 5
    assert "1 of 3 photographs could not be drawn: broken.jpg" in capfd.readouterr().err
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["a.png", "b.jpg"]
    with Image.open(tmp_path / "drawn" / "b.jpg") as drawn:
        assert drawn.size == (20, 30)


def _limit_files() -> None:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))


@pytest.mark.parametrize("name", ["o.mp4", "o.mkv", "o.gif", "o%d.png", "o.webm"])
def test_a_full_disk_is_one_line(tmp_path: Path, name: str) -> None:
    import numpy as np

    noise = np.random.default_rng(0).integers(0, 255, (8, 96, 128, 3), np.uint8)
    clip(tmp_path / "in.mkv", codec="ffv1", pictures=list(noise))
    done = command_line(
        "stylize", "in.mkv", name, "--style", "ink", "--strength", "0", "--quiet",
        folder=tmp_path, preexec_fn=_limit_files,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "no room left" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


def test_a_folder_that_vanishes_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    clip(tmp_path / "in.mp4")

    def vanish(self: object) -> None:
        (tmp_path / "out").rmdir()

    monkeypatch.setattr("vidstyle.sinks.draft.Draft.check", vanish)
    code = typed(
        "stylize", str(tmp_path / "in.mp4"), str(tmp_path / "out" / "o.mp4"),
        "--style", "ink", "--strength", "0", "--quiet",
    )  # fmt: skip
    assert code == 1
    assert capfd.readouterr().err.count("\n") == 1


def test_a_truncated_clip_ends_with_5(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    clip(Path("in.mp4"), frames=60, container_options={"movflags": "+faststart"})
    whole = Path("in.mp4").read_bytes()
    Path("in.mp4").write_bytes(whole[: len(whole) * 3 // 4])
    code = typed("stylize", "in.mp4", "o.mp4", "--style", "ink", "--strength", "0", "--quiet")
    assert code == 5
    assert "kept as 'o.partial.mp4'" in capfd.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "o.partial.mp4"]
