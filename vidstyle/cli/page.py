"""A page that needs nothing beside it: no script, nothing from a network, no style but its own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1f; --soft: #5c5c66; --paper: #fcfcfa;
  --rule: #d9d9d4; --a: #b3261e; --b: #1a5fb4; --c: #5c5c66; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --soft: #a9a9b4; --paper: #18181b;
  --rule: #3a3a42; --a: #ff8a80; --b: #8ab8ff; --c: #a9a9b4; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 62rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
table { border-collapse: collapse; } caption { text-align: left; color: var(--soft); }
th, td { padding: .3rem 1.4rem .3rem 0; border-bottom: 1px solid var(--rule); text-align: right;
  font-variant-numeric: tabular-nums; } tr > :first-child { text-align: left; font-weight: 400; }
thead th, .first tbody tr:first-child > * { font-weight: 600; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.tick, .axis { fill: var(--soft); } .grid { stroke: var(--rule); }
.line { fill: none; stroke-width: 1.6; } .a { stroke: var(--a); }
.b { stroke: var(--b); stroke-dasharray: 7 3; } .c { stroke: var(--c); stroke-dasharray: 2 3; }
.bar { stroke: none; } .bar.a { fill: var(--a); } .bar.b { fill: var(--b); }
.range { stroke: var(--ink); stroke-width: 2; }
.mark { stroke: var(--soft); stroke-dasharray: 4 4; } .moment { fill: var(--a); }
a { color: var(--b); } a:focus-visible { outline: 2px solid var(--b); outline-offset: 2px; }
figure { margin: 1.2rem 0; } figure:target { outline: 2px solid var(--b); outline-offset: 6px; }
img { display: block; width: 100%; height: auto; } figcaption, .soft { color: var(--soft); }
"""


def document(title: str, body: str) -> str:
    """A whole page as HTML; `body` is HTML too, and stands below the title."""
    allowed = b64encode(sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{allowed}'"
    name = escape(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{name}</h1>\n{body}</main>\n</body>\n</html>\n"
    )


def grid(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "plain"
) -> str:
    """A table; the first word of each row is its name. Of the `kind` "first", that row is bold."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    lines = [
        f'<tr><th scope="row">{escape(name)}</th>'
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for name, *cells in rows
    ]
    return (
        f'<table class="{kind}"><caption>'
        f"{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>\n"
    )


def paragraphs(lines: Iterable[str]) -> str:
    """Each line a paragraph."""
    return "".join(f"<p>{escape(line)}</p>\n" for line in lines)
