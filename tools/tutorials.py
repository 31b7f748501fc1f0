"""Runs the examples of the tutorials, as they stand, and checks or renews what they print.

    python tools/tutorials.py            runs docs/tutorials/*.md and writes what they print now
    python tools/tutorials.py --check    changes nothing, ends with 1 where a tutorial prints something else

In a tutorial a `python` block is executed, a `console` block runs its `$ kladsim` lines, a `yaml` block whose first
line is a comment with a file's name is written to that file, and a `text` block is what the block before it prints
(`...` stands for anything, seconds for any seconds). All blocks of a page share one namespace and one folder.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from doctest import ELLIPSIS, OutputChecker
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unittest.mock import patch

from sybil import Document, Example
from sybil.parsers.markdown import CodeBlockParser

ROOT = Path(__file__).parents[1]
TUTORIALS = ROOT / "docs" / "tutorials"
WIDTH = "110"


class Printed(NamedTuple):
    """A block of output: where its text lies in the page, what it says, and what was printed."""

    start: int
    end: int
    line: int
    wanted: str
    got: str

    @property
    def same(self) -> bool:
        """Whether both agree, blanks at ends of lines and seconds of computing aside."""
        return OutputChecker().check_output(_timeless(self.wanted), _timeless(self.got), ELLIPSIS)


def examine(page: Path, folder: Path) -> list[Printed]:
    """Run every example of a page in ``folder`` and return its blocks of output beside what was printed.

    Raises
    ------
    RuntimeError : a command of the page fails
    """
    found: list[Printed] = []
    parsers = [CodeBlockParser("python", run_python), CodeBlockParser("console", run_commands)]
    parsers += [CodeBlockParser("yaml", write_file), CodeBlockParser("text", lambda one: found.append(_printed(one)))]
    document = Document.parse(str(page), *parsers)
    quiet = patch.dict(os.environ, {"COLUMNS": WIDTH, "KLADSIM_RUNS": "runs", "KLADSIM_PARAMETERS": "point"})
    with chdir(folder), quiet, patch("kladsim.cli.options.usable_cores", return_value=1):
        for example in document.examples():
            example.evaluate()
    return found


def run_python(example: Example) -> None:
    """Execute a block and keep what it prints."""
    out = StringIO()
    code = compile("\n" * (example.line + example.parsed.line_offset) + example.parsed, example.path, "exec")
    with redirect_stdout(out):
        exec(code, example.namespace)
    example.namespace["_printed"] = out.getvalue()


def run_commands(example: Example) -> None:
    """Run the `$ kladsim` lines of a block in this process and keep what they print."""
    from typer.testing import CliRunner

    from kladsim.cli.main import verbs

    printed = ""
    for line in example.parsed.replace("\\\n", " ").splitlines():
        if not line.startswith("$ kladsim "):
            continue
        done = CliRunner().invoke(verbs, shlex.split(line)[2:], prog_name="kladsim")
        if done.exit_code:
            raise RuntimeError(f"{example.path}: {line} ends with {done.exit_code}:\n{done.output}")
        printed += done.stdout
    example.namespace["_printed"] = printed


def write_file(example: Example) -> None:
    """Write a block whose first line names a file."""
    name = example.parsed.splitlines()[0].removeprefix("#").strip()
    Path(name).write_text(example.parsed, encoding="utf-8")


def _printed(example: Example) -> Printed:
    block = example.region.parsed
    start = example.region.start + block.offset
    wanted = str(block)
    return Printed(start, start + len(wanted), example.line, wanted, example.namespace["_printed"])


def _bare(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"


def _timeless(text: str) -> str:
    """Return text without how long the machine took: the same on a quick one and on a slow one."""
    return re.sub(r" *\b\d+ s\b", " N s", _bare(text))  # right-aligned: a longer time has fewer blanks before it


def renewed(page: Path, blocks: list[Printed]) -> str:
    """Return the page's text with what its examples print now; blocks that agree stay as they are."""
    text = page.read_text(encoding="utf-8")
    for block in reversed(blocks):
        if not block.same:
            text = text[: block.start] + _bare(block.got) + text[block.end :]
    return text


def pages() -> Iterator[Path]:
    """The tutorials with examples that run."""
    return iter(sorted(path for path in TUTORIALS.glob("*.md") if "```text\n" in path.read_text(encoding="utf-8")))


def main() -> int:
    """Check or renew every tutorial; return how many print something else than they say."""
    check, different = "--check" in sys.argv[1:], 0
    for page in pages():
        with TemporaryDirectory() as folder:
            blocks = examine(page, Path(folder))
        changed = [block for block in blocks if not block.same]
        different += bool(changed)
        print(f"{page.name}: {len(blocks)} outputs, {len(changed)} differ (lines {[b.line for b in changed]})")
        if changed and not check:
            page.write_text(renewed(page, blocks), encoding="utf-8")
    return int(bool(different)) if check else 0


if __name__ == "__main__":
    sys.exit(main())
