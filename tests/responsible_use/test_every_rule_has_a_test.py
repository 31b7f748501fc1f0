"""Fifteen rules, each with a file of its own that names it; what the project prints of its safeguards is tested there."""

from __future__ import annotations

import re
from pathlib import Path

from kladsim.evidence.translating import FILE as CATALOGUE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ABSOLUTES = (
    "one gate stands", "through one gate", "one gate enforces", "anything useful to a seller", "in any data", "knows none",
    "market parameters are never ranked", "no dose and response",
)  # fmt: skip


def test_every_rule_has_a_file_that_names_it() -> None:
    numbers = {int(found[1]): path for path in HERE.glob("test_rule_*.py") if (found := re.match(r"test_rule_(\d+)", path.name))}
    assert sorted(numbers) == list(range(1, 16))
    for number, path in numbers.items():
        assert path.read_text(encoding="utf-8").startswith(f'"""Rule {number}:')


def test_sentences_that_a_hostile_reader_found_untrue_are_gone() -> None:
    texts = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), CATALOGUE]
    texts = [path for path in texts if path.name != "changelog.md"]
    for path in [*texts, *(ROOT / "src" / "kladsim").rglob("*.py"), *(ROOT / "docs" / "_ext").glob("*.py")]:
        flat = " ".join(path.read_text(encoding="utf-8").split()).lower()
        assert not [words for words in ABSOLUTES if words in flat], path
