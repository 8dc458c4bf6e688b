"""vidstyle weights: which networks are here, and the authors' files on their way in."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vidstyle.cli.report import report
from vidstyle.cli.table import table
from vidstyle.errors import Interrupted, UnknownName

_folder = click.option("--folder", metavar="DIR", help="Where to store. [the user's data folder]")


@click.group()
def weights() -> None:
    """List, download and import the weights of networks."""


@weights.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_weights(as_json: bool) -> None:
    """List the networks: those whose weights are here, and how to get the others."""
    rows = _rows()
    lines = table(
        ("name", "license", "size", "sha256", "from", "lies at, or comes by"),
        [
            (
                name,
                row["license"],
                f"{row['size'] / 1e6:.1f} MB" if row["size"] else "",
                row["sha256"][:12],
                row["source"],
                row["path"] or row["command"],
            )
            for name, row in rows.items()
        ],
    )
    report(rows, as_json, lines)


def _rows() -> dict[str, dict[str, Any]]:
    from vidstyle.temporal.flow_weights import find_flow_weights
    from vidstyle.weights import models, published_checkpoints, published_flows

    rows: dict[str, dict[str, Any]] = {}
    for model in models():  # an imported one stands before a bundled one of its name
        rows.setdefault(
            model.name,
            {
                "network": model.header.network,
                "license": model.header.license,
                "source": model.header.source,
                "size": model.path.stat().st_size,
                "sha256": model.digest,
                "path": str(model.path),
                "command": "",
            },
        )
    for name, published in published_flows().items():
        if path := find_flow_weights(name):
            rows[name] = {
                "network": name,
                "license": published["license"],
                "source": published["address"],
                "size": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "path": str(path),
                "command": "",
            }
    for name, published in (published_checkpoints() | published_flows()).items():
        way = f"fetch {name}" if "urls" in published else f"import {name} --help"
        rows.setdefault(
            name,
            {
                "network": published.get("network", name),
                "license": published["license"],
                "source": published["address"],
                "size": 0,
                "sha256": "",
                "path": "",
                "command": f"vidstyle weights {way}",
            },
        )
    return rows


@weights.command()
@click.argument("name")
@_folder
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something fails.")
def fetch(name: str, folder: str | None, quiet: bool) -> None:
    """Download the files that a network's authors publish, check and import them.

    \b
    vidstyle weights fetch adain

    What was downloaded is kept in the cache folder; one that broke off is gone on with there.
    """
    from vidstyle.cli.progress import Moment, make_progress
    from vidstyle.fetching import fetch as download

    if quiet:
        logging.getLogger("vidstyle").setLevel(logging.ERROR)
    _check(name)
    progress = make_progress(quiet)

    def on_bytes(path: Path, done: int, total: int | None) -> None:
        kilobytes = None if total is None else total // 1000
        progress.update(Moment(done // 1000, kilobytes, "kB", None, path.name))

    try:
        parts = download(name, on_bytes)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted; try the same command again.") from None
    finally:
        progress.close()
    _import(name, parts, folder, quiet)


class _ImportCommands(click.Group):
    """One command for each network, with an option for each file that its authors published."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from vidstyle.weights import published_checkpoints, published_flows

        return [*published_checkpoints(), *published_flows()]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        from vidstyle.weights import published_checkpoint, published_flows

        _check(name)
        row = published_checkpoint(name)
        style_part = row.get("style_part", "")
        parameters: list[click.Parameter] = [
            click.Argument([part], metavar="FILE")
            if name in published_flows()
            else click.Option(
                [f"--{part}", part.replace("-", "_")], metavar="FILE", help=f"As published: {file}."
            )
            for part, file in row["files"].items()
            if not (style_part and part.startswith(style_part))
        ]
        if style_part:
            about = "The file of a style; again for each one, in their order."
            parameters.append(
                click.Option(
                    [f"--{style_part}"], metavar="FILE", multiple=True, required=True, help=about
                )
            )
        where = f" ({row['where']})" if "where" in row else ""
        about = (
            f"Import {row['title']}.\n\n{row['authors']}, {row['paper']}, {row['venue']}. "
            f"From {row['address']}{where}. License: {row['license']}."
        )
        return _folder(click.Command(name, params=parameters, help=about, callback=_importer(name)))


@weights.group("import", cls=_ImportCommands)
def import_() -> None:
    """Check the files that a network's authors publish and keep them.

    \b
    vidstyle weights import adain --vgg vgg_normalised.pth --decoder decoder.pth
    vidstyle weights import raft-small raft_small_C_T_V2-01064c6d.pth

    They are PyTorch checkpoints or safetensors files, and nothing in them is run.
    """


def _importer(network: str) -> Callable[..., None]:
    def run(folder: str | None, **given: str | tuple[str, ...] | None) -> None:
        files: dict[str, Path] = {}
        for part, path in given.items():
            if isinstance(path, tuple):
                files |= {f"{part}-{place}": Path(each) for place, each in enumerate(path)}
            elif path is not None:
                files[part] = Path(path)
        _import(network, files, folder)

    return run


def _import(network: str, files: dict[str, Path], folder: str | None, quiet: bool = False) -> None:
    from vidstyle.folders import data_folder
    from vidstyle.weights import published_flows

    place = Path(folder) if folder else data_folder()
    if network in published_flows():
        from vidstyle.temporal.raft import import_raft

        path, use = import_raft(network, files["weights"], place), "optical flow"
    else:
        from vidstyle.networks.importing import import_weights

        path, use = import_weights(network, files, place).path, f"--network {network}"
    if not quiet:
        print(f"{path}: ready for {use}")


def _check(name: str) -> None:
    """Guess a mistyped name; one that is known, but of which nothing is published, is no typo."""
    from vidstyle.networks import NETWORKS
    from vidstyle.weights import models, published_checkpoints, published_flows

    published = [*published_checkpoints(), *published_flows()]
    if name not in {*published, *NETWORKS, *(model.name for model in models())}:
        raise UnknownName("network", name, published)
