"""The virtual camera: a device where there is one, and a driver that tells what it got."""

import importlib
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from vidstyle.errors import DeviceError, VidstyleError
from vidstyle.live.outlets import Shown
from vidstyle.live.sinks import open_live_sink

PICTURE = Shown(np.full((48, 64, 3), 7, np.uint8), 0.0, 0.0, None)


class Driver:
    """As pyvirtualcam's Camera."""

    def __init__(self, width, height, fps, device=None):
        if device == "none":
            raise RuntimeError("'v4l2loopback' backend: no device.\nmore")
        self.asked, self.sent, self.closed = (width, height, fps, device), [], False

    def send(self, pixels):
        if self.closed:
            raise RuntimeError("closed")
        self.sent.append(pixels)

    def close(self):
        self.closed = True


@pytest.fixture
def driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", SimpleNamespace(Camera=Driver))
    monkeypatch.delitem(sys.modules, "vidstyle.live.virtual_camera", raising=False)
    yield
    sys.modules.pop("vidstyle.live.virtual_camera", None)


def test_pictures_reach_the_device(driver):
    camera = open_live_sink("camera:/dev/video9", [])
    camera.open(48, 64, 30)
    camera.write(PICTURE)
    camera.close()
    assert camera._camera.asked == (64, 48, 30, "/dev/video9")
    assert camera._camera.closed and np.array_equal(camera._camera.sent[0], PICTURE.pixels)


def test_without_a_device_it_is_said_how_to_get_one(driver, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(DeviceError, match="no device.: load the kernel's module") as caught:
        open_live_sink("camera:none", []).open(48, 64, 30)
    assert "\n" not in str(caught.value)


def test_a_device_that_goes_is_said(driver):
    camera = open_live_sink("camera", [])
    camera.open(48, 64, 30)
    camera.close()
    with pytest.raises(VidstyleError, match="is gone"):
        camera.write(PICTURE)


def test_without_the_package_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    monkeypatch.delitem(sys.modules, "vidstyle.live.virtual_camera", raising=False)
    with pytest.raises(VidstyleError, match=r"vidstyle\[camera\]"):
        open_live_sink("camera", [])


def test_a_real_device_takes_a_picture():
    pytest.importorskip("pyvirtualcam")
    sys.modules.pop("vidstyle.live.virtual_camera", None)
    module = importlib.import_module("vidstyle.live.virtual_camera")
    camera = module.VirtualCamera()
    try:
        camera.open(720, 1280, 30)
    except DeviceError as error:
        pytest.skip(str(error))
    camera.write(Shown(np.zeros((720, 1280, 3), np.uint8), 0.0, 0.0, None))
    assert camera._camera.frames_sent == 1
    camera.close()
