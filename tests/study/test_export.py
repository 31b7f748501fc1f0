"""Tidy columns of a run: the same numbers as the result, the cells that disclosure control allows, and its refusals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kladsim.core.errors import InputError
from kladsim.policy.scenario import Scenario
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.export import _refused, table
from kladsim.runs.result import Result
from kladsim.runs.running import run


@pytest.fixture(scope="module")
def georgia(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Two replicates until the middle of January 2020, one person in 25."""
    scenario = Scenario.preset("georgia").with_(until="2020-01-16", scale="1/25")
    return run(scenario, replicates=2, out=tmp_path_factory.mktemp("georgia") / "run")


def rows_of(text: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(str(text))))


def test_days_are_those_of_the_result(georgia: Result) -> None:
    rows = rows_of(georgia.export("scrape_packages,scrape_shops", by="day"))
    days = len(rows) // 2
    assert rows[0]["day"] == "2014-01-01" and rows[days - 1]["day"] == "2020-01-15"
    values = georgia.outcomes["scrape_packages"].values
    assert [float(row["median"]) for row in rows[:days]] == pytest.approx(np.median(values, axis=0), rel=1e-5)
    low = [float(row["low"]) for row in rows[:days]]
    assert low == pytest.approx(values.min(axis=0), rel=1e-5)  # few runs have a range
    assert {row["n"] for row in rows} == {"2"} and all("cathinones" in row["note"] for row in rows)


def test_by_day_and_region_the_nation_and_the_window_only(georgia: Result) -> None:
    rows = rows_of(georgia.export("scrape_packages", by="day,region"))
    assert sum(row["region"] == "nation" for row in rows) == 2206
    places = [row for row in rows if row["region"] != "nation"]
    assert {row["region"] for row in places} == {"GE-TB", "GE-AJ-BAT", "GE-IM-KUT"}
    assert len(places) == 3 * 15 and all(row["day"] >= "2020-01-01" for row in places)
    assert all(row["median"] for row in places)
    few = [row for row in places if float(row["median"]) * 2 < 20 * 25]  # under 20 simulated events in both replicates
    assert all(row["noisy"] == "true" and row["settled_by"] for row in few)


@pytest.mark.parametrize(
    ("outcome", "by"),
    [("orders", "month,region"), ("couriers", "day,region"), ("deaths", "day"), ("arrests_courier", "year,region"),
     ("scrape_shops", "day,age"), ("deaths", "month,region")],
)  # fmt: skip
def test_what_the_gate_refuses_is_refused(georgia: Result, outcome: str, by: str) -> None:
    with pytest.raises(InputError, match="at the finest") as caught:
        georgia.export(outcome, by=by)
    assert outcome in str(caught.value) and caught.value.where == "by"


def test_coarser_cells_add_up(georgia: Result) -> None:
    months = table(georgia, ["orders"], ["month"])
    orders = georgia.outcomes["orders"].values
    assert months[-1]["month"] == "2020-01" and months[-1]["unit"] == "orders"
    assert months[0]["median"] == pytest.approx(float(np.median(orders[:, :31].sum(axis=1))), rel=1e-5)
    level = table(georgia, ["shops"], ["month"])[0]["median"]
    assert level == pytest.approx(float(np.median(georgia.outcomes["shops"].values[:, :31].mean(axis=1))), rel=1e-5)
    deaths = table(georgia, ["deaths"], ["year"])
    assert [row["year"] for row in deaths] == list(range(2014, 2021))
    quarters = table(georgia, ["price_index"], ["quarter"])
    assert quarters[0]["quarter"] == "2014-Q1" and quarters[-1]["quarter"] == "2020-Q1"


def test_few_people_by_region_are_shown_as_too_noisy(georgia: Result) -> None:
    rows = table(georgia, ["deaths"], ["year", "region"])
    assert len(rows) == 7 * 13 and all(row["median"] is not None for row in rows)
    events = georgia.outcomes["deaths"].values.sum(axis=0).reshape(-1) / 25
    for row, many in zip(rows, events, strict=True):
        assert row["noisy"] or many >= 20
        assert bool(row["settled_by"]) == row["noisy"] and row["pooled"]


def test_json_and_parquet_hold_the_same(georgia: Result, tmp_path: Path) -> None:
    rows = table(georgia, ["scrape_offers"], ["month"])
    told = json.loads(str(georgia.export("scrape_offers", by="month", fmt="json")))
    assert [row["median"] for row in told["rows"]] == [row["median"] for row in rows]
    assert "cathinones" in told["badge"] and "Monte Carlo" in told["interval"]
    path = Path(str(georgia.export("scrape_offers", by="month", fmt="parquet", out=tmp_path / "o.parquet")))
    import duckdb

    found = duckdb.sql(f"SELECT month, median, n FROM '{path}'").fetchall()
    assert found == [(row["month"], row["median"], row["n"]) for row in rows]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"outcomes": "scrape_package"}, "did you mean 'scrape_packages'"),
        ({"outcomes": ""}, "outcome"),
        ({"outcomes": "orders", "by": "region"}, "step of time"),
        ({"outcomes": "orders", "by": "day,dya"}, "did you mean 'day'"),
        ({"outcomes": "orders", "by": "day,month"}, "step of time"),
        ({"outcomes": "orders", "fmt": "xls"}, "csv"),
        ({"outcomes": "orders", "fmt": "parquet"}, "file"),
    ],
)
def test_bad_input_is_named(georgia: Result, call: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        georgia.export(**call)
    assert said in str(caught.value)


def test_a_file_is_written_whole(georgia: Result, tmp_path: Path) -> None:
    path = georgia.export(["orders"], by=["year"], out=tmp_path / "o.csv")
    assert Path(str(path)).read_text(encoding="utf-8") == georgia.export(["orders"], by=["year"])


def test_a_rate_by_region_says_that_it_does_not_add_up() -> None:
    item = DisclosedArray("x", "x", ("replicate", "year", "region"), np.ones((2, 3, 4)), "1/1000", "health", kind="level",
                          disclosure="health", sample="none")  # fmt: skip
    assert "does not add up over places" in str(_refused(item, ("year",)))
    counted = DisclosedArray(**{**vars(item), "kind": "flow", "sample": "persons"})
    assert "not recorded in such cells" in str(_refused(counted, ("month",)))
