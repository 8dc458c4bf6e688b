"""Tiny trainings: on one thread, with rough feedback, and without graphs."""

from functools import partial

import pytest
from training import on_one_thread

from vidstyle.networks import importing
from vidstyle.styles import squared
from vidstyle.train import charts, data, response


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with on_one_thread():
        yield


@pytest.fixture(autouse=True, scope="module")
def rough():
    """Graphs alone would take longer than all else; cli/test_train.py exports some."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(response, "CODES", 2)
        patch.setattr(response, "_SIDE", 64)
        patch.setattr(importing, "write_graphs", lambda model: None)
        yield


@pytest.fixture(scope="module")
def small_styles():
    with pytest.MonkeyPatch.context() as patch:
        for reader in (charts, data):
            patch.setattr(reader, "squared", partial(squared, side=128))
        yield
