"""What holds for all tests."""

import os
import signal

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def heard_interrupts():
    """Ctrl-C counts even where the tests are a shell's job in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True, scope="session")
def shared_cores():
    """Processes that test side by side, by pytest-xdist, do not take each other's cores."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Nothing is taken from, or left in, the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIDSTYLE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def seeded():
    """First weights are the same in every run: torch begins with a seed of its own each time."""
    torch.manual_seed(0)
