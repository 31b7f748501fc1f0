"""`monitor detect`: kinds of periods from the data, intervals, settings, errors with lines, one row for each period."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.core.errors import InputError
from kladsim.monitor.detection import DETECTORS, build_detector, detect, read_count, read_counts
from kladsim.monitor.periods import to_period


def write(path: Path, rows: Sequence[tuple[str, str, object]], header: str = "series,period,value") -> Path:
    path.write_text("\n".join([header, *(f"{a},{b},{c}" for a, b, c in rows)]) + "\n", encoding="utf-8")
    return path


def weekly(path: Path, series: int = 2, weeks: int = 320) -> Path:
    rng = np.random.default_rng(1)
    days = [date(2018, 1, 1) + timedelta(7 * week) for week in range(weeks)]
    return write(path, [(f"s{i}", day.isoformat(), int(rng.poisson(6))) for i in range(series) for day in days])


@pytest.mark.parametrize(
    ("periods", "freq"),
    [
        (["2019", "2020", "2021"], "year"),
        (["2019-Q4", "2020-Q1", "2020-Q2"], "quarter"),
        (["2020-01", "2020-02", "2020-03"], "month"),
        (["2020-01-01", "2020-02-01", "2020-03-01", "2020-05-01"], "month"),
        (["2020-W01", "2020-W02", "2020-W03"], "week"),
        (["2020-01-06", "2020-01-13", "2020-01-27"], "week"),
        (["2020-01-06", "2020-01-07", "2020-01-09"], "day"),
    ],
)
def test_the_kind_of_period_is_recognised(tmp_path: Path, periods: list[str], freq: str) -> None:
    file = read_counts(write(tmp_path / "f.csv", [("a", period, 1) for period in periods]))
    assert file.table.freq == freq
    assert [text for text in file.periods if text] == periods


def test_weeks_numbered_to_52_in_every_year_have_no_gaps(tmp_path: Path) -> None:
    weeks = [f"{year}-W{week:02d}" for year in (2019, 2020, 2021) for week in range(1, 53)]
    assert "" not in read_counts(write(tmp_path / "f.csv", [("a", week, 1) for week in weeks])).periods
    with_53 = [*weeks, "2020-W53"]
    assert len(read_counts(write(tmp_path / "g.csv", [("a", week, 1) for week in with_53])).periods) == 157


def test_counts_may_be_intervals_or_missing() -> None:
    assert read_count("7") == (7.0, 7.0)
    assert read_count("<5") == (0.0, 4.0)
    assert read_count("≤ 5") == (0.0, 5.0)
    assert read_count("1-4") == (1.0, 4.0)
    assert np.isnan(read_count("NA")[0])
    for text in ("-3", "4-1", "many", "inf"):
        with pytest.raises(ValueError):
            read_count(text)


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_there_is_one_row_for_each_period_from_the_start(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(
        verbs,
        ["monitor", "detect", str(weekly(tmp_path / "f.csv")), "--detector", name, "--from", "2024-01-01", "--json"],
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert found["detector"] == name
    assert None not in found["settings"].values()
    assert len(found["rows"]) == 2 * 7
    assert found["rows"][0]["period"] == "2024-01-01"
    assert set(found["rows"][0]) == {"series", "period", "value", "expected", "upper", "score", "alarm"}
    if name == "joint-rise":  # evidence has neither an expected count nor a bound
        assert {(row["expected"], row["upper"]) for row in found["rows"]} == {(None, None)}
    else:
        assert all(row["alarm"] == (row["value"] > row["upper"]) for row in found["rows"])


def test_what_cannot_be_judged_is_null(tmp_path: Path) -> None:
    rows = [("a", to_period(24_000 + month, "month"), "" if month == 39 else 5) for month in range(40)]
    found = detect(read_counts(write(tmp_path / "f.csv", rows)), build_detector("default", {}))["rows"]
    assert len(found) == 40
    assert [found[0][key] for key in ("expected", "upper", "score", "alarm")] == [None] * 4
    assert found[30]["alarm"] is False
    assert found[39]["value"] is None
    assert found[39]["alarm"] is None


def test_a_suppressed_count_is_shown_as_written_and_judged_by_its_lower_end(tmp_path: Path) -> None:
    rows = [("a", to_period(24_000 + month, "month"), "<5") for month in range(60)]
    found = detect(
        read_counts(write(tmp_path / "f.csv", [*rows[:-1], ("a", rows[-1][1], 40)])), build_detector("default", {})
    )
    assert found["rows"][-2]["value"] == "<5"
    assert found["rows"][-2]["alarm"] is False
    assert found["rows"][-1]["alarm"] is True
    assert 0.0 < found["rows"][-1]["expected"] < 4.0


def test_settings_reach_the_detector(tmp_path: Path) -> None:
    file = read_counts(weekly(tmp_path / "f.csv"))
    loose = detect(file, build_detector("default", {"false_alarms": "20"}), "2023-01-01")
    tight = detect(file, build_detector("default", {"false_alarms": "0.01"}), "2023-01-01")
    assert sum(row["alarm"] for row in loose["rows"]) > sum(row["alarm"] for row in tight["rows"])
    assert loose["settings"]["false_alarms"] == 20.0
    named = build_detector("default", {"interventions": "2020-03-16,2021"})
    assert detect(file, named, "2024-02-01")["settings"]["interventions"] == ("2020-03-16", "2021")


def test_errors_name_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'default'"):
        build_detector("defalt", {})
    with pytest.raises(InputError, match="did you mean 'false_alarms'"):
        build_detector("default", {"false_alarm": "1"})
    with pytest.raises(InputError, match="--set false_alarms"):
        build_detector("default", {"false_alarms": "few"})
    with pytest.raises(InputError, match="no column 'value'"):
        read_counts(write(tmp_path / "a.csv", [("a", "2020", 1)], "series,period,count"))
    with pytest.raises(InputError, match=r"line 2: 'many' is no count; line 3: '-1' is no count"):
        read_counts(write(tmp_path / "b.csv", [("a", "2020", "many"), ("a", "2021", -1)]))
    with pytest.raises(InputError, match=r"line 3: 'a' has a value for 2020 already"):
        read_counts(write(tmp_path / "c.csv", [("a", "2020", 1), ("a", "2020", 1)]))
    with pytest.raises(InputError, match="several kinds"):
        read_counts(write(tmp_path / "d.csv", [("a", "2020", 1), ("a", "2021-01", 1)]))
    with pytest.raises(InputError, match="after the last period"):
        detect(read_counts(write(tmp_path / "e.csv", [("a", "2020", 1)])), build_detector("default", {}), "2022")
