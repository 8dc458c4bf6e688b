"""The command line."""

from vidstyle.cli.main import main

__all__ = ["main"]
