"""The page of commands: each verb's own help, by Typer's writer of documentation."""

from __future__ import annotations

import re

from marks import MADE
from typer import Context
from typer.cli import get_docs_for_click
from typer.main import get_command


def commands_page() -> str:
    """Return the help of every verb as Markdown."""
    from kladsim.cli.main import verbs

    command = get_command(verbs)
    text = get_docs_for_click(obj=command, ctx=Context(command), name="kladsim", title="Commands")
    text = re.sub(r"^Example: (.*)$", _examples, text, flags=re.MULTILINE)
    return text.replace("*This", "This").rstrip() + f"\n\n{MADE}\n"


def _examples(found: re.Match[str]) -> str:
    commands, *rest = found[1].split(". Exit codes: ")
    lines = "\n".join(f"$ {one.strip()}" for one in re.split("·|;", commands))
    told = f"\n\nExit codes: {rest[0]}" if rest else ""
    return f"**Example**:\n\n```console\n{lines}\n```{told}"
