"""Runs a command; an error becomes one line and an exit code."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Sequence

import click

from vidstyle.cli.commands import vidstyle
from vidstyle.errors import VidstyleError

_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code (see vidstyle/errors.py)."""
    code = _run(arguments)
    if code > 128:  # C++ aborts where a thread of OpenVINO was cut short while it started
        os._exit(code)
    gc.freeze()  # else Python looks through all that was loaded, for a fifth of a second
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    _speak(logging.INFO)
    # Its converter of models, which nothing here needs, makes OpenVINO take twice as long to load.
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
    try:
        result = vidstyle.main(arguments, prog_name="vidstyle", standalone_mode=False)
        if sys.stdout is not None:  # closed by the shell: >&-
            sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except VidstyleError as error:
        return _fail(str(error), error.exit_code)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as help_page:
        click.echo(help_page.format_message())
        return _USAGE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f" See: {context.command_path} --help" if context is not None else ""
        return _fail(error.format_message() + hint, _USAGE)
    except (KeyboardInterrupt, click.Abort):  # before a command listens to signals itself
        return _fail("Interrupted; nothing was kept.", 130)
    except BrokenPipeError:  # as in `vidstyle styles | head`
        return _fail("The reader of standard output has gone.", 1)
    except OSError as error:
        return _fail(f"{error}.", 1)


def _fail(message: str, code: int) -> int:
    print(f"vidstyle: {' '.join(message.split())}", file=sys.stderr, flush=True)
    _leave_standard_output()
    return code


def _leave_standard_output() -> None:
    """Let Python's last flush not fail, and say so, where nobody reads any more."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _speak(level: int) -> None:
    """Show what vidstyle logs; other libraries keep their own silence."""
    logger = logging.getLogger("vidstyle")
    logger.handlers = [_Lines()]
    logger.setLevel(level)
    logger.propagate = False


class _Lines(logging.Handler):
    """One line for each message, warnings marked as such; above a progress bar where one is."""

    def emit(self, record: logging.LogRecord) -> None:
        mark = "Warning: " if record.levelno >= logging.WARNING else ""
        print(mark + record.getMessage(), file=sys.stderr)
