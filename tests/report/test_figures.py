"""Pictures are written, whatever a run has, and their numbers are those of the run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kladsim.report.figures import plot_comparison, plot_run
from kladsim.report.tables import band, difference, levers_of, marks, relative_effects, select_names
from kladsim.study.comparison import Comparison

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.slow
def test_pictures_are_png_files(comparison: Comparison, tmp_path: Path) -> None:
    for draw, what in ((plot_run, comparison.base), (plot_comparison, comparison)):
        path = draw(what, tmp_path / "picture.png")
        content = path.read_bytes()
        assert content.startswith(PNG) and len(content) > 10_000
    assert [p.name for p in tmp_path.iterdir()] == ["picture.png"]


def test_daily_outcomes_are_drawn_as_weekly_means(comparison: Comparison) -> None:
    found = band(comparison.base, "price_index")
    assert found is not None
    days = next(i for i in comparison.base.outcomes.values() if i.dims == ("replicate", "day")).values
    assert len(found.times) == days.shape[1] // 7 and found.times[0] == date(2014, 1, 4)
    assert found.median[0] == pytest.approx(np.median(days[:, :7].mean(axis=1)))
    assert (found.low <= found.median).all() and (found.median <= found.high).all()


def test_differences_are_paired_and_begin_before_the_first_change(comparison: Comparison) -> None:
    assert comparison.since == 2015
    plan = comparison.plans["plan"]
    found = difference(plan, comparison.base, "arrests", comparison.since)
    assert found is not None and [day.year for day in found.times] == [2014, 2015, 2016]
    assert found.median[0] == 0 and found.high[0] == 0
    assert found.median[2] == -20 * 366


def test_effects_are_relative_to_the_base_from_the_first_change_on(comparison: Comparison) -> None:
    rows = {row["outcome"]: row for row in relative_effects(comparison)}
    deaths = rows["Drug-related deaths"]
    level = comparison.base_level("deaths")
    total = comparison.effect("deaths").median
    assert deaths["verdict"] == "better" and deaths["median"] == pytest.approx(100 * total / level)


def test_events_are_the_packs_and_the_plans(comparison: Comparison) -> None:
    words = {mark.words: mark.day for mark in marks("russia", date(2014, 1, 1), date(2024, 1, 1))}
    assert words["takedown"] == date(2022, 4, 5) and words["war"] == date(2022, 2, 24)
    assert words["lockdown"] == date(2020, 3, 30)
    assert marks("russia", date(2014, 1, 1), date(2019, 1, 1)) == []
    assert marks("atlantis", date(2014, 1, 1), date(2024, 1, 1)) == []
    assert [mark.day for mark in levers_of(comparison.base, comparison.plans.values())] == [date(2015, 7, 1)]


def test_preferred_outcomes_come_first() -> None:
    assert select_names(["a", "b", "c"], ["c", "x"], 2) == ["c", "a"]
