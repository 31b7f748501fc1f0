"""Rule 6: risk of arrest is per person-year and nation, beside sentence length and the doubt about its denominator."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kladsim.model.outcomes import OUTCOMES
from kladsim.runs.disclosure import FINEST, ResolutionError, check_resolution
from kladsim.runs.export import _beside_risk


def test_risk_has_no_finer_cell_than_nation_and_year() -> None:
    risks = [name for name, item in OUTCOMES.items() if item.disclosure == "risk"]
    assert risks == ["arrest_risk_courier"] and FINEST["risk"] == (("year",),)
    for dims in (("day",), ("month",), ("year", "tier"), ("year", "region"), ("year", "district"), ("year", "age")):
        with pytest.raises(ResolutionError):
            check_resolution("arrest_risk_courier", dims, "risk", ())


def test_beside_it_stand_sentence_length_and_denominator() -> None:
    parameters = {"justice.years_trafficking": 8.4, "justice.served": 0.75}
    result = SimpleNamespace(scenario={"config": {"parameters": parameters}})
    said = _beside_risk(cast(Any, result))
    assert "8.4 years" in said and "75 % is served" in said and "model's own number" in said
    assert "model's own number" in _beside_risk(cast(Any, SimpleNamespace(scenario={"config": {}})))


def test_no_outcome_is_risk_by_drop_season_or_career() -> None:
    risks = [name for name, out in OUTCOMES.items() if "risk" in name or out.unit.startswith("1/")]
    assert risks == ["arrest_risk_courier"] and OUTCOMES["arrest_risk_courier"].unit == "1/person-year"


def test_the_text_calls_nothing_impossible_that_two_outcomes_give() -> None:
    root = Path(__file__).parents[2]
    text = " ".join((root / "docs" / name).read_text(encoding="utf-8") for name in ("responsible_use.md", "faq.md"))
    flat = " ".join(text.split())
    assert "Ratios that anybody can form from two outcomes are not called impossible" in flat
    assert "do not leave" not in flat and "could not be made to" not in flat
