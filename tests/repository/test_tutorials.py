"""The tutorials' examples run as they stand and print what the pages say."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from kladsim.evidence.translating import page_messages

ROOT = Path(__file__).parents[2]


def runner() -> ModuleType:
    """The tool that runs and renews the tutorials."""
    spec = spec_from_file_location("tutorials", ROOT / "tools" / "tutorials.py")
    assert spec is not None and spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", ["python", "terminal"])
def test_a_tutorial_prints_what_it_says(name: str, tmp_path: Path) -> None:
    """Where results were meant to change: `python tools/tutorials.py` writes what is printed now."""
    blocks = runner().examine(ROOT / "docs" / "tutorials" / f"{name}.md", tmp_path)
    assert len(blocks) > 3
    for block in blocks:
        assert block.same, f"line {block.line} prints\n{block.got}"


def test_words_of_the_page_in_the_tutorial_of_the_browser_are_on_the_page() -> None:
    text = (ROOT / "docs" / "tutorials" / "browser.md").read_text(encoding="utf-8")
    words = page_messages("en").values()
    known = re.compile("|".join(re.sub(r"\\{\w+\\}", ".+", re.escape(each)) for each in words))
    named = set(re.findall(r"\*\*([^*]+)\*\*", text))
    assert len(named) > 10
    assert {each for each in named if not known.fullmatch(each)} == set()
