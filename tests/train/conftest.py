"""Tiny trainings are fastest on one thread."""

import pytest
from training import on_one_thread


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    with on_one_thread():
        yield
