"""A Sphinx extension: the pages made from the register, the levers, the evidence, the commands and the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api_page import api_page, signature
from command_page import commands_page
from emulator_page import emulator_page
from evidence_pages import claims_page, figures_page, results_page
from finished import results_index
from lever_page import levers_page
from made_with import add_note
from register_pages import costs_page, mechanisms_page, outcomes_page, parameters_page

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "tables"
TABLE = re.compile(r'<div class="(table-wrapper[^"]*)">')
PAGES: dict[str, Callable[[], str]] = {
    "levers": levers_page,
    "mechanisms": mechanisms_page,
    "parameters": parameters_page,
    "costs": costs_page,
    "outcomes": outcomes_page,
    "claims": claims_page,
    "figures": figures_page,
    "published": results_page,
    "emulator": emulator_page,
    "commands": commands_page,
    "api": api_page,
}


def write_pages(app: Sphinx) -> None:
    """Write each page that differs from the one there, so that a second build reads only what changed."""
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    for name, make in (*PAGES.items(), ("results", lambda: results_index(Path(app.srcdir)))):
        page, text = folder / f"{name}.md", make()
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def with_dashes(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Give the two hyphens that napoleon writes before the words of an error their dash."""
    lines[:] = [line.replace(" -- ", " – ") for line in lines]


def reachable(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Let the keyboard scroll wide code and tables, and give the captions of the navigation their level."""
    body = str(context.get("body", "")).replace("<pre>", '<pre tabindex="0">')
    context["body"] = TABLE.sub(r'<div class="\1" tabindex="0" role="group" aria-label="Table">', body)
    navigation = str(context.get("furo_navigation_tree", ""))
    context["furo_navigation_tree"] = navigation.replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the pages before Sphinx looks for files, and the signatures of levers from their fields."""
    app.connect("builder-inited", write_pages)
    app.connect("source-read", add_note)
    app.connect("autodoc-process-signature", signature)
    app.connect("autodoc-process-docstring", with_dashes, priority=900)
    app.connect("html-page-context", reachable, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
