"""vidstyle info: what this machine can do, and what networks there are to choose from."""

from __future__ import annotations

import inspect
from typing import Any

import click

from vidstyle.cli.facts import facts_lines
from vidstyle.cli.report import report
from vidstyle.cli.table import table


@click.command()
@click.option("--networks", is_flag=True, help="Ideas, papers, and what they can do.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(networks: bool, as_json: bool) -> None:
    """Say what this machine can do, or what networks there are to choose from.

    \b
    vidstyle info               devices, runtimes, codecs; for a bug report
    vidstyle info --networks    ideas, papers, and what each network can do

    A hardware encoder or decoder is named if it was seen to work; with --json, all others say why
    they do not.

    Of the networks, one with a strength of its own can draw less strongly; what another draws is
    faded into the content. Most read any picture as a style, some know only those that they have
    learned.
    """
    if networks:
        rows = _networks()
        report(rows, as_json, _networks_table(rows))
    else:
        from vidstyle.facts import facts

        found = facts()
        report(found, as_json, facts_lines(found))


def _networks_table(rows: dict[str, dict[str, Any]]) -> list[str]:
    return table(
        ("name", "idea", "paper", "strength", "styles", "weights"),
        [
            (
                name,
                row["idea"],
                f"{row['authors']}, {row['venue']}" if row["paper"] else row["source"],
                "its own" if row["own_strength"] else "faded",
                "any" if row["any_style"] else "its own",
                "here" if row["here"] else "not here",
            )
            for name, row in rows.items()
        ],
    )


def _networks() -> dict[str, dict[str, Any]]:
    """All networks by name: those that are here, and those of which weights are published."""
    from vidstyle.networks import NETWORKS
    from vidstyle.weights import models, published_checkpoints

    here = {model.name: model.header for model in models()}
    published = published_checkpoints()
    rows = {}
    for name in dict.fromkeys((*here, *published)):
        network = here[name].network if name in here else published[name].get("network", name)
        row, kind = published.get(name) or published.get(network, {}), NETWORKS[network]
        rows[name] = {
            "idea": row.get("idea") or _idea(kind),
            **{key: row.get(key, "") for key in ("authors", "paper", "venue")},
            "source": here[name].source if name in here else row["address"],
            "own_strength": kind.least_strength < 1,
            "any_style": not hasattr(kind, "style_names"),
            "here": name in here,
        }
    return rows


def _idea(network: type) -> str:
    """Of a network of our own: the first line of its file, such as "swift: a compact …"."""
    module = inspect.getmodule(network)
    return (module.__doc__ or "").splitlines()[0].partition(": ")[2].rstrip(".")
