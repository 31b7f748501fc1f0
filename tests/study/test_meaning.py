"""Stored results go stale by what code and data mean, never by how they are written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kladsim.runs import meaning
from kladsim.runs.meaning import (
    as_stored,
    code_digest,
    country_digest,
    files_digest,
    part_digest,
    read_equal_digests,
    register_digest,
    runs_digest,
    table_digest,
    toml_digest,
    yaml_digest,
)

CODE = '''"""Module."""
RATE = 0.25
"""Yearly."""

def hazard(days: int) -> float:
    """Return the hazard."""
    return RATE * days / 365.0  # a year
'''


@pytest.mark.parametrize(
    "other",
    [
        CODE + "\n# a comment at the end\n",
        CODE.replace('"""Module."""', '"""Another description."""'),
        CODE.replace('"""Yearly."""', ""),
        CODE.replace("RATE * days / 365.0", "(\n        RATE * days\n        / 365.0\n    )"),
        CODE.replace("days: int) -> float", "days)"),
        CODE.replace("\n", "\r\n"),
    ],
)
def test_comments_docstrings_types_and_layout_change_no_digest(other: str) -> None:
    assert code_digest(other) == code_digest(CODE)


@pytest.mark.parametrize(
    "other",
    [
        CODE.replace("0.25", "0.26"),
        CODE.replace("365.0", "365"),
        CODE.replace("RATE * days", "RATE + days"),
        CODE.replace("return", "yield"),
        CODE + "RATE = 1\n",
    ],
)
def test_a_changed_statement_changes_the_digest(other: str) -> None:
    assert code_digest(other) != code_digest(CODE)


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=40))
def test_no_comment_whatever_its_text_changes_a_digest(text: str) -> None:
    assert code_digest(CODE + f"\n# {text}\n") == code_digest(CODE)


def test_numbers_of_a_table_count_and_its_notes_do_not() -> None:
    assert table_digest("id,low,note\nT01,1.5,old\n") == table_digest("id,low,note\nT01,1.5,new text\n")
    assert table_digest("id,low,note\nT01,1.5,old\n") != table_digest("id,low,note\nT01,1.6,old\n")
    assert table_digest("id,low\nT01,1.5\n") != table_digest("id,low\nT02,1.5\n")


def test_a_register_value_or_range_counts_and_its_source_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from kladsim.evidence.register import Register, load_register

    register = load_register()
    name = next(iter(register))

    def digest_with(**changes: object) -> str:
        changed = Register({n: replace(register[n], **changes) if n == name else register[n] for n in register})
        monkeypatch.setattr(meaning, "load_register", lambda: changed)
        register_digest.cache_clear()
        try:
            return register_digest()
        finally:
            register_digest.cache_clear()

    before = digest_with()
    assert digest_with(source="assumption: another reason", doc="another text") == before
    assert digest_with(high=register[name].high * 2 + 1) != before
    assert digest_with(value=register[name].value + 1e-9) != before


def test_comments_and_descriptions_in_yaml_and_toml_do_not_count() -> None:
    assert yaml_digest("# why\na: {doc: this, x: 1}\n") == yaml_digest("a:\n  doc: that\n  x: 1\n")
    assert yaml_digest("a: 2020-01-01\n") != yaml_digest("a: 2020-01-02\n")
    assert toml_digest("a = 1 # why\ndoc = 'x'\n") == toml_digest("doc = 'y'\na = 1\n") != toml_digest("a = 2\n")


def test_an_outcome_that_only_reads_makes_nothing_stale() -> None:
    """Rows that the digest of a run covers count with all that decides them; others do not."""
    head = "name,title,reducer,in_digest,doc\n"
    before = table_digest(head + "deaths,Deaths,yearly_count,yes,a\n")
    assert table_digest(head + "deaths,Died,yearly_count,yes,b\nmine,Mine,mine,,c\n") == before
    assert table_digest(head + "deaths,Deaths,mean_stock,yes,a\n") != before


def test_countries_differ_and_a_file_of_code_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert country_digest("georgia") != country_digest("russia")
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "rng.py").write_text(CODE)
    monkeypatch.setattr(meaning, "PACKAGE", tmp_path)
    part_digest.cache_clear()
    before = runs_digest("georgia")
    (tmp_path / "core" / "rng.py").write_text(CODE + "# why\n")
    part_digest.cache_clear()
    assert runs_digest("georgia") == before
    (tmp_path / "core" / "rng.py").write_text(CODE.replace("0.25", "0.5"))
    part_digest.cache_clear()
    assert runs_digest("georgia") != before
    part_digest.cache_clear()


def test_a_file_that_moves_between_folders_keeps_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "PACKAGE", tmp_path)
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
    (tmp_path / "here" / "one.py").write_text(CODE)
    before = files_digest(("here/*.py",))
    (tmp_path / "here" / "one.py").rename(tmp_path / "there" / "one.py")
    assert files_digest(("there/*.py",)) == before
    assert files_digest(("here/*.py",)) != before


def test_a_digest_shown_to_be_equal_counts_as_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "equal.csv"
    table.write_text("part,stored,now,why\nengine,first,second,renamed\nregister,other,other,first\n")
    monkeypatch.setattr(meaning, "EQUAL", table)
    read_equal_digests.cache_clear()
    try:
        assert [as_stored("engine", digest) for digest in ("first", "second", "third")] == ["first", "first", "third"]
        assert as_stored("register", "second") == "second"
    finally:
        read_equal_digests.cache_clear()
