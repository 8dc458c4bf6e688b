"""Cameras by number and by name, as a system with three of them would tell."""

from types import SimpleNamespace

import pytest

from vidstyle.errors import DeviceError
from vidstyle.sources import cameras as module
from vidstyle.sources.cameras import cameras, find_camera, opening_of


def device(name, description, *kinds):
    return SimpleNamespace(name=name, description=description, media_types=list(kinds))


@pytest.fixture
def three(monkeypatch):
    found = [
        device("/dev/video0", "Face Cam", "video"),
        device("hw:0", "A microphone", "audio"),
        device("/dev/video2", "Desk Cam", "video"),
        device("/dev/video4", "Desk Cam Pro", "video"),
    ]
    monkeypatch.setattr(module.av, "enumerate_input_devices", lambda kind: found)


def test_microphones_are_no_cameras(three):
    assert [(camera.number, camera.name) for camera in cameras()] == [
        (0, "Face Cam"), (1, "Desk Cam"), (2, "Desk Cam Pro"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "address"),
    [
        ("0", "/dev/video0"),
        ("2", "/dev/video4"),
        ("face", "/dev/video0"),
        ("Desk Cam", "/dev/video2"),
        ("/dev/video4", "/dev/video4"),
    ],
)
def test_a_camera_is_found_by_number_name_or_address(three, wanted, address):
    assert find_camera(wanted).address == address


def test_one_of_several_must_be_chosen(three):
    with pytest.raises(DeviceError, match=r"Several.*1 \(Desk Cam\), 2 \(Desk Cam Pro\)"):
        find_camera("desk")


def test_those_that_are_there_are_named(three):
    with pytest.raises(DeviceError, match=r"no camera '7'. There are: 0 \(Face Cam\)"):
        find_camera("7")


def test_where_there_is_none_that_is_said(monkeypatch):
    monkeypatch.setattr(module.av, "enumerate_input_devices", lambda kind: [])
    with pytest.raises(DeviceError, match="None is plugged in"):
        find_camera("0")


def test_rate_and_size_are_asked_for(three, monkeypatch):
    monkeypatch.setattr(module.sys, "platform", "linux")
    opening = opening_of(find_camera("1"), 30000 / 1001, (480, 640))
    assert (opening.file, opening.format) == ("/dev/video2", "v4l2")
    assert opening.options == {"framerate": "30000/1001", "video_size": "640x480"}
    monkeypatch.setattr(module.sys, "platform", "win32")
    assert opening_of(find_camera("1"), 30, None).file == "video=/dev/video2"
