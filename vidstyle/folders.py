"""Where files lie: those that come with vidstyle, and those that it keeps for this user."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = {"configs": "configs", "styles": "samples/styles"}  # outside the package there


def packaged(name: str) -> Path:
    """The folder "configs", "models" or "styles": in the installed package or in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / _CHECKOUT[name]


def data_folder() -> Path:
    """Imported weights: VIDSTYLE_DATA, or the place that the system has for such things."""
    if chosen := os.environ.get("VIDSTYLE_DATA"):
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path("vidstyle", appauthor=False)


def cache_folder() -> Path:
    """What can be made anew: VIDSTYLE_CACHE, or the place that the system has for such things."""
    if chosen := os.environ.get("VIDSTYLE_CACHE"):
        return Path(chosen)
    import platformdirs

    return platformdirs.user_cache_path("vidstyle", appauthor=False)


def engines_folder() -> Path:
    """Engines: a checkout has a folder for them; installed, or with VIDSTYLE_CACHE, the cache."""
    from_checkout = not (_PACKAGE / "configs").is_dir()
    if from_checkout and not os.environ.get("VIDSTYLE_CACHE"):
        return _PACKAGE.parent / "engines"
    return cache_folder() / "engines"
