"""Frames that are wanted as tensors, and decoded by the GPU where there is one."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from media import clip, in_bits, smooth, turned
from needs import needs_cuda

from vidstyle.sources import Reading, open_source

HEVC = {"x265-params": "log-level=none"}


def read(path, **reading):
    """The frames of a source, their pixels as arrays, and the source."""
    with open_source(str(path), Reading(**reading)) as source:
        frames = list(source)
    return [
        (frame.time, np.asarray(torch.as_tensor(frame.pixels).cpu())) for frame in frames
    ], source


def same(path, device, tolerance=2, **reading):
    """Whether frames on `device` are those that the host reads; and the source of the former."""
    found, source = read(path, device=device, **reading)
    expected, reference = read(path, **reading)
    assert [time for time, _ in found] == [time for time, _ in expected]
    for (_, ours), (_, theirs) in zip(found, expected, strict=True):
        assert ours.dtype == theirs.dtype
        assert np.abs(ours.astype(int) - theirs).max() <= tolerance
    assert source.info == reference.info and source.lost == reference.lost
    return source


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
def test_plain_video_comes_as_tensors(tmp_path, pix_fmt):
    path = clip(tmp_path / "a.mp4", pix_fmt=pix_fmt, frames=5)
    with open_source(str(path), Reading(device="cpu")) as source:
        assert all(isinstance(frame.pixels, torch.Tensor) for frame in source)
    assert same(path, "cpu").decoder == "software"


@pytest.mark.parametrize(
    "settings",
    [
        {"codec": "ffv1", "pix_fmt": "yuv444p"}, {"codec": "ffv1", "pix_fmt": "yuv422p10le"},
        {"codec": "ffv1", "pix_fmt": "yuv420p10le", "color": (9, 1, 9, 16)},
        {"codec": "ffv1", "pictures": [np.dstack([in_bits(smooth(48, 64))] * 2)[..., :4]]},
    ],
    ids=["444", "422", "HDR", "alpha"],
)  # fmt: skip
def test_what_is_not_plain_comes_as_arrays(tmp_path, settings):
    if "pictures" in settings:
        settings = settings | {"pix_fmt": "yuva420p"}
    path = clip(tmp_path / "a.mkv", frames=3, **settings)
    with open_source(str(path), Reading(device="cpu")) as source:
        assert all(isinstance(frame.pixels, np.ndarray) for frame in source)
    same(path, "cpu", 0)


def test_turned_and_cut_video_comes_as_tensors(tmp_path):
    path = turned(clip(tmp_path / "a.mp4", frames=30), (0, 1, -1, 0))
    assert same(path, "cpu", start=Fraction(1, 2)).info.width == 48


@pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without a GPU")
def test_where_the_gpu_cannot_decode_it_is_done_in_software_and_that_is_said_once(tmp_path, caplog):
    path = clip(tmp_path / "a.mp4", frames=3)
    with open_source(str(path), Reading(device="cuda:0")) as source:
        assert source.decoder == "software" and source.info.count == 3
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "is decoded in software" in caplog.text


def test_a_video_that_cannot_be_read_is_refused_as_on_the_host(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0" * 100)
    messages = []
    for device in (None, "cuda:0"):
        with pytest.raises(Exception, match="cannot be read as a video") as caught:
            open_source(str(tmp_path / "a.mp4"), Reading(device=device)).__enter__()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@needs_cuda
@pytest.mark.parametrize(
    ("codec", "pix_fmt", "options"),
    [
        ("libx264", "yuv420p", {}), ("libx265", "yuv420p", HEVC), ("libx265", "yuv420p10le", HEVC),
        ("libvpx-vp9", "yuv420p", {"deadline": "realtime"}),
    ],
    ids=["h264", "hevc", "hevc10", "vp9"],
)  # fmt: skip
def test_nvdec_gives_what_software_gives(tmp_path, caplog, codec, pix_fmt, options):
    path = clip(
        tmp_path / "a.mkv", codec=codec, pix_fmt=pix_fmt, options=options,
        width=322, height=242, frames=80,
    )  # fmt: skip
    assert same(path, "cuda:0").decoder == "nvdec"
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


@needs_cuda
def test_nvdec_begins_where_it_is_asked_to(tmp_path):
    path = clip(tmp_path / "a.mp4", width=320, height=240, frames=100)
    assert same(path, "cuda:0", start=Fraction(2), end=Fraction(3)).decoder == "nvdec"


@needs_cuda
def test_turned_video_is_turned_on_the_gpu(tmp_path):
    path = turned(clip(tmp_path / "a.mp4", width=320, height=240), (0, 1, -1, 0))
    assert same(path, "cuda:0").decoder == "nvdec"


@needs_cuda
def test_interlaced_and_hdr_video_is_fetched_from_nvdec(tmp_path):
    fields = {"flags": "+ildct+ilme", "x264-params": "tff=1"}
    woven = clip(tmp_path / "a.mp4", width=320, height=240, options=fields)
    assert same(woven, "cuda:0").decoder == "nvdec"
    tags = {"color": (9, 1, 9, 16), "pix_fmt": "yuv420p10le"}
    hdr = clip(tmp_path / "b.mkv", codec="libx265", width=320, height=240, options=HEVC, **tags)
    assert same(hdr, "cuda:0", 0).decoder == "nvdec"


@needs_cuda
@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuv420p10le", "yuv444p"])
def test_h264_that_nvdec_does_not_know_is_decoded_in_software(tmp_path, caplog, pix_fmt):
    path = clip(tmp_path / "a.mp4", pix_fmt=pix_fmt, width=320, height=240)
    same(path, "cuda:0", 0 if "420" not in pix_fmt else 2)
    with open_source(str(path), Reading(device="cuda:0")) as source:
        decoder = source.decoder
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == (0 if decoder == "nvdec" else 2)  # one for each opening
