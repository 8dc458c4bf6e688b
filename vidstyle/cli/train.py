"""vidstyle train: a network of one's own, from pictures and a recipe."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidstyle.cli.signals import ended_by_signals
from vidstyle.errors import Interrupted

if TYPE_CHECKING:
    from vidstyle.cli.progress import Moment
    from vidstyle.train.loop import Report

_SECONDS_BETWEEN_LINES = 60.0


def _complete_recipes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from vidstyle.train.recipe import bundled_recipes

    return [name for name in bundled_recipes() if name.startswith(incomplete)]


@click.command()
@click.argument("recipe", metavar="RECIPE", shell_complete=_complete_recipes)
@click.option(
    "--data", metavar="DIR", default="data", help="Where the recipe's paths start. [data]"
)
@click.option("--out", metavar="DIR", help="Where to write. [runs/ and the model's name]")
@click.option("--vgg", metavar="FILE", help="A whole normalized VGG-19 to judge by.")
@click.option("--device", metavar="NAME", default="auto", help="auto, cpu, cuda:0, … [auto]")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something fails.")
def train(
    recipe: str, data: str, out: str | None, vgg: str | None, device: str, quiet: bool
) -> None:
    """Teach a network; RECIPE is a TOML file, or the name of one that comes along.

    \b
    vidstyle train swift --data pictures
    vidstyle train my-recipe.toml --data pictures --out runs/mine --device cuda:0

    DIR gets a checkpoint, curves.png and sheet.png every few minutes, and the model at the end.
    Ctrl-C keeps a checkpoint; the same command goes on from there. See docs/training.md.
    """
    from vidstyle.cli.progress import make_progress
    from vidstyle.train.recipe import find_recipe, read_recipe

    if quiet:
        logging.getLogger("vidstyle").setLevel(logging.ERROR)
    settings = read_recipe(find_recipe(recipe))
    folder = Path(out) if out else Path("runs") / settings.model
    progress = make_progress(quiet, _SECONDS_BETWEEN_LINES)
    try:
        with ended_by_signals() as check:
            from vidstyle.train.loop import train as teach

            def on_step(report: Report) -> None:
                progress.update(_moment(report))
                check()

            weights = Path(vgg) if vgg else None
            model = teach(settings, Path(data), folder, vgg=weights, device=device, on_step=on_step)
    except Interrupted as ended:
        raise _how_to_go_on(ended, folder) from None
    finally:
        progress.close()
    if not quiet:
        print(
            f"{model.path}: to draw with it, "
            f"VIDSTYLE_DATA={folder} vidstyle stylize … --network {model.name}"
        )


def _moment(report: Report) -> Moment:
    from vidstyle.cli.progress import Moment

    stage = report.stage
    terms = ", ".join(f"{name} {value:.3g}" for name, value in report.terms.items())
    return Moment(report.step, stage.steps, f"steps of {stage.name}", report.seconds_left, terms)


def _how_to_go_on(ended: Interrupted, folder: Path) -> Interrupted:
    """Also where it ended at once: an earlier checkpoint is still there."""
    checkpoint = folder / "checkpoint.pt"
    if not checkpoint.exists():
        return ended
    return Interrupted(
        f"Interrupted. {str(checkpoint)!r} is kept: the same command goes on from there.",
        ended.exit_code - 128,
    )
