"""Frames that stay on a device from decoder to encoder: here the CPU's tensors stand in."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fakes import FakeStylizer
from media import clip, numbers_in, pictures_in
from needs import needs_cuda

import vidstyle
from vidstyle import session
from vidstyle.contracts import VideoInfo
from vidstyle.errors import PartialResult
from vidstyle.job import Job
from vidstyle.session import gpu_for, run
from vidstyle.sinks import open_sink
from vidstyle.sinks.codecs import Encoding
from vidstyle.stylizer import Drawing, load_stylizer


class TensorStylizer(FakeStylizer):
    """Gives the content back, which must be a tensor."""

    def draw(self, pixels: Any, *rest: Any) -> Any:
        assert isinstance(pixels, torch.Tensor)
        return super().draw(pixels, *rest)


def through(source: Path, sink: Path, device: str | None, stylizer: Any = None) -> list[np.ndarray]:
    """What a run writes, plane by plane, with frames on `device`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "gpu_for", lambda *_: device)
        job = Job(str(source), str(sink), "ink", codec="ffv1")
        run(job, stylizer=stylizer or (TensorStylizer() if device else FakeStylizer()))
    return numbers_in(sink)


def off(one: list[np.ndarray], other: list[np.ndarray]) -> int:
    pairs = zip(one, other, strict=True)
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in pairs)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv444p", "yuva444p"])
def test_tensors_are_read_and_written_as_arrays_are(tmp_path: Path, pix_fmt: str) -> None:
    pictures = None
    if pix_fmt == "yuva444p":
        pictures = list(np.random.default_rng(0).integers(0, 256, (3, 48, 64, 4), np.uint8))
    source = clip(tmp_path / "in.mkv", codec="ffv1", pix_fmt=pix_fmt, frames=9, pictures=pictures)
    expected = through(source, tmp_path / "a.mkv", None)
    assert off(through(source, tmp_path / "b.mkv", "cpu"), expected) <= 1


def test_a_network_draws_tensors_as_it_draws_arrays(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mkv", codec="ffv1", frames=4)
    stylizer = load_stylizer(Drawing(runtime="torch", device="cpu", precision="fp32"))
    expected = through(source, tmp_path / "a.mkv", None, stylizer)
    assert off(through(source, tmp_path / "b.mkv", "cpu", stylizer), expected) <= 2


def test_a_change_of_size_on_the_way_is_scaled_to_the_first(tmp_path: Path) -> None:
    small, large = clip(tmp_path / "a.h264", frames=4), clip(tmp_path / "b.h264", height=64)
    both = tmp_path / "c.h264"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    through(both, tmp_path / "out.mkv", "cpu")
    drawn = pictures_in(tmp_path / "out.mkv")
    assert len(drawn) == 14 and {each.shape for each in drawn} == {(48, 64, 3)}


def test_what_was_drawn_before_an_error_is_written(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (30, 48, 64, 3), np.uint8)
    source = clip(
        tmp_path / "in.mp4", pictures=list(noise), container_options={"movflags": "+faststart"}
    )
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(PartialResult) as caught:
        through(source, tmp_path / "o.mkv", "cpu")
    with pytest.raises(PartialResult) as expected:
        through(source, tmp_path / "p.mkv", None)
    assert len(pictures_in(Path(caught.value.kept))) == len(pictures_in(Path(expected.value.kept)))


@pytest.mark.parametrize(
    ("info", "name", "takes"),
    [
        ({}, "a.mp4", True), ({"bits": 10}, "a.mkv", True), ({"layout": "444"}, "a.mkv", False),
        ({"layout": "rgb"}, "a.mp4", True), ({"alpha": True}, "a.mkv", False),
        ({"count": 1}, "a.png", False), ({}, "%d.png", False), ({}, "a.gif", False),
    ],
    ids=str,
)  # fmt: skip
def test_plain_video_is_given_to_its_encoder_as_tensors(
    tmp_path: Path, info: dict[str, Any], name: str, takes: bool
) -> None:
    sink = open_sink(str(tmp_path / name), VideoInfo(64, 48, **info), Encoding())
    assert sink.takes_tensors == takes


def job(**settings: Any) -> Job:
    return Job("in.mp4", "out.mp4", "ink", **settings)


def on(device: str) -> Any:
    stylizer = FakeStylizer()
    stylizer.device = device
    return stylizer


def test_frames_stay_on_the_gpu_that_draws_them() -> None:
    assert gpu_for(job(device="cuda", runtime="torch")) == "cuda:0"
    assert gpu_for(job(), on("cuda:1")) == "cuda:1"


def test_frames_drawn_on_the_cpu_stay_on_the_host() -> None:
    assert gpu_for(job(device="cpu")) is None
    assert gpu_for(job(), on("cpu")) is None


@pytest.mark.parametrize(
    "settings",
    [
        {"mask": "mask.png"}, {"keep_color": "luminance"}, {"size": "720p"}, {"max_size": "720p"},
        {"side_by_side": True}, {"network": "gatys"},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_host_computes_keeps_frames_there(settings: dict[str, Any]) -> None:
    assert gpu_for(job(device="cuda:0", runtime="torch", **settings)) is None


@needs_cuda
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
def test_a_clip_goes_through_a_gpu_as_through_the_host(tmp_path: Path, pix_fmt: str) -> None:
    source = clip(tmp_path / "in.mkv", pix_fmt=pix_fmt, width=320, height=240, frames=60)
    expected = through(source, tmp_path / "a.mkv", None)
    assert off(through(source, tmp_path / "b.mkv", "cuda:0"), expected) <= 1


@needs_cuda
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
def test_a_clip_is_drawn_on_a_gpu_as_its_frames_are_one_by_one(
    tmp_path: Path, pix_fmt: str
) -> None:
    source = clip(tmp_path / "in.mkv", pix_fmt=pix_fmt, width=320, height=240, frames=50)
    settings = {"runtime": "torch", "device": "cuda:0", "precision": "fp32"}
    drawn = [frame.pixels for frame in vidstyle.frames(source, "ink", **settings)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vidstyle.api.gpu_for", lambda *_: None)
        expected = [frame.pixels for frame in vidstyle.frames(source, "ink", **settings)]
    level = 1 if pix_fmt == "yuv420p" else 257
    for ours, theirs in zip(drawn, expected, strict=True):
        assert np.abs(ours - theirs.astype(float)).mean() < level
