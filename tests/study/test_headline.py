"""The headline of a calibration: coverage on runs of the model first, widths of the intervals of points kept out."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from kladsim.inference.calibration.headline import (
    WIDE,
    coverage_words,
    factor,
    holdout_words,
    told,
    widths,
    with_headline,
    with_widths,
)
from kladsim.inference.calibration.reporting import SHIPPED, shipped_report
from kladsim.report.calibration_page import page
from kladsim.report.templating import read_section

LEVELS = ("0.5", "0.8", "0.9", "0.95")


def point(name: str, low: float, high: float, inside: bool, rival: tuple[float, float] | None = None) -> dict[str, Any]:
    ends = (None, None) if rival is None else rival
    return {"id": name, "published": 1.0, "low": low, "high": high, "inside": inside,
            "rival_low": ends[0], "rival_high": ends[1]}  # fmt: skip


def content(real: tuple[float, ...], points: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "made": "2026-01-01",
        "synthetic": {"truths": 1000, "coverage": dict(zip(LEVELS, (0.5, 0.8, 0.9, 0.95), strict=True))},
        "real_runs": {"truths": 7, "coverage": dict(zip(LEVELS, real, strict=True))},
        "holdout_points": points,
    }


def test_widths_are_factors_on_the_scale_of_the_number() -> None:
    assert factor(2.0, 8.0, "log") == 4.0
    assert factor(0.5, 0.9, "logit") == pytest.approx(9.0)  # odds 1 and 9
    assert factor(50.0, 90.0, "logit", 100.0) == pytest.approx(9.0)
    assert factor(-50.0, 0.0, "fall") == pytest.approx(2.0)  # a half left, and all of it
    assert math.isinf(factor(0.0, 3.0, "log"))


def test_points_take_the_scale_that_they_are_listed_with() -> None:
    found = {p["id"]: p for p in with_widths([
        {**point("h01", 0.5, 2.0, True, (0.1, 10.0)), "published": 1.38},
        {**point("h29", -50.0, 0.0, True), "published": -13.0},
        {**point("h09", 50.0, 90.0, True), "published": 65.0},
    ])}  # fmt: skip
    assert found["h01"]["width"] == pytest.approx(4.0) and found["h01"]["width_rival"] == pytest.approx(100.0)
    assert found["h29"]["width"] == pytest.approx(2.0) and found["h29"]["width_rival"] is None
    assert found["h09"]["width"] == pytest.approx(9.0)


def test_an_interval_that_nothing_can_miss_is_counted_as_saying_nothing() -> None:
    points = [point("a", 1.0, 2.0, True, (1.0, 4.0)), point("b", 1.0, 3.0, False, (1.0, 2.0)), point("c", 0.01, 10.0, True)]
    found = with_headline(content((0.4, 0.7, 0.8, 0.9), points))
    every, few = found["holdout_all"], found["holdout_informative"]
    assert (every["n"], every["inside"], every["uninformative"]) == (3, 2, 1)
    assert (few["n"], few["inside"], few["uninformative"]) == (2, 1, 0)
    assert (every["narrower_than_rival"], every["with_rival"]) == (1, 2)
    assert every["width_median"] == 3.0
    said = holdout_words(found)
    assert said.startswith("2 of 3 points kept out lie inside") and "1 of these intervals are uninformative" in said
    assert "Of the 2 others 1 hold their point" in said and f"factor of {WIDE:g}" in said


def test_exactly_ten_is_not_yet_wide() -> None:
    assert widths([{**point("a", 1.0, 10.0, True), "width": 10.0, "width_rival": None}])["uninformative"] == 0


def test_coverage_on_runs_of_the_model_is_first_and_says_what_is_missing() -> None:
    found = with_headline(content((0.396, 0.701, 0.819, 0.914), []) | {"coverage": {"0.5": 0.5}})
    assert list(found)[:2] == ["coverage_on_model_runs", "coverage_on_emulator_truths"]
    assert "coverage" not in found
    assert found["coverage_on_model_runs"]["short_by_points"] == {"0.5": 10.4, "0.8": 9.9, "0.9": 8.1, "0.95": 3.6}
    said = coverage_words(found)
    assert said.startswith("On 7 truths that are runs of the model 50 % intervals hold 39.6 %")
    assert said.endswith("they are too narrow, by up to 10.4 points.")
    assert "none is too narrow" in coverage_words(with_headline(content((0.5, 0.8, 0.9, 0.95), [])))
    assert with_headline(found)["holdout_all"] == found["holdout_all"], "twice is as once"


def test_coverage_above_the_level_is_not_short() -> None:
    assert told({"0.9": 0.95})["short_by_points"] == {"0.9": -5.0}


def test_the_page_leads_with_runs_of_the_model_and_does_not_say_before_any_fit() -> None:
    assert SHIPPED.exists()
    text = page(shipped_report(), [])
    summary = text[text.index("## Summary") :]
    first = next(line for line in summary.splitlines() if line.startswith("- "))
    assert "truths that are runs of the model" in first
    assert "are uninformative" in summary
    rows = [line for line in text.splitlines() if "truths" in line and line.startswith("|")]
    assert "runs of the model" in rows[0], "the first row of the table of truths"
    assert not re.search(r"before any\s+fit", text)
    held = read_section("Points kept out", "calibration.md")
    assert "set by hand" in held and "decisions.md" in held


def test_the_page_of_the_manual_is_that_of_the_shipped_report() -> None:
    """The page in the repository leads with the figures that the shipped report has."""
    path = Path(__file__).parents[2] / "docs" / "calibration" / "calibration.md"
    text = path.read_text(encoding="utf-8")
    report = shipped_report()
    assert coverage_words(report) in text and holdout_words(report) in text


def test_no_sentence_says_that_points_were_listed_before_any_fit() -> None:
    """Git shows hand fits to targets of the same years before the list: nothing may say otherwise."""
    root = Path(__file__).parents[2]
    files = [p for folder in ("src", "docs") for p in (root / folder).rglob("*") if p.suffix in {".py", ".md", ".csv"}]
    found = [str(p.relative_to(root)) for p in files if re.search(
        r"(listed|written)\s+before\s+any\s+fit", p.read_text(encoding="utf-8"), re.IGNORECASE)]  # fmt: skip
    assert not [name for name in found if not name.endswith("decisions.md")]
