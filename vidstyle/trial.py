"""Trials of what a driver may crash or hold up: in a process of their own, with a time limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module

Trial = tuple[str, str]  # a function, as "module:name", and the word that it is called with


def outcomes(trials: Sequence[Trial], seconds: float) -> list[str]:
    """What came of each trial: "" where it works, else one line on why not.

    Args:
        trials: their functions raise an error where something does not work.
        seconds: for all of them together.
    """
    found: list[str] = []
    end = time.monotonic() + seconds
    while len(found) < len(trials):
        came, in_time = _run(trials[len(found) :], end - time.monotonic())
        found += came
        if not in_time:
            found += ["no answer in time"] * (len(trials) - len(found))
        elif len(found) < len(trials):
            found.append("its driver crashed")  # those after it are tried in another process
    return found


def _run(trials: Sequence[Trial], seconds: float) -> tuple[list[str], bool]:
    """The outcomes that came before the process ended, and whether it ended by itself."""
    in_time = True
    program = "from vidstyle.trial import _try; _try()"
    command = [sys.executable, "-P", "-c", program, json.dumps(trials)]
    try:
        said = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=max(seconds, 0), env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout  # fmt: skip
    except subprocess.TimeoutExpired as late:
        said, in_time = late.stdout or b"", False
    return [json.loads(line) for line in said.splitlines()], in_time


def _try() -> None:
    """What the process does: a line of JSON for each trial, as soon as it is over."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # drivers, too, write to standard output
        for function, word in json.loads(sys.argv[1]):
            print(json.dumps(_outcome(function, word)), file=answers, flush=True)


def _outcome(function: str, word: str) -> str:
    module, name = function.split(":")
    try:
        getattr(import_module(module), name)(word)
    except Exception as error:  # whatever it is, it does not work
        return (str(error) or type(error).__name__).splitlines()[0]
    return ""
