"""Tiny trainings are fastest on one thread, and need no exact feedback."""

import pytest
from training import on_one_thread

from vidstyle.train import response


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    with on_one_thread():
        yield


@pytest.fixture(autouse=True, scope="package")
def few_codes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(response, "CODES", 2)
        yield
