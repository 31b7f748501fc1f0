"""Nothing finer than the responsible-use statement allows leaves by any path."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.study.fake_model import OUTCOMES, SPEC, FakeArray, FakeOutcome

from kladsim.policy import Scenario
from kladsim.study import gate, run
from kladsim.study.gate import ResolutionError, check_resolution, is_coarser, release, two_digits
from kladsim.study.replicates import read_replicate


@pytest.mark.parametrize(
    ("dims", "cell", "coarser"),
    [
        (("year",), ("day",), True),
        (("day",), ("year",), False),
        (("year", "district"), ("year", "region"), True),
        (("year", "region"), ("quarter", "district"), False),
        (("year", "region", "age"), ("year", "region"), False),
        (("year",), ("year", "tier"), True),
        ((), ("day",), True),
    ],
)
def test_order_of_cells(dims: tuple[str, ...], cell: tuple[str, ...], coarser: bool) -> None:
    assert is_coarser(dims, cell) is coarser


@pytest.mark.parametrize(
    ("side", "dims"),
    [
        ("supply", ("day", "region")),
        ("supply", ("day", "district")),
        ("supply", ("month", "district")),
        ("supply", ("year", "region")),
        ("enforcement", ("day",)),
        ("enforcement", ("year", "region")),
        ("health", ("month", "region")),
        ("health", ("year", "region", "shop")),
        ("observation", ("month", "region")),
        ("unknown", ("year",)),
    ],
)
def test_a_side_has_a_ceiling_whatever_an_outcome_declares(side: str, dims: tuple[str, ...]) -> None:
    with pytest.raises(ResolutionError):
        check_resolution("revenue", dims, side, (dims,))


def test_coverage_and_justice_are_known_by_region_and_year_arrest_risk_is_not() -> None:
    check_resolution("coverage", ("year", "region"), "supply", ())
    check_resolution("prison_years", ("year", "region"), "enforcement", ())
    with pytest.raises(ResolutionError):
        check_resolution("arrest_risk", ("year", "tier"), "enforcement", ())


def test_small_cells_are_suppressed_by_simulated_events() -> None:
    outcome = FakeOutcome("deaths", "deaths", "", "health", (("year", "region"),))
    values = np.array([[19.0, 20.0], [0.0, 2000.0]])
    array = FakeArray("deaths", ("year", "region"), values, "deaths", "health")
    assert np.isnan(release("deaths", array, outcome).values).tolist() == [[True, False], [True, False]]
    thinned = release("deaths", array, outcome, weight=100.0).values
    assert np.isnan(thinned).tolist() == [[True, True], [True, False]]


def test_minors_are_left_out_but_as_national_victims() -> None:
    cells = (("year", "region", "age"),)
    values = np.full((1, 1, 2), 1000.0)
    bands = ("14-17", "18-64")
    users = FakeArray("users", cells[0], values, "persons", "health")
    released = release("users", users, FakeOutcome("users", "persons", "", "health", cells), ages=bands)
    assert np.isnan(released.values).tolist() == [[[True, False]]]
    with pytest.raises(ResolutionError, match="bands"):
        release("users", users, FakeOutcome("users", "persons", "", "health", cells))
    victims = FakeArray("victims", ("year", "age"), values[0], "victims", "health")
    outcome = FakeOutcome("victims", "victims", "", "health", (("year", "age"),))
    assert not np.isnan(release("victims", victims, outcome, ages=bands).values).any()


def test_every_file_of_a_run_passed_the_gate(tmp_path: Path) -> None:
    result = run(Scenario(name="a", until="2016-01-01", scale=1), replicates=2, engine=SPEC)
    replicate = read_replicate(result.path / "replicates" / "0000.npz")
    data = result.to_xarray()
    for item in replicate.outcomes.values():
        check_resolution(item.name, item.dims, item.side, OUTCOMES[item.name].cells)
    for variable in data.data_vars.values():
        check_resolution(variable.attrs["outcome"], variable.dims[1:], variable.attrs["side"], ())
    assert np.isnan(data["deaths"].sel(region="RU-SPE")).all()
    assert np.isnan(data["thefts"].sel(district="Siberian")).all()
    small = result.summary("deaths", by="region").query("place == 'RU-SPE'")
    assert small["median"].isna().all()
    assert not result.summary("deaths")["median"].isna().any()


def test_badge_travels(tmp_path: Path) -> None:
    result = run(Scenario(name="a", until="2016-01-01", scale=1), engine=SPEC)
    assert result.facts()["badge"] == gate.BADGE
    assert result.provenance["badge"] == gate.BADGE
    assert gate.BADGE in json.dumps(json.loads((result.path / "ro-crate-metadata.json").read_text()))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (123456.0, "120 000"),
        (0.012345, "0.012"),
        (-99.6, "-100"),
        (0.0, "0"),
        (float("nan"), "–"),
        (1.0, "1.0"),
    ],
)
def test_two_significant_digits(value: float, text: str) -> None:
    assert two_digits(value) == text
