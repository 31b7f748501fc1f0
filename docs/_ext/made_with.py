"""What the manual says while the model is in development: on every page, and above numbers that a command wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kladsim.model.version import is_in_development
from kladsim.runs.development import why_not_current

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MADE = ("validation/validation", "calibration/calibration", "gallery/", "tutorials/python", "tutorials/terminal")
"""Pages, or folders of pages, whose numbers a command wrote."""
VERSION = re.compile(r"[Mm]odel version (\d[\w.]*\w)")


def made_with(text: str) -> str:
    """Return the version of the model that a page says it was made with; empty where it says none."""
    found = VERSION.search(text)
    return found[1] if found else ""


def note_of(name: str, text: str) -> str:
    """Return what stands above a page; empty of a finished model, and of a page that is written by hand."""
    if not is_in_development() or not name.startswith(MADE):
        return ""
    why = why_not_current(made_with(text) or "version that this page does not name")
    return f":::{{warning}}\nThe numbers of this page were {why}.\n:::\n\n"


def add_note(app: Sphinx, name: str, source: list[str]) -> None:
    """Put the note above a page that Sphinx has read."""
    source[0] = note_of(name, source[0]) + source[0]
