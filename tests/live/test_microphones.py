"""Microphones by name, as each system would tell them."""

import time
from types import SimpleNamespace

import pytest

from vidstyle.errors import DeviceError
from vidstyle.sources import microphones as module
from vidstyle.sources.microphones import Listener, Microphone, find_microphone, microphones
from vidstyle.sources.sound import Heard


def device(name, description, *kinds):
    return SimpleNamespace(name=name, description=description, media_types=list(kinds))


def system(monkeypatch, platform, formats, found):
    monkeypatch.setattr(module.sys, "platform", platform)
    monkeypatch.setattr(module.av, "formats_available", formats)
    monkeypatch.setattr(module.av, "enumerate_input_devices", lambda format: found)


@pytest.fixture
def linux(monkeypatch):
    found = [
        device("null", "Discard all samples"),
        device("default", "Default ALSA Output"),
        device("front:CARD=Desk,DEV=0", "Desk Mic, USB Audio\nFront output"),
        device("plughw:CARD=Desk,DEV=0", "Desk Mic, USB Audio\nHardware device"),
        device("plughw:CARD=Face,DEV=0", "Face Cam, USB Audio\nHardware device"),
    ]
    system(monkeypatch, "linux", {"alsa"}, found)


def test_alsa_lists_each_microphone_once(linux):
    assert [(one.name, one.address) for one in microphones()] == [
        ("Default ALSA Output", "default"),
        ("Desk Mic, USB Audio", "plughw:CARD=Desk,DEV=0"),
        ("Face Cam, USB Audio", "plughw:CARD=Face,DEV=0"),
    ]


@pytest.mark.parametrize(
    ("platform", "format", "address"),
    [("win32", "dshow", "audio=Desk Mic"), ("darwin", "avfoundation", ":Desk Mic")],
)
def test_cameras_are_no_microphones(monkeypatch, platform, format, address):
    found = [device("Face Cam", "Face Cam", "video"), device("Desk Mic", "Desk Mic", "audio")]
    system(monkeypatch, platform, {format}, found)
    assert microphones() == [Microphone("Desk Mic", address, format)]


@pytest.mark.parametrize(
    ("wanted", "address"),
    [(None, "default"), ("desk", "plughw:CARD=Desk,DEV=0"), ("default", "default")],
)
def test_a_microphone_is_found_by_a_part_of_its_name(linux, wanted, address):
    assert find_microphone(wanted).address == address


def test_one_of_several_must_be_chosen_and_those_there_are_named(linux):
    with pytest.raises(DeviceError, match=r"Several.*'usb': Desk Mic, USB Audio, Face Cam"):
        find_microphone("usb")
    with pytest.raises(DeviceError, match=r"no microphone 'stage'. There are: Default ALSA"):
        find_microphone("stage")


def test_one_that_cannot_be_opened_is_said():
    broken = Listener(Microphone("Desk", "nosuchfilter", "lavfi"), Heard())
    with pytest.raises(DeviceError, match=r"microphone 'Desk' cannot be opened: .*"):
        broken.__enter__()
    silent = Listener(Microphone("Desk", "color=red", "lavfi"), Heard())
    with pytest.raises(DeviceError, match="gives no sound"):
        silent.__enter__()


def test_one_that_is_pulled_out_is_heard_again(monkeypatch):
    monkeypatch.setattr(module, "_WAIT", 0.01)
    heard = Heard()
    with Listener(Microphone("Desk", "sine=duration=0.2", "lavfi"), heard):
        for _ in range(3000):
            if heard.since(0)[1] >= 40:  # a take has about ten pieces
                break
            time.sleep(0.01)
    assert heard.since(0)[1] >= 40
