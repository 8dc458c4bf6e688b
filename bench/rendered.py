"""The script that renders the sample clips, with their exact flow."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any


def renderer() -> Any:
    """samples/render_clips.py, as a module."""
    path = Path(__file__).parents[1] / "samples/render_clips.py"
    spec: Any = importlib.util.spec_from_file_location("render_clips", path)
    script = sys.modules["render_clips"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script
