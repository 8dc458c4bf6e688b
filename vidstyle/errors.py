"""Every error that vidstyle raises on purpose, each with the exit code of the command line.

VidstyleError               1  something failed; the message says what, and what to do
├── UsageError              2  an argument that cannot be
│   ├── UnknownName         2  a style, network, runtime or codec that is not there (a KeyError too)
│   └── OutputExists        2  the output is there already and may not be overwritten
├── InputError              3  a video, picture, style or checkpoint that cannot be read
├── DeviceError             4  a device, runtime or engine that cannot be had
│   └── MissingPackage      4  an optional package that is not installed (an ImportError too)
├── PartialResult           5  more frames were lost than allowed; what was drawn is kept
├── QualityGate             6  a figure is worse than the caller allows; all was written
└── Interrupted         128+n  a signal, or the caller, ended the run; what was drawn is kept

Exit code 0 means that every frame that was read is in the output.
"""

from __future__ import annotations

import difflib
import signal
from collections.abc import Iterable


class VidstyleError(Exception):
    """Something failed; the message is one line that says what was found and what to do."""

    exit_code = 1
    kept = ""  # the file with what was drawn, after a PartialResult or an Interrupted

    def __str__(self) -> str:
        message = " ".join(str(argument) for argument in self.args)
        return f"{message} What was drawn is kept as {self.kept!r}." if self.kept else message


class UsageError(VidstyleError):
    """An argument that cannot be."""

    exit_code = 2


class UnknownName(UsageError, KeyError):
    """A name that is in no table."""

    def __init__(self, kind: str, name: str, choices: Iterable[str], more: str = "") -> None:
        choices = list(choices)
        close = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=0.6)
        hint = f"Did you mean {close[0]!r}?" if close else f"Choose from: {', '.join(choices)}."
        super().__init__(" ".join(filter(None, [f"Unknown {kind} {name!r}.", hint, more])))


class OutputExists(UsageError):
    """The output is there already and may not be overwritten."""


class InputError(VidstyleError):
    """A video, picture, style or checkpoint that cannot be read."""

    exit_code = 3


class DeviceError(VidstyleError):
    """A device, runtime or engine that cannot be had."""

    exit_code = 4


class MissingPackage(DeviceError, ImportError):
    """An optional package that is not installed."""


class PartialResult(VidstyleError):
    """More frames were lost than allowed; what was drawn is kept beside the wished output."""

    exit_code = 5


class QualityGate(VidstyleError):
    """A figure is worse than the caller allows; what was asked for is written all the same."""

    exit_code = 6


class Interrupted(VidstyleError):
    """A signal, or the caller, ended the run; what was drawn is kept."""

    def __init__(self, message: str, signal_number: int = signal.SIGINT) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number
