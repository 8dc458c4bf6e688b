"""What holds for all tests."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Nothing is taken from, or left in, the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIDSTYLE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
