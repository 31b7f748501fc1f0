"""Pages made from the templates beside this module (Jinja2): Markdown as it stands, HTML with its marks escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, **content: object) -> str:
    """Return a page: the template with its content. A name that the content lacks is an error of ours."""
    return _environment().get_template(template).render(**content)


def read_section(heading: str, template: str = "description.md") -> str:
    """Return the hand-written text below a heading of a template, without the generated parts that follow it."""
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    _, _, rest = text.partition(f"# {heading}\n")
    return rest.partition("\n#")[0].partition("\n{{")[0].strip()


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(format_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def format_cell(value: object) -> str:
    """Return a value as a cell of a Markdown table."""
    if isinstance(value, float):
        return f"{value:g}"
    return " ".join(str(value).replace("|", "\\|").split())


def format_percent(share: float, digits: int = 0) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.{digits}f} %"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.globals["table"] = table
    environment.filters |= {"cell": format_cell, "number": format, "percent": format_percent}
    return environment
