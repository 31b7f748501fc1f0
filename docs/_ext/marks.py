"""What the made pages share: tables, rows that can be linked to, and ids that are links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape

from kladsim.report.templating import table

MADE = "*This page is made from the code and its data while the manual is built; nothing in it is written by hand.*"


def page(title: str, *parts: str) -> str:
    """Return a page in Markdown."""
    return "\n\n".join([f"# {title}", *(part.strip() for part in parts if part), MADE]) + "\n"


def row_id(name: str) -> str:
    """Return a name as a cell that can be linked to."""
    return f'<code id="{escape(name)}">{escape(name)}</code>'


@cache
def _homes() -> dict[str, str]:
    """Page of every id and name that the manual explains."""
    from kladsim.evidence import claims, figures, load_register, mechanisms, patterns, published, targets

    homes = {claim.id: "claims" for claim in claims()}
    homes |= {figure.id: "figures" for figure in figures()}
    homes |= {row.id: "published" for row in published()}
    homes |= {check.id: "../validation/validation" for check in (*targets(), *patterns())}
    homes |= {mechanism.id: "mechanisms" for mechanism in mechanisms()}
    return homes | {name: "parameters" for name, _ in load_register().items()}


@cache
def _pattern() -> re.Pattern[str]:
    names = sorted(_homes(), key=len, reverse=True)
    return re.compile(rf"(?<![\w.#/])({'|'.join(map(re.escape, names))})(?![\w]|\.\w)")


def linked(text: str) -> str:
    """Return text in which ids of the evidence, mechanisms and parameters are links to their rows."""
    return _pattern().sub(lambda found: link(found[1]), text)


def link(name: str) -> str:
    """Return a link to the row of a name."""
    home = _homes().get(name)
    row = "" if home and home.startswith("..") else f"#{escape(name)}"  # rows of that page have no name
    return f'<a href="{home}.html{row}">{escape(name)}</a>' if home else name


def rows_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; cells may hold HTML."""
    return table(columns, rows)
