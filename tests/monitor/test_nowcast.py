"""Nowcast: delays and shares by hand, equal to R's surveillance::nowcast on an example, coverage on simulated counts."""

from __future__ import annotations

import csv
import json
import os
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.monitor.nowcast import build_triangle, build_triangle_of_versions, nowcast, sample_known_shares

REFERENCE = Path(__file__).parent / "reference"
"""Made by tools/nowcast_reference.R with surveillance 1.20.3 on simulated events."""
MADE = os.environ.get("KLADSIM_REFERENCE")
"""Where ``make reference`` writes what R says, if it runs."""


def read(name: str) -> list[dict[str, str]]:
    made = Path(MADE or REFERENCE) / name
    with (made if made.is_file() else REFERENCE / name).open() as file:
        return list(csv.DictReader(file))


def ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def test_a_triangle_ends_at_the_present() -> None:
    events = [(1, 1, 4.0), (1, 2, 2.0), (2, 2, 5.0), (2, 4, 9.0), (3, 3, 1.0)]
    triangle = build_triangle(events, now=3, longest=2)
    np.testing.assert_array_equal(triangle.counts, [[4, 2, 0], [5, 0, np.nan], [1, np.nan, np.nan]])
    assert triangle.reported.tolist() == [6, 5, 1]
    with pytest.raises(ValueError, match="before it"):
        build_triangle([(2, 1, 1.0)], now=3, longest=2)


def test_totals_as_known_by_day_are_a_triangle_too() -> None:
    triangle = build_triangle_of_versions([(1, 1, 4.0), (1, 2, 6.0), (1, 3, 5.0), (2, 3, 7.0)], now=3, longest=2)
    np.testing.assert_array_equal(triangle.counts, [[4, 2, 0], [0, 7, np.nan], [0, np.nan, np.nan]])


def test_shares_are_products_of_hazards_in_reverse_time() -> None:
    # Delay 2: 10 of 100; delay 1, where it is over: 40 of 120, of 30 + 60 + ... by hand below.
    counts = np.array([[60.0, 30.0, 10.0], [50.0, 30.0, np.nan], [7.0, np.nan, np.nan]]) * 1e4
    triangle = build_triangle([], now=2, longest=2, first=0)
    object.__setattr__(triangle, "counts", counts)
    shares = sample_known_shares(triangle, 500, 1).mean(axis=0)
    # P(delay 2) = 10/100; of the others a share of (30 + 30) / (60 + 30 + 50 + 30) comes with delay 1.
    assert shares == pytest.approx([0.9 * (1 - 60 / 170), 0.9, 1.0], rel=1e-3)


def test_it_equals_the_r_package() -> None:
    events = [(ordinal(r["event"]), ordinal(r["report"]), float(r["number"])) for r in read("nowcast_events.csv")]
    expected = read("nowcast_expected.csv")
    now = ordinal(expected[-1]["event"])
    triangle = build_triangle(events, now, longest=10)
    found = nowcast(triangle, (0.1, 0.5, 0.9), prior=(20.0, 400.0), draws=40_000)
    last = slice(-len(expected), None)
    assert found.reported[last].tolist() == [float(row["reported"]) for row in expected]
    np.testing.assert_allclose(found.mean[last], [float(row["mean"]) for row in expected], rtol=5e-3)
    for column, name in enumerate(("low", "median", "high")):
        np.testing.assert_allclose(found.quantiles[last, column], [float(row[name]) for row in expected], atol=1.0)


def test_intervals_hold_what_they_say() -> None:
    rng = np.random.default_rng(3)
    chances = np.array([0.1, 0.3, 0.3, 0.2, 0.1])
    inside = []
    for _ in range(60):
        totals = rng.poisson(15.0, 60)
        reports = np.array([rng.multinomial(total, chances) for total in totals])
        events = [(t, t + d, float(reports[t, d])) for t in range(60) for d in range(5)]
        found = nowcast(build_triangle(events, now=59, longest=4, first=0), (0.1, 0.9), draws=1000)
        inside += ((found.quantiles[-4:, 0] <= totals[-4:]) & (totals[-4:] <= found.quantiles[-4:, 1])).tolist()
    assert 0.78 <= np.mean(inside) <= 0.93  # counts are whole: an interval of 80 % holds somewhat more


def test_too_few_reports_are_refused() -> None:
    with pytest.raises(ValueError, match="19 reported events"):
        nowcast(build_triangle([(1, 1, 19.0)], now=3, longest=2))


def test_the_verb_reads_totals_by_day_of_report(tmp_path: Path) -> None:
    rows, first = ["series,period,reported,value"], date(2024, 1, 1)
    for week in range(30):
        for delay, total in enumerate((6, 16, 20)):
            if week + delay < 30:
                begin = first + timedelta(7 * week)
                rows.append(f"a,{begin.isoformat()},{(begin + timedelta(7 * delay)).isoformat()},{total}")
    path = tmp_path / "f.csv"
    path.write_text("\n".join(rows) + "\n")
    result = CliRunner().invoke(verbs, ["monitor", "nowcast", str(path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)["rows"]
    assert [row["known"] for row in found[-3:]] == [20, 16, 6]
    assert found[-3]["median"] == 20
    assert found[-2]["median"] == pytest.approx(20, abs=1)
    assert found[-1]["median"] == pytest.approx(20, abs=4)
    assert found[-1]["low80"] < found[-1]["median"] < found[-1]["high80"]
