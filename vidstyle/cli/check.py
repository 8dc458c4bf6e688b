"""vidstyle check: how much does a drawn clip flicker?"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidstyle.cli.files import check_file
from vidstyle.cli.progress import Moment, make_progress
from vidstyle.cli.signals import ended_by_signals
from vidstyle.errors import InputError, QualityGate, UsageError

if TYPE_CHECKING:
    from vidstyle.comparison import Consistency


@click.command()
@click.argument("content", metavar="CONTENT")
@click.argument("drawn", metavar="STYLISED")
@click.option(
    "--json", "json_file", metavar="FILE", help="Write every figure there; -: standard output."
)
@click.option("--html", "page_file", metavar="FILE", help="Write a page with plots and pictures.")
@click.option(
    "--fail-above",
    type=float,
    metavar="X",
    help="End with code 6 if the first figure, 'above the content's own', 1 frame apart, is above.",
)
@click.option(
    "--flow",
    metavar="NAME",
    default="dis",
    help="How flow is found, or a file or folder of known flow (.flo, .npz). [dis]",
)
@click.option("--fps", type=float, metavar="N", help="Frame rate of numbered pictures. [25]")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something fails.")
def check(
    content: str,
    drawn: str,
    json_file: str | None,
    page_file: str | None,
    fail_above: float | None,
    flow: str,
    fps: float | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Say how much STYLISED, a drawing of CONTENT by whatever program, flickers.

    \b
    vidstyle check in.mp4 out.mp4
    vidstyle check in.mp4 out.mp4 --html report.html --json report.json
    vidstyle check in.mp4 frames/%05d.png --fps 24 --fail-above 0.03

    The frame before is moved along the content's optical flow and compared with this one, where
    that flow can be trusted. RMSE is the root of the mean squared difference, of colors in 0..1;
    above the content's own is sqrt(drawing^2 - content^2): what the content's own noise, light and
    wrong flow do not explain. Frames are shown to be one moment by their time since the first.
    """
    from vidstyle.cli.check_table import lines
    from vidstyle.comparison import check as compare
    from vidstyle.sinks.draft import write_text

    if quiet:
        logging.getLogger("vidstyle").setLevel(logging.ERROR)
    if fail_above is not None and not fail_above >= 0:
        raise UsageError(f"--fail-above is 0 or more; got {fail_above:g}.")
    for file in (json_file, page_file):
        if file not in (None, "-"):
            check_file(str(file), (content, drawn), overwrite)
    progress = make_progress(quiet)

    def on_frame(done: int, total: int | None) -> None:
        progress.update(Moment(done, total, "frames", None, "compared"))

    try:
        with ended_by_signals(reads_input="-" in (content, drawn)):
            found = compare(content, drawn, flow, fps, on_frame)
    finally:
        progress.close()
    if page_file is not None:
        from vidstyle.cli.check_page import page

        write_text(Path(page_file), page(found))
    if json_file not in (None, "-"):
        write_text(Path(str(json_file)), _json(found))
    if json_file == "-":
        print(_json(found))
    elif not quiet:
        print("\n".join(lines(found)))
    if fail_above is not None:
        _fail_above(found, fail_above)


def _fail_above(found: Consistency, most: float) -> None:
    if found.short is None:
        raise InputError("Whether the drawing flickers cannot be told: nothing could be compared.")
    if found.short.above > most:
        raise QualityGate(
            f"The RMSE above the content's own, 1 frame apart, is {found.short.above:.4g}, more "
            f"than the {most:g} of --fail-above."
        )


def _json(found: Consistency) -> str:
    values: dict[str, Any] = asdict(found)
    for moment in values["worst"]:
        del moment["picture"]
    return json.dumps(values, indent=2)
