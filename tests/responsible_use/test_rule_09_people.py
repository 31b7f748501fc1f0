"""Rule 9: people under 18 by nation and year; no ethnicity, no identifiable person; conscription is no lever."""

from __future__ import annotations

import re

import numpy as np
import pytest

from kladsim.core.errors import InputError
from kladsim.evidence import claims
from kladsim.model.outcomes import BAND_LABELS, OUTCOMES
from kladsim.model.quantities import QUANTITIES
from kladsim.policy.registry import lever_classes
from kladsim.policy.scenario import Scenario
from kladsim.runs.export import table
from kladsim.runs.result import Result
from kladsim.runs.running import run


@pytest.fixture(scope="module")
def georgia(tmp_path_factory: pytest.TempPathFactory) -> Result:
    scenario = Scenario.preset("georgia").with_(until="2015-01-01", scale="1/50")
    return run(scenario, replicates=2, out=tmp_path_factory.mktemp("g") / "run", parameters="point")


def test_young_peoples_use_is_given_for_the_nation(georgia: Result) -> None:
    rows = table(georgia, ["people_who_use_by_age"], ["year", "age"])
    assert [row["age"] for row in rows] == list(BAND_LABELS)
    young = rows[0]
    assert young["age"] == "14-17" and young["median"] is not None and young["median"] > 0
    whole = table(georgia, ["people_who_use_by_age"], ["year"])[0]["median"]
    values = georgia.outcomes["people_who_use_by_age_among_people"].values
    assert whole == pytest.approx(float(np.median(values.sum(axis=(1, 2, 3)))), rel=1e-5)


def test_by_place_they_are_closed_and_the_row_says_so(georgia: Result) -> None:
    rows = table(georgia, ["people_who_use_by_age"], ["year", "region", "age"])
    assert len(rows) == 13 * len(BAND_LABELS)  # no row is left out
    for row in rows:
        closed = row["age"] == "14-17"
        assert (row["median"] is None) == closed and ("for the nation only" in row["note"]) == closed
    for by in (["year", "region"], ["year", "region", "sex"]):
        with pytest.raises(InputError, match="adults only"):
            table(georgia, ["people_who_use_by_age"], by)


def test_no_outcome_tells_ethnicity_nationality_or_a_person() -> None:
    words = re.compile(r"ethnic|nationality|citizen|migrant|name|handle")
    assert not [name for name, out in OUTCOMES.items() if words.search(f"{name} {out.doc} {' '.join(out.cells)}".lower())]


def test_recruitment_is_national() -> None:
    assert OUTCOMES["recruits"].cells == ("year",)


def test_claims_about_one_person_are_one_neutral_line() -> None:
    text = {claim.id: claim for claim in claims()}
    assert text["S094"].text == "The largest market has a public face with a large following"
    for name in ("S095", "S096", "S097"):
        assert text[name].text.startswith("withdrawn: about one person") and not text[name].mechanisms


def test_conscription_death_penalty_and_compulsory_treatment_are_no_levers() -> None:
    assert QUANTITIES["justice.prison_recruitment"].control != "public"
    words = re.compile(r"conscri|execution|death_penalty|compuls|forced|front")
    assert not [name for name in (*lever_classes(), *QUANTITIES) if words.search(name)]
    assert OUTCOMES["deaths_at_front"].better == "lower" and OUTCOMES["deaths_at_front"].cells == ("year",)
