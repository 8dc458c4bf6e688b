"""What people type. Heavy packages are loaded inside the commands, so that help is instant."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidstyle.cli.bench import bench
from vidstyle.cli.check import check
from vidstyle.cli.drawing import stylize_clip, stylize_folder
from vidstyle.cli.export import export
from vidstyle.cli.info import info
from vidstyle.cli.live import live
from vidstyle.cli.report import report
from vidstyle.cli.signals import ended_by_signals
from vidstyle.cli.train import train
from vidstyle.cli.weights import weights
from vidstyle.errors import Interrupted, UnknownName, UsageError

if TYPE_CHECKING:
    from vidstyle.job import Job


class _Commands(click.Group):
    """Commands in the order in which they are written; a mistyped one is guessed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownName("command", args[0], self.commands)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click would print an empty line
            raise Interrupted("Interrupted; nothing was kept.") from None


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(None, "--version", package_name="vidstyle", message="vidstyle %(version)s")
def vidstyle() -> None:
    """Stylize video clips and photographs with neural style transfer.

    \b
    vidstyle stylize in.mp4 out.mp4 --style starry-night
    vidstyle preview in.mp4 sheet.png
    vidstyle live
    vidstyle check in.mp4 out.mp4
    vidstyle bench
    vidstyle styles

    Exit codes: 0 done, 1 failure, 2 usage, 3 input, 4 device or engine, 5 partial result (what was
    drawn is kept beside the output as NAME.partial), 6 quality gate, 130 and 143 ended by a signal.
    """


def _complete_styles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from vidstyle.styles import bundled_styles

    return [name for name in bundled_styles() if name.startswith(incomplete)]


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several click options as one decorator, in reading order."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_drawing = _options(
    click.option(
        "--network", metavar="NAME", help="The network; see: vidstyle weights list. [swift]"
    ),
    click.option(
        "--strength", type=float, metavar="0..1", help="How strongly; 0 is the content itself. [1]"
    ),
    click.option("--runtime", metavar="NAME", help="A way to run it; see: vidstyle info. [auto]"),
    click.option("--device", metavar="NAME", help="auto, cpu, cuda:0, … [auto]"),
    click.option("--precision", metavar="NAME", help="auto, fp32, bf16 or fp16. [auto]"),
    click.option(
        "--keep-color",
        metavar="HOW",
        help="luminance: only brightness is drawn; match: the style in the content's colors.",
    ),
    click.option(
        "--style-size",
        type=int,
        metavar="PIXELS",
        help="Read styles at this size: larger, finer strokes. [384; capvstnet: their own]",
    ),
    click.option("--size", metavar="SIZE", help="Draw at 1280x720 or, for the height alone, 720p."),
    click.option(
        "--max-size", metavar="SIZE", help="Draw larger frames so small, and enlarge the drawing."
    ),
)
_optimizing = _options(
    click.option("--steps", type=int, metavar="N", help="gatys: steps at each scale. [30]"),
    click.option("--optimizer", metavar="NAME", help="gatys: lbfgs or adam. [lbfgs]"),
    click.option("--vgg", metavar="FILE", help="gatys: compare by a whole normalized VGG-19."),
)
_reading = _options(
    click.option(
        "--fps", type=float, metavar="N", help="Frame rate of numbered pictures and raw video. [25]"
    ),
    click.option("--raw", metavar="WxH", help="Standard input is raw RGB (8 bit) of this size."),
    click.option(
        "--max-pixels", type=int, metavar="N", help="Refuse pictures of more pixels. [67108864]"
    ),
)
_talking = _options(
    click.option("--overwrite", is_flag=True, default=None, help="Replace what is at the output."),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something fails."),
)


@vidstyle.command()
@click.argument("source", metavar="IN", required=False)
@click.argument("sink", metavar="OUT", required=False)
@click.option(
    "-s",
    "--style",
    metavar="STYLE",
    multiple=True,
    shell_complete=_complete_styles,
    help="A style's name (vidstyle styles) or a picture's path. Several mix: ink:0.7, mosaic:0.3.",
)
@click.option(
    "--style-at", metavar="TIME=STYLE", multiple=True, help="Change to it then: 0:05=ink."
)
@click.option("--fade", type=float, metavar="SECONDS", help="How long a change takes. [1]")
@click.option(
    "--mask",
    metavar="FILE[=STYLE]",
    multiple=True,
    help="Draw where a picture or clip is white, in a style of its own if one is given.",
)
@click.option("--feather", type=float, metavar="PIXELS", help="Soften a mask's edges. [2]")
@_drawing
@_optimizing
@click.option(
    "--progress-picture",
    metavar="FILE",
    help="gatys: keep the drawing so far in this picture, anew at each step.",
)
@click.option("--start", metavar="TIME", help="Begin there: 12.5, 1:30 or 0:01:30.")
@click.option("--end", metavar="TIME", help="Stop there.")
@click.option("--side-by-side", is_flag=True, default=None, help="Content left, drawing right.")
@click.option(
    "--codec",
    metavar="NAME",
    help="h264, hevc, av1, vp9, prores, ffv1, gif, or FFmpeg's name of an encoder (h264_nvenc).",
)
@click.option(
    "--crf", type=float, metavar="N", help="Quality: lower is better and larger. [h264 18]"
)
@click.option("--preset", metavar="NAME", help="The encoder's effort. [h264 fast]")
@click.option("--bitrate", metavar="N", help="Bits a second instead of a quality: 8M, 2500k.")
@click.option("--pix-fmt", metavar="NAME", help="FFmpeg's pixel format. [as the input]")
@click.option("--audio/--no-audio", default=None, help="Keep sound and subtitles. [keep]")
@click.option(
    "--stabilize",
    metavar="HOW",
    help="Against flicker: off, light or full. [off for networks taught to be steady, else light]",
)
@click.option(
    "--check",
    is_flag=True,
    default=None,
    help="Say at the end how much the drawing flickers; see: vidstyle check.",
)
@_reading
@click.option(
    "--max-errors",
    type=float,
    metavar="0..1",
    help="Share of frames that may be damaged or missing. [0.02]",
)
@click.option(
    "--job",
    "job_file",
    type=click.Path(dir_okay=False),
    help="Read every setting from a TOML file; options stand before it.",
)
@click.option(
    "--save-job", type=click.Path(dir_okay=False), help="Write every setting to a TOML file."
)
@click.option("--dry-run", is_flag=True, help="Say what would be read, drawn and written.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON.")
@_talking
def stylize(
    job_file: str | None,
    save_job: str | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Draw IN in a style and write it to OUT, with its sound.

    \b
    vidstyle stylize in.mp4 out.mp4 --style starry-night       a clip, with its sound
    vidstyle stylize in.mp4 out.mov --style me.jpg --codec prores
    vidstyle stylize photo.jpg out.jpg --style great-wave      a photograph
    vidstyle stylize photo.jpg out.png --style ink --network gatys --progress-picture now.png
    vidstyle stylize photos/ drawn/ --style mosaic             a folder of photographs
    vidstyle stylize frames/%05d.png out.mp4 --fps 24 --style ink
    vidstyle stylize in.mp4 - --style ink | ffplay -           y4m on standard output
    vidstyle stylize in.mp4 out.mp4 --style ink --start 0:10 --end 0:20 --side-by-side
    vidstyle stylize in.mp4 out.mp4 --style ink:0.7 --style mosaic:0.3    two styles mixed
    vidstyle stylize in.mp4 out.mp4 --style ink --style-at 0:05=mosaic    one after the other
    vidstyle stylize in.mp4 out.mp4 --style ink --mask sky.png=mosaic     and one for a region

    OUT may be .mp4 .m4v .mov .mkv .webm .ts .gif, a picture (.png .jpg .webp .tiff .bmp), numbered
    pictures (%05d.png), a folder, or - for y4m on standard output (raw RGB with --codec rawvideo).
    """
    from vidstyle.job import save_job as write_job

    _quieten(quiet)
    job = _make_job(job_file, settings)
    if as_json and job.sink == "-":
        raise UsageError("--json and the output '-' both write to standard output; choose one.")
    if save_job is not None:
        write_job(job, save_job)
    with ended_by_signals(reads_input=job.source == "-") as check:
        if dry_run:
            from vidstyle.plan import plan

            rows = plan(job)
            report(rows, as_json, [f"{what}: {how}" for what, how in rows.items()], quiet)
        elif job.source != "-" and Path(job.source).is_dir():
            stylize_folder(job, quiet, as_json, check)
        else:
            stylize_clip(job, quiet, as_json, check)


@vidstyle.command()
@click.argument("source", metavar="IN")
@click.argument("sink", metavar="SHEET")
@click.option(
    "--at", "start", metavar="TIME", help="Which moment: 12.5, 1:30 or 0:01:30. [the first frame]"
)
@click.option(
    "-s",
    "--style",
    metavar="STYLE",
    multiple=True,
    shell_complete=_complete_styles,
    help="Only this style; may be given again. [every style]",
)
@click.option(
    "--every-network", is_flag=True, help="Beside each style, its drawings by all networks here."
)
@_drawing
@_optimizing
@_reading
@_talking
def preview(quiet: bool, every_network: bool, **settings: Any) -> None:
    """Draw one frame of IN in every style, as a contact sheet.

    \b
    vidstyle preview in.mp4 sheet.png --at 0:05
    vidstyle preview in.mp4 sheet.png --every-network --style ink --style me.jpg
    """
    from vidstyle.sheet import preview as draw_sheet
    from vidstyle.styles import bundled_styles

    _quieten(quiet)
    settings["style"] = settings["style"] or tuple(bundled_styles())
    count = draw_sheet(_make_job(None, settings), every_network)
    if not quiet:
        print(f"{settings['sink']}: {count} drawings", file=sys.stderr)


@vidstyle.command()
@click.option(
    "--sheet",
    type=click.Path(dir_okay=False),
    help="Write a contact sheet of them to this picture.",
)
@click.option("--overwrite", is_flag=True, help="Replace the sheet that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def styles(sheet: str | None, overwrite: bool, as_json: bool) -> None:
    """List the styles that come with vidstyle."""
    from vidstyle.styles import bundled_styles

    if sheet is not None:
        from vidstyle.sheet import styles_sheet

        styles_sheet(sheet, overwrite)
    rows = bundled_styles()
    lines = [f"{name:<18}{row.title}, {row.painter}, {row.year}" for name, row in rows.items()]
    report(
        {name: asdict(row) | {"path": str(row.path)} for name, row in rows.items()},
        as_json,
        lines,
    )


vidstyle.add_command(live)
vidstyle.add_command(check)
vidstyle.add_command(bench)
vidstyle.add_command(train)
vidstyle.add_command(weights)
vidstyle.add_command(export)
vidstyle.add_command(info)


@vidstyle.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a shell's completion script.

    \b
    eval "$(vidstyle completion bash)"
    """
    from click.shell_completion import get_completion_class

    maker = get_completion_class(shell)
    assert maker is not None
    print(maker(vidstyle, {}, "vidstyle", "_VIDSTYLE_COMPLETE").source())


def _make_job(job_file: str | None, settings: dict[str, Any]) -> Job:
    """The job that options and, below them, a job file describe."""
    from vidstyle.job import Job, read_job

    given = {name: value for name, value in settings.items() if value not in (None, ())}
    if job_file is not None:
        return read_job(job_file, **given)
    for name, what in (("source", "IN"), ("sink", "OUT")):
        if name not in given:
            raise UsageError(f"{what} is missing. See: vidstyle stylize --help")
    return Job(**given)


def _quieten(quiet: bool) -> None:
    if quiet:
        logging.getLogger("vidstyle").setLevel(logging.ERROR)
