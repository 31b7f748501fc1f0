"""Stories as Markdown with state addresses, and the model's long texts, read from files of the package."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

from kladsim.report.description import odd
from kladsim.report.templating import read_section

FOLDER = Path(__file__).with_name("stories")


class Step(BaseModel):
    """One step: text, and the state that the page shows beside it."""

    title: str
    text: str
    state: str


class Story(BaseModel):
    """A story in steps."""

    name: str
    title: str
    about: str
    steps: list[Step]


class Text(BaseModel):
    """A text in Markdown."""

    markdown: str


def stories(language: str) -> list[Story]:
    """The stories in a language, in order."""
    return [read_story(path) for path in sorted((FOLDER / language).glob("*.md"))]


def read_story(path: Path) -> Story:
    """Read a story: a title, a paragraph, then steps ``## title`` whose first line is a link ``[state](#/...)``."""
    head, *parts = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    title, _, about = head.strip().partition("\n")
    steps = []
    for part in parts:
        name, _, body = part.partition("\n")
        address = re.search(r"^\[[^\]]*\]\((#/[^)]*)\)\s*$", body, flags=re.MULTILINE)
        state = address.group(1) if address else ""
        text = body.replace(address.group(0), "") if address else body
        steps.append(Step(title=name.strip(), text=text.strip(), state=state))
    return Story(name=path.stem, title=title.removeprefix("#").strip(), about=about.strip(), steps=steps)


def text(name: str) -> Text:
    """A long text: the limits and the generated description of the model."""
    return Text(markdown=odd() if name == "description" else read_section("Limits"))
