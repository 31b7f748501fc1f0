"""In a dataset the plain name is the national series; its parts have names of their own, also from files written before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kladsim.policy.scenario import Scenario
from kladsim.runs import netcdf
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.netcdf import named, read_netcdf, variable_name, without_empty, write_netcdf
from kladsim.runs.running import run
from kladsim.study.comparison import compare

SPEC = "tests.study.fake_model:fake_engine"
NAMES = {
    "deaths": ("replicate", "year"), "deaths_by_region": ("replicate", "year", "region"),
    "price_index": ("replicate", "year"), "price_index_by_day": ("replicate", "day"),
    "arrests": ("replicate", "year"), "thefts": ("replicate", "year"),
    "thefts_by_quarter_district": ("replicate", "quarter", "district"),
}  # fmt: skip


def test_names_tell_the_axes() -> None:
    assert variable_name("deaths", ("replicate", "year")) == "deaths"
    assert variable_name("deaths", ("replicate", "year", "region")) == "deaths_by_region"
    assert variable_name("orders", ("scenario", "replicate", "day")[1:]) == "orders_by_day"
    assert variable_name("dependent_by_age", ("replicate", "year", "age", "sex")) == "dependent_by_age_sex"


def test_the_plain_name_is_the_national_series(tmp_path: Path) -> None:
    result = run(Scenario(name="a", until="2017-01-01", scale=1), replicates=2, engine=SPEC)
    data = result.to_xarray()
    assert {name: data[name].dims for name in NAMES} == NAMES
    for name, item in result.national().items():
        assert np.array_equal(data[name].values, item.values), name
        assert data[name].attrs["cells"] == "national, by year"
    assert data["deaths_by_region"].attrs["cells"] == "by year, region"
    assert "'deaths'" in data["deaths_by_region"].attrs["comment"]
    one, other = (Scenario(name=name, until="2017-01-01") for name in "ab")
    both = compare(one, other, replicates=2, engine=SPEC)
    deaths = both.to_xarray()["deaths"]
    assert deaths.dims == ("scenario", "replicate", "year")
    every = [run.national()["deaths"].values for run in (both.base, *both.plans.values())]
    assert np.array_equal(deaths.values, np.stack(every))


def test_files_written_before_open_under_the_same_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(Scenario(name="a", until="2017-01-01", scale=1), replicates=2, engine=SPEC)
    with monkeypatch.context() as patch:  # as kladsim 0.6 wrote: keys of the model, the finest array under the plain name
        patch.setattr(netcdf, "named", dict)
        patch.setattr(netcdf, "variable_name", lambda outcome, dims: outcome)
        write_netcdf(tmp_path / "old.nc", result.outcomes, result.labels | {"replicate": [0, 1]}, result.provenance)
    old, new = read_netcdf(tmp_path / "old.nc"), read_netcdf(result.path / "result.nc")
    assert set(old.data_vars) == set(new.data_vars)
    for name in new.data_vars:
        assert old[name].equals(new[name]), name


def test_nothing_that_is_withheld_sums_to_zero(tmp_path: Path) -> None:
    unknown, dims = np.full((2, 3, 2), np.nan), ("replicate", "year", "region")
    hidden = DisclosedArray("deaths", "deaths", dims, unknown, "persons", "health")
    whole = DisclosedArray("deaths_yearly", "deaths", dims[:2], np.full((2, 3), 7.0), "persons", "health")
    write_netcdf(tmp_path / "a.nc", {one.key: one for one in (hidden, whole)}, {}, {})
    data = without_empty(read_netcdf(tmp_path / "a.nc"))
    assert list(data.data_vars) == ["deaths"] and float(data["deaths"].sum()) == 42.0
    assert data.attrs["withheld"] == "deaths_by_region"
    with pytest.raises(AttributeError):
        data.deaths_by_region  # noqa: B018


def test_the_national_series_of_an_outcome_by_age_is_that_of_the_outcome() -> None:
    def item(key: str, name: str, dims: tuple[str, ...]) -> DisclosedArray:
        return DisclosedArray(key, name, dims, np.ones((1,) * len(dims)), "persons", "health")

    found = named({
        "dependent_by_age": item("dependent_by_age", "dependent_by_age", ("replicate", "year", "age", "sex")),
        "dependent_by_age_yearly": item("dependent_by_age_yearly", "dependent_by_age", ("replicate", "year")),
        "dependent_yearly": item("dependent_yearly", "dependent", ("replicate", "year")),
    })  # fmt: skip
    assert {name: one.key for name, one in found.items()} == {
        "dependent": "dependent_yearly", "dependent_by_age_sex": "dependent_by_age",
    }  # fmt: skip
