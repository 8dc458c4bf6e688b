"""Runs a command; an error becomes one line and an exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click

from vidstyle.cli.commands import vidstyle
from vidstyle.errors import VidstyleError

_USAGE, _INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code (see vidstyle/errors.py)."""
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    _speak(logging.INFO)
    try:
        result = vidstyle.main(arguments, prog_name="vidstyle", standalone_mode=False)
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
    except (KeyboardInterrupt, click.Abort):
        return _fail("Interrupted; nothing was kept.", _INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone, as in `vidstyle styles | head`
        sys.stderr.close()
        return 1


def _fail(message: str, code: int) -> int:
    print(f"vidstyle: {' '.join(message.split())}", file=sys.stderr, flush=True)
    return code


def _speak(level: int) -> None:
    """Show what vidstyle logs; other libraries keep their own silence."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Format())
    logger = logging.getLogger("vidstyle")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


class _Format(logging.Formatter):
    """The message, warnings marked as such."""

    def format(self, record: logging.LogRecord) -> str:
        mark = "Warning: " if record.levelno >= logging.WARNING else ""
        return mark + record.getMessage()
