"""The evidence tables: complete, ids unique, every claim in scope carried, nothing that should not ship."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kladsim.core.errors import InputError
from kladsim.evidence import (
    MECHANISMS,
    claims,
    explain,
    explainable,
    figures,
    load_register,
    mechanism,
    mechanisms,
    patterns,
    published,
    targets,
)
from kladsim.evidence.claims import CLAIM_TYPES, Band
from kladsim.evidence.register import evidence_ids
from kladsim.evidence.tables import DATA, expand_ids, rows


def every_entry() -> list[object]:
    return [entry for table in (claims(), figures(), targets(), patterns(), published()) for entry in table]


def test_tables_are_complete() -> None:
    sizes = [len(table) for table in (claims(), figures(), targets(), patterns())]
    assert sizes == [139, 364, 25, 27]
    assert len(published()) == 102


def test_ids_are_unique_across_tables() -> None:
    ids = [entry.id for entry in every_entry()]  # type: ignore[attr-defined]
    assert len(set(ids)) == len(ids) == len(evidence_ids())


def test_every_claim_has_a_type_and_a_carrier_when_in_scope() -> None:
    for claim in claims():
        assert claim.type in CLAIM_TYPES
        assert bool(claim.mechanisms) == (claim.scope == "in"), claim.id
        assert set(claim.brief_mechanisms) <= set(claim.mechanisms)


def test_named_mechanisms_and_evidence_exist() -> None:
    for entry in every_entry():
        assert set(entry.mechanisms) <= set(MECHANISMS)  # type: ignore[attr-defined]
    for check in (*targets(), *patterns()):
        assert set(check.evidence) <= evidence_ids(), check.id
    for row in mechanisms():
        assert set(row.sources) <= evidence_ids(), row.id


def test_the_brief_and_the_claims_agree_on_sources() -> None:
    for row in mechanisms():
        cited = {name for name in row.sources if re.fullmatch(r"S\d{3}", name)}
        assert cited == {claim.id for claim in claims() if row.id in claim.brief_mechanisms}, row.id


def test_every_mechanism_has_a_switch_outcome_or_is_a_measurement() -> None:
    assert [row.id for row in mechanisms()] == [f"M{n}" for n in range(1, 18)]
    assert {row.id for row in mechanisms() if row.measurement} == {"M14", "M17"}
    for row in mechanisms():
        assert row.off_means and row.sources
        assert row.direction or row.measurement
        assert all(sign in (-1, 0, 1) for _, sign in row.direction)


def test_secondary_and_remembered_results_are_never_tests() -> None:
    for result in published():
        if not result.tag or set("SM") & set(result.tag):
            assert not result.testable, result.id


def test_withheld_addresses_stay_withheld() -> None:
    withheld = [figure for figure in figures() if "address withheld" in figure.note]
    assert len(withheld) == 8
    assert all(not figure.url for figure in withheld)
    text = "".join(path.read_text(encoding="utf-8") for path in DATA.rglob("*.*"))
    assert not re.search(r"\.onio[n]|://t\.m[e]/|@\w+bot", text)


def test_target_values_lie_in_their_bands() -> None:
    for target in targets():
        for band in target.bands:
            assert band.low is not None and band.high is not None
            assert band.value is None or band.holds(band.value)
    assert [target.id for target in targets() if not target.counted] == ["T05"]
    assert {target.id for target in targets() if target.pack != "russia"} == {"T10", "T25"}


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(-1e7, 1e7))
def test_a_band_holds_exactly_its_interval(low: float, width: float, number: float) -> None:
    band = Band("", None, low, low + width, "unit", "level")
    assert band.holds(number) == (low <= number <= low + width)
    assert Band("", None, low, None, "unit", "level").holds(number) == (number >= low)
    assert Band("", None, None, None, "unit", "level").holds(number) is None


def test_everything_is_explained() -> None:
    for name in explainable():
        explanation = explain(name)
        assert explanation.id == name
        assert explanation.kind and explanation.text and explanation.values
        assert set(explanation.to_dict()) >= {"kind", "text", "values", "source", "grade", "mechanisms"}


@pytest.mark.parametrize("name", ["E062", "T17", "P08", "H9", "M7", "S050"])
def test_explanations_name_their_mechanisms(name: str) -> None:
    assert explain(name).mechanisms


def test_a_figure_names_the_parameters_that_rest_on_it() -> None:
    for name, parameter in load_register().items():
        for evidence_id in parameter.evidence:
            assert name in explain(evidence_id).related


def test_unknown_ids_get_a_near_match() -> None:
    with pytest.raises(InputError, match="did you mean"):
        explain("S9999")
    with pytest.raises(InputError, match="unknown mechanism"):
        mechanism("M18")


def test_ranges_of_ids_are_written_out() -> None:
    assert expand_ids("S016–S018, S032; T17 PL1-PL3") == (
        "S016",
        "S017",
        "S018",
        "S032",
        "T17",
        "PL1",
        "PL2",
        "PL3",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,number\nX1\n", "line 2"),
        ("id\nX1\n", "missing column"),
        ('id,number\n"X1,2\n', "damaged"),
        ("", "missing column"),
    ],
)
def test_a_damaged_table_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        list(rows("t.csv", ("id", "number"), tmp_path))
    assert "t.csv" in str(caught.value)


def test_a_bad_cell_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,number\nX1,inf\n", encoding="utf-8")
    (row,) = rows("t.csv", ("id", "number"), tmp_path)
    with pytest.raises(InputError, match=r"t\.csv, line 2, column number"):
        row.number("number")


def test_reading_evidence_loads_nothing_heavy() -> None:
    code = (
        "import sys, kladsim.evidence as e; e.load_register(); e.explain('E062');"
        "print([m for m in ('numpy', 'numba', 'scipy', 'xarray', 'pandas', 'ruamel') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
