"""Nothing finer than the responsible-use statement allows leaves by any path."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.study.fake_model import OUTCOMES, SPEC, FakeArray, FakeOutcome

from kladsim.policy import Scenario
from kladsim.runs import disclosure, run
from kladsim.runs.disclosure import ResolutionError, apply_disclosure_control, check_resolution, class_of, is_coarser
from kladsim.runs.replicates import read_replicate


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
        ("health", ("day",)),
        ("justice", ("year", "region", "age")),
        ("coverage", ("quarter", "region")),
        ("risk", ("year", "tier")),
        ("health", ("year", "region", "shop")),
        ("observation", ("month", "region")),
        ("unknown", ("year",)),
    ],
)
def test_a_class_has_a_ceiling_whatever_an_outcome_declares(side: str, dims: tuple[str, ...]) -> None:
    with pytest.raises(ResolutionError):
        check_resolution("revenue", dims, side, (dims,))


def test_coverage_and_justice_are_known_by_region_and_year() -> None:
    check_resolution("coverage", ("year", "region"), "coverage", ())
    check_resolution("prison_years", ("year", "region"), "justice", ())


def test_few_events_hide_nothing() -> None:
    outcome = FakeOutcome("deaths", "deaths", "", "health", (("year", "region"),))
    values = np.array([[19.0, 20.0], [0.0, 2000.0]])
    array = FakeArray("deaths", ("year", "region"), values, "deaths", "health")
    assert apply_disclosure_control("deaths", array, outcome).values.tolist() == values.tolist()


def test_minors_leave_for_the_nation_and_not_by_place() -> None:
    bands = ("14-17", "18-64")
    by_place, nation = (("year", "region", "age"),), (("year", "age"),)
    users = FakeArray("users", by_place[0], np.full((1, 1, 2), 1000.0), "persons", "health")
    released = apply_disclosure_control("users", users, FakeOutcome("users", "persons", "", "health", by_place), ages=bands)
    assert np.isnan(released.values).tolist() == [[[True, False]]]
    with pytest.raises(ResolutionError, match="bands"):
        apply_disclosure_control("users", users, FakeOutcome("users", "persons", "", "health", by_place))
    users = FakeArray("users", nation[0], np.full((1, 2), 3.0), "persons", "health")
    released = apply_disclosure_control("users", users, FakeOutcome("users", "persons", "", "health", nation), ages=bands)
    assert released.values.tolist() == [[3.0, 3.0]]


def test_every_file_of_a_run_keeps_to_its_cells(tmp_path: Path) -> None:
    result = run(Scenario(name="a", until="2016-01-01", scale=1), replicates=2, engine=SPEC)
    replicate = read_replicate(result.path / "replicates" / "0000.npz")
    data = result.to_xarray()
    for item in replicate.outcomes.values():
        check_resolution(item.name, item.dims, class_of(OUTCOMES[item.name]), OUTCOMES[item.name].cells)
    for variable in data.data_vars.values():
        name = variable.attrs["outcome"]
        check_resolution(name, variable.dims[1:], class_of(OUTCOMES[name]), ())
    assert (data["deaths_by_region"].sel(region="RU-SPE") == 3.0).all()
    noisy = data["deaths_by_region_noisy"]
    assert noisy.sel(region="RU-SPE").all() and not noisy.sel(region="RU-MOW").any()
    small = result.summary("deaths", by="region").query("place == 'RU-SPE'")
    assert small["median"].tolist() == [3.0, 3.0] and small["noisy"].all()
    assert set(small["settled_by"]) == {"7 replicates"}  # 6 events in 2 replicates, 20 in 7
    assert not result.summary("deaths")["noisy"].any()


def test_badge_travels(tmp_path: Path) -> None:
    result = run(Scenario(name="a", until="2016-01-01", scale=1), engine=SPEC)
    assert result.to_dict()["badge"] == disclosure.BADGE
    assert result.provenance["badge"] == disclosure.BADGE
    assert disclosure.BADGE in json.dumps(json.loads((result.path / "ro-crate-metadata.json").read_text()))
