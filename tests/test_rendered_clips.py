"""The rendered sample clips tell the truth about their motion."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[1] / "samples" / "render_clips.py"
NAMES = ("valley", "tabletop", "night-train")


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("render_clips", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def clips() -> ModuleType:
    return load_script()


@pytest.mark.parametrize("name", NAMES)
def test_flow_explains_what_is_visible_and_only_that(clips: ModuleType, name: str) -> None:
    before, frame = clips.render(name, range(60, 62))
    assert clips.flow_error(before, frame) < 1.5

    error = np.abs(clips.carry(before.pixels, frame.flow) - frame.pixels).mean(-1)
    assert error[frame.occluded].mean() > 5 * error[~frame.occluded].mean()


def test_first_frame_has_nothing_before_it(clips: ModuleType) -> None:
    (first,) = clips.render("tabletop", range(1))
    assert first.pixels.shape == (clips.HEIGHT, clips.WIDTH, 3)
    assert first.pixels.dtype == np.uint8
    assert not first.flow.any()
    assert first.occluded.all()


def test_rendering_again_gives_the_same_pixels(clips: ModuleType) -> None:
    (once,) = clips.render("tabletop", range(40, 41))
    (again,) = load_script().render("tabletop", range(40, 41))
    np.testing.assert_array_equal(once.pixels, again.pixels)
    np.testing.assert_array_equal(once.flow, again.flow)


def test_every_clip_is_listed(clips: ModuleType) -> None:
    assert set(clips.CLIPS) == set(NAMES)
