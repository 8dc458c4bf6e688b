"""Memory given back to the system."""

import sys
from pathlib import Path

import pytest

from vidstyle.pipeline.heap import give_back_holes


def resident() -> int:
    """Bytes of this process that lie in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def test_giving_back_twice_does_no_harm() -> None:
    before = [bytes(100) for _ in range(1000)]
    give_back_holes()
    give_back_holes()
    assert before == [bytes(100)] * 1000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_holes_between_what_is_kept_are_given_back() -> None:
    numpy = pytest.importorskip("numpy")
    pictures = [numpy.ones(100_000, numpy.uint8) for _ in range(800)]  # 80 MB, below mmap's size
    kept = pictures[::100]
    full = resident()
    del pictures
    give_back_holes()
    assert resident() < full - 40_000_000
    assert all(picture.all() for picture in kept)
