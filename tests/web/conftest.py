"""One page for all tests of a module that need no other."""

import pytest


@pytest.fixture(scope="module")
def page():
    """The address of a page with two places, and its event loop."""
    from guest import served, settings

    with served(settings()) as address_and_loop:
        yield address_and_loop


@pytest.fixture
def address(page):
    return page[0]
