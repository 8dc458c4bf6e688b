"""vidstyle weights: which networks are here, and the authors' files on their way in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from vidstyle.cli.report import report
from vidstyle.errors import UnknownName


@click.group()
def weights() -> None:
    """List and import the weights of networks."""


@weights.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_weights(as_json: bool) -> None:
    """List the networks, and whether their weights are here."""
    from vidstyle.weights import models, published_checkpoints

    rows: dict[str, dict[str, str]] = {}
    for model in models():  # an imported one stands before a bundled one of its name
        header = model.header
        row = {"network": header.network, "license": header.license, "path": str(model.path)}
        rows.setdefault(model.name, row)
    for name, published in published_checkpoints().items():
        rows.setdefault(name, {"network": name, "license": published["license"], "path": ""})
    lines = [
        f"{name:<18}{row['path'] or 'not here; see: vidstyle weights import ' + name + ' --help'}"
        for name, row in rows.items()
    ]
    report(rows, as_json, lines)


class _ImportCommands(click.Group):
    """One command for each network, with an option for each file that its authors published."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from vidstyle.weights import published_checkpoints

        return list(published_checkpoints())

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        from vidstyle.networks import NETWORKS
        from vidstyle.weights import published_checkpoint, published_checkpoints

        if name not in list(NETWORKS):  # by its names alone: no network need be loaded
            raise UnknownName("network", name, published_checkpoints())
        row = published_checkpoint(name)
        options: list[click.Parameter] = [
            click.Option(
                [f"--{part}", part.replace("-", "_")], metavar="FILE", help=f"As published: {file}."
            )
            for part, file in row["files"].items()
        ]
        options.append(
            click.Option(
                ["--folder"], metavar="DIR", help="Where to store. [the user's data folder]"
            )
        )
        about = (
            f"Import {row['title']}.\n\n"
            f"{row['paper']}. From {row['address']}. License: {row['license']}."
        )
        return click.Command(name, params=options, help=about, callback=_importer(name))


@weights.group("import", cls=_ImportCommands)
def import_() -> None:
    """Check the files that a network's authors publish and keep them for `--network NAME`.

    \b
    vidstyle weights import adain --vgg vgg_normalised.pth --decoder decoder.pth
    """


def _importer(network: str) -> Callable[..., None]:
    def run(folder: str | None, **parts: str | None) -> None:
        from vidstyle.folders import data_folder
        from vidstyle.networks.importing import import_weights

        files = {name: Path(path) for name, path in parts.items() if path is not None}
        model = import_weights(network, files, Path(folder) if folder else data_folder())
        print(f"{model.path}: ready for --network {model.name}")

    return run
