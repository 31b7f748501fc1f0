"""Bad plans: an error that names the lever and the field, never a traceback; whatever is put in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.model.running import russia
from tests.policy.every_lever import EXAMPLES

from kladsim import InputError, Scenario, lever_classes
from kladsim.policy.levers.package import package_names


def plan(*levers: dict[str, Any]) -> None:
    Scenario(name="bad", levers=levers).resolve(russia())


TREAT = {"lever": "treatment", "places": 40_000, "start": "2024"}
CHECK = {"lever": "drug_checking", "share": 0.3, "start": "2024"}
ADS = {"lever": "advertising_removal", "share": 0.5, "start": "2024"}


@pytest.mark.parametrize(
    ("levers", "where", "says"),
    [
        ([ADS, ADS | {"start": "2026"}], "levers.1.advertising_removal.start", "overlaps levers.0.advertising_removal"),
        ([ADS | {"end": "2025"}, ADS | {"start": "2024-12-31"}], "levers.1.advertising_removal.start", "overlaps"),
        ([CHECK, CHECK | {"share": 0.1}], "levers.1.drug_checking.start", "both act on health.drug_checking"),
        (
            [CHECK, {"lever": "package", "of": "harm-reduction", "start": "2025"}],
            "levers.1.package.levers.0.drug_checking.start",
            "both act on",
        ),
        ([ADS | {"where": "RU-XXX"}], "levers.0.advertising_removal.where", "unknown region"),
        ([ADS | {"where": ["RU-MOW", "RU-MWO"]}], "levers.0.advertising_removal.where", "did you mean 'RU-M"),
        ([TREAT | {"where": "RU-MOW"}], "levers.0.treatment.where", "whole country"),
        ([TREAT | {"cost": -1}], "levers.0.treatment.cost", "at least 0"),
        ([TREAT | {"places": 70_000}], "levers.0.treatment.places", "exceeds the capacity of treatment places"),
        ([TREAT | {"capacity": 30_000}], "levers.0.treatment.places", "at most 30000"),
        ([ADS | {"share": 0.95}], "levers.0.advertising_removal.share", "exceeds the capacity"),
        (
            [
                {"lever": "police", "tier": "courier", "factor": 2.5, "start": "2024"},
                {"lever": "police", "tier": "shop", "factor": 5.0, "start": "2025"},
            ],
            "levers.1.police.factor",
            "exceeds the capacity of police effort together with levers.0.police",
        ),
        ([{"lever": "diversion", "share": 0.5, "start": "2024", "capacity": 1}], "levers.0.diversion.capacity", "no"),
        ([{"lever": "package", "of": "harm"}], "levers.0.package.of", "unknown package"),
        ([{"lever": "package", "of": "harm-reduction"}], "levers.0.package.start", "is required"),
        ([{"lever": "package"}], "levers.0.package.of", "either"),
        (
            [{"lever": "package", "strength": 0.5, "levers": [{"lever": "takedown", "date": "2024"}]}],
            "levers.0.package.levers.0.takedown.strength",
            "0 or 1",
        ),
        ([{"lever": "treatmnt"}], "levers.0.lever", "did you mean 'treatment'"),
    ],
)
def test_the_error_names_lever_and_field(levers: list[dict[str, Any]], where: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        plan(*levers)
    assert caught.value.where == where


def test_good_neighbours_are_no_conflict() -> None:
    plan(ADS | {"end": "2025"}, ADS | {"start": "2025"})
    plan(ADS | {"where": "RU-MOW"}, ADS | {"where": "RU-SPE"})
    plan(TREAT | {"end": "2025"}, TREAT | {"start": "2025"})
    shift = ({"lever": "police", "tier": "courier", "factor": 0.5, "start": "2024"},
             {"lever": "police", "tier": "organiser", "factor": 3.5, "start": "2024"})  # fmt: skip
    plan(*shift)
    with pytest.raises(InputError, match="exceeds the capacity"):
        plan(shift[1] | {"factor": 3.6})


NUMBERS = st.one_of(
    st.integers(-5, 10), st.floats(-2, 12), st.sampled_from([float("nan"), float("inf"), -1e300, 10**400, 1e9])
)
DAYS = st.sampled_from(["2024", "2024-02-30", "2013", "2031", "2026-06-01", "2030-12-31", 2025, "soon", None, -1])
WORDS = st.sampled_from(["courier", "buyer", "shop", "all", "young", "organiser", "health", "", "?", *package_names()])
PLACES = st.sampled_from(["RU-MOW", "RU-SPE", "RU-XXX", ["RU-MOW", "RU-MOW"], ["RU-SVE"], [], "Moscow", 7, None])
VALUES = st.one_of(NUMBERS, DAYS, WORDS, PLACES, st.booleans(), st.just([{"lever": "takedown", "date": "2024"}]))
BY_FIELD = {"start": DAYS, "end": DAYS, "date": DAYS, "where": PLACES, "tier": WORDS, "whom": WORDS, "of": WORDS}


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    """Return an entry of a plan: a sound example with up to four fields spoilt, or one of nonsense."""
    name = draw(st.sampled_from([*EXAMPLES, "package"]))
    made = lever_classes()[name]
    entry: dict[str, Any] = {"lever": name, **EXAMPLES.get(name, {"of": "harm-reduction"})}
    entry.setdefault(made.dated_by, "2024")
    fields = [*made.model_fields, "colour"]
    for field in draw(st.lists(st.sampled_from(fields), max_size=4, unique=True)):
        entry[field] = draw(st.one_of(BY_FIELD.get(field, NUMBERS), VALUES))
    return entry


@given(st.lists(entries(), min_size=1, max_size=3))
def test_a_random_plan_runs_or_names_lever_and_field(levers: list[dict[str, Any]]) -> None:
    try:
        plan(*levers)
    except InputError as error:
        assert error.where is not None, str(error)
        parts = error.where.split(".")
        assert parts[0] == "levers" and parts[1].isdigit(), error.where
        entry = levers[int(parts[1])]
        assert parts[2] == entry["lever"], error.where
        known = {*lever_classes()[entry["lever"]].model_fields, lever_classes()[entry["lever"]].__name__}
        assert len(parts) > 3 and parts[3] in known, error.where


@given(
    st.lists(st.recursive(VALUES, lambda inner: st.dictionaries(st.text(max_size=4), inner, max_size=3)), max_size=3)
)
def test_nonsense_is_told_apart_from_levers(levers: list[Any]) -> None:
    try:
        plan(*levers)
    except InputError as error:
        assert error.where is not None and error.where.startswith("levers")


@pytest.mark.parametrize(("given", "code"), [("Moscow", "RU-MOW"), ("RU-MOV", "RU-MO"), ("Sverdlovsk", "RU-SVE")])
def test_a_region_by_name_gets_its_code(given: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(ADS | {"where": given})
    assert caught.value.suggestion == code


@pytest.mark.parametrize("levers", ["treatment", {"lever": "treatment", "places": 100}])
def test_levers_are_a_list(levers: Any) -> None:
    with pytest.raises(InputError, match="is not a list") as caught:
        Scenario(name="bad", levers=levers)
    assert caught.value.where == "levers"
