"""Every figure that the model may be held against has a role, and each check of harm an expected verdict, beforehand."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

import pytest

from kladsim.core.errors import InputError
from kladsim.core.validated import read_table
from kladsim.evidence import claims, figures, patterns, published, targets
from kladsim.evidence.tables import expand_ids
from kladsim.validation.registry import checks
from kladsim.validation.roles import EXPECTED, ROLES, FigureRole, expected_verdicts, roles, roles_of
from kladsim.world import load_pack

PACKAGE = Path(str(files("kladsim")))
CLOSURE = {"T11", "T12", "T13", "P04", "P05", "P06", "PL1"}
"""The closure of the leading platform in 2022, which may be looked at while the model is built."""
STRICTER = {"PL3", "PL15"}
"""Rows marked CAL whose figure is also that of a target dated 2020 or later, which is kept."""
LEVELS_TO_2019 = {"L1", "L2", "L3", "L4", "L5", "L9", "L10", "L11"}
"""Deaths and poisonings of Russia to 2019, scored as VAL while nothing is fitted to them."""
HARM = {"M2", "M3", "M12", "M13"}
"""Mechanisms of the half of model 1.0 whose verdicts were written first."""
POINTS = {"calibration point": "observations", "held-out point": "holdout"}
PACKS = ("russia", "georgia", "south-korea")


def read(path: str) -> list[dict[str, str]]:
    with (PACKAGE / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of_kind(kind: str) -> list[FigureRole]:
    return [row for row in roles() if row.kind == kind]


def ids(kind: str) -> set[str]:
    return {row.id for row in of_kind(kind)}


def test_every_row_of_the_evidence_has_a_role_and_nothing_else_has() -> None:
    assert ids("target") == {row.id for row in targets()}
    assert ids("pattern") == {row.id for row in patterns()}
    assert ids("published") == {row.id for row in published()}
    assert ids("claim") == {row.id for row in claims()}
    assert ids("figure") == {row.id for row in figures()}
    for kind, file in POINTS.items():
        assert ids(kind) == {row["id"] for row in read(f"inference/calibration/data/{file}.csv")}


def test_every_check_has_a_role() -> None:
    with_role = {row.id for row in roles() if row.kind in ("target", "pattern", "published", "claim")}
    assert with_role == set(checks())


def test_every_part_of_a_target_and_pattern_has_a_role() -> None:
    for kind, rows in (("target", targets()), ("pattern", patterns())):
        parts = {(row.id, band.part) for row in rows for band in row.bands}
        assert {(row.id, row.part) for row in of_kind(kind)} == parts


def test_every_observation_of_a_pack_has_a_role() -> None:
    observed = {
        (f"{pack}/{row['series']}", row["date"])
        for pack in PACKS
        for row in read(f"world/packs/{pack}/observations.csv")
    }
    assert observed <= {(row.id, row.part) for row in of_kind("pack observation")}
    assert ids("pack observation") <= {
        f"{pack}/{path['series']}"
        for pack in PACKS
        for folder in ("", "restricted/")
        if (PACKAGE / f"world/packs/{pack}/{folder}observations.csv").exists()
        for path in read(f"world/packs/{pack}/{folder}observations.csv")
    }


def test_every_region_has_a_role_in_each_regional_data_set() -> None:
    regions = set(load_pack("russia").region_code)
    for part in ("first diagnoses of dependence", "crimes by groups and minors"):
        assert {row.id for row in of_kind("region") if row.part == part} == regions
    named = {code for row in of_kind("region") for code in row.id.split("+") if not code.startswith("FD-")}
    assert named <= regions


def test_a_part_has_one_role_in_a_year() -> None:
    rows = defaultdict(list)
    for row in roles():
        rows[row.kind, row.id, row.part].append(row)
    for name, of_one in rows.items():
        for year in range(1990, 2036):
            assert sum(row.covers(year) for row in of_one) <= 1, (name, year)
        assert all(row.first is None or row.last is None or row.first <= row.last for row in of_one), name


def test_nothing_dated_2020_or_later_is_tuned_but_the_closure() -> None:
    for row in roles():
        if row.role == "tuned" and (row.first or row.last) and (row.last is None or row.last >= 2020):
            assert CLOSURE & {row.id, *expand_ids(row.reason)}, row
            assert row.first == row.last == 2022, row


def test_undated_rows_are_tuned_only_where_they_are_published_or_rest_on_such() -> None:
    for row in roles():
        if row.role == "tuned" and row.first is None and row.last is None:
            assert row.kind in ("published", "claim"), row


def test_published_rows_have_the_role_of_their_use() -> None:
    for row in published():
        role = {found.role for found in roles_of(row.id)}
        if row.use.startswith("CAL") and row.id not in STRICTER:
            assert role == {"tuned"}, row.id
        elif row.use.startswith(("VAL", "SIGN")) and row.id not in LEVELS_TO_2019:
            assert role == {"kept"}, row.id
    assert {row.role for name in STRICTER for row in roles_of(name)} == {"kept"}


def test_regional_seizures_and_other_countries_are_kept() -> None:
    assert {row.role for row in of_kind("region") if row.part == "seizures"} == {"kept"}
    assert {row.role for row in roles() if row.reason == "another country"} == {"kept"}
    assert {row.role for row in of_kind("pack observation") if not row.id.startswith("russia/")} == {"kept"}


def test_the_same_figure_has_the_same_role_wherever_it_stands() -> None:
    """E025 is the exception: the yearly total of all markets is PL2, which is kept, and part of the evidence of T12."""
    figure = {name: [row for row in of_kind("figure") if row.id == name] for name in ids("figure")}
    for kind in ("target", "calibration point", "held-out point"):
        for row in of_kind(kind):
            year = row.last
            for name in set(expand_ids(row.source)) & set(figure) - {"E025"}:
                found = {other.role for other in figure[name] if year and other.covers(year)}
                assert not found or row.role in found, (row, found)
            if row.reason.startswith("as T"):
                assert row.role in {other.role for other in roles_of(row.reason[3:6])}, row


def test_roles_of_a_year_and_of_an_unknown_id() -> None:
    assert {row.role for row in roles_of("T17", 2018)} == {"tuned"}
    assert {row.role for row in roles_of("T17", 2021)} == {"kept"}
    with pytest.raises(InputError, match="did you mean 'T17'"):
        roles_of("T177")
    with pytest.raises(InputError, match="no role in that year"):
        roles_of("L6", 2019)


def test_a_damaged_row_names_line_and_near_match(tmp_path: Path) -> None:
    table = tmp_path / "roles.csv"
    table.write_text("kind,id,role,reason,source\ntarget,T01,tunned,no,E001\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"roles\.csv, line 2, column role: .*did you mean 'tuned'"):
        read_table(table, FigureRole)


def test_every_check_of_harm_has_an_expected_verdict() -> None:
    expected = {row.check for row in expected_verdicts()}
    of_harm = {
        *(row.id for row in published() if set(row.mechanisms) & HARM or row.section.startswith(("Price", "Levels"))),
        *(row.id for row in (*targets(), *patterns()) if set(row.mechanisms) & {*HARM, "M17"}),
    }
    assert of_harm <= expected <= set(checks())


def test_an_expected_verdict_is_of_one_reading_and_names_what_it_conflicts_with() -> None:
    readings = [(row.check, row.reading) for row in expected_verdicts()]
    assert len(readings) == len(set(readings))
    for row in expected_verdicts():
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row.written), row
        assert row.check not in row.conflicts, row
        assert set(row.conflicts) <= set(checks()), row


@pytest.mark.parametrize("path", [ROLES, EXPECTED], ids=lambda path: path.name)
def test_a_table_written_beforehand_changes_only_with_a_line_in_the_decisions(path: Path) -> None:
    """The last digest that the decisions name for the table is its own."""
    text = (Path(__file__).parents[2] / "docs/validation/decisions.md").read_text(encoding="utf-8")
    named = re.findall(rf"`{path.name}` is `([0-9a-f]{{16}})`", text)
    digest = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:16]
    assert named, f"docs/validation/decisions.md names no digest of {path.name}"
    assert named[-1] == digest, f"{path.name} changed: say so in docs/validation/decisions.md, with `{digest}`"
