"""Rule 12: the report itself has not been used, and every text that names it says so; withdrawn rows keep their ids."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from kladsim.evidence import claims, figures
from kladsim.evidence.claims import DOCUMENTS

ROOT = Path(__file__).parents[2]
PLACES = ("README.md", "docs/limits.md", "docs/plain_words.md", "docs/_ext/evidence_pages.py", "src/kladsim/evidence/data/SOURCES.md")


@pytest.mark.parametrize("name", PLACES)
def test_the_report_itself_has_not_been_used(name: str) -> None:
    text = " ".join((ROOT / name).read_text(encoding="utf-8").replace('"', " ").split()).lower()
    assert "the report itself has not been used" in text.replace("**", "")


def test_the_page_of_claims_says_it_in_what_is_printed() -> None:
    import sys

    sys.path.insert(0, str(ROOT / "docs" / "_ext"))
    from evidence_pages import claims_page

    assert "The report itself has not been used" in claims_page()


def test_documents_are_named_in_plain_words_and_counted_truly() -> None:
    counts = Counter(claim.document for claim in claims())
    assert counts == {"announcement": 33, "article": 87, "thread": 19} and set(counts) == set(DOCUMENTS)
    assert "87 of 139" in (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    for path in (ROOT / "src" / "kladsim" / "evidence" / "data").glob("*.csv"):
        assert "via seed" not in path.read_text(encoding="utf-8")


def test_withdrawn_rows_keep_their_id_and_say_why() -> None:
    withdrawn = [claim for claim in claims() if claim.text.startswith("withdrawn")]
    assert {claim.id for claim in withdrawn} == {"S095", "S096", "S097"} and all(c.scope == "out" for c in withdrawn)
    (row,) = [figure for figure in figures() if figure.id == "E161"]
    assert "withdrawn" in row.note
    assert len(claims()) == 139


def test_official_figures_name_the_official_publication() -> None:
    for figure in figures():
        if "address withheld" in figure.note:
            assert figure.source and figure.grade in "ABC"
            assert figure.grade != "A" or any(word in figure.source for word in ("Rosstat", "State Anti-Drug Committee"))
