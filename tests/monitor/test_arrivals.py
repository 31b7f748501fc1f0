"""Replays of arrivals: a rise after the arrival is its first alarm, with its data; the rest is counted apart."""

from __future__ import annotations

import json

import numpy as np
from typer.testing import CliRunner

from kladsim.cli.main import verbs
from kladsim.evidence.claims import Figure
from kladsim.monitor.arrivals import ArrivalWindow, replay, replay_signs
from kladsim.monitor.types import Series


def _yearly(country: str, values: list[float], dataset: str = "police") -> Series:
    steps = np.arange(2005, 2005 + len(values))
    return Series(
        f"{dataset}/{country}.cases", dataset, country, "", "cases", "cases", "year", "police", steps, np.array(values)
    )


def test_the_first_alarm_after_an_arrival_and_what_others_gave() -> None:
    level = [50.0, 52.0, 48.0, 51.0, 49.0, 50.0, 47.0, 53.0, 50.0, 51.0]
    series = [
        _yearly("KOR", [*level, 90.0, 95.0, 50.0]),  # 2015 and 2016
        _yearly("JPN", [*level, 50.0, 49.0, 120.0]),  # 2017
        _yearly("DEU", [*level, 50.0, 49.0, 50.0], "other"),
        _yearly("UKR", level[:4]),
    ]
    found = replay(series, {"KOR": ArrivalWindow(2014, 2016), "UKR": ArrivalWindow(2014, 2015)})
    korea, ukraine = found["arrivals"]
    assert korea["first"]["period"] == "2015"
    assert korea["first"]["known_by"] == 2016.5
    assert (korea["series"], korea["before_alarms"]) == (1, 0)
    assert (korea["before_series_years"], korea["series_years"]) == (4.0, 4.0)  # 2010-2013, 2014-2017
    assert (korea["others_alarms"], korea["others_series_years"]) == (1, 4.0)  # Japan, not Germany's other data set
    assert (ukraine["series"], ukraine["first"]) == (0, None)
    assert found["others"]["police"] == {"series": 1, "series_years": 8.0, "alarms": 1, "stated_a_series_year": 0.01}
    assert (found["series"], found["judged"]) == (4, 3)


def _figure(number: str, source: str, end: str, grade: str = "A") -> Figure:
    place = "Georgia (Tbilisi)"
    return Figure(number, "spread_other", "x", "1", None, None, "", "", end, place, grade, source, "", "", ())


def test_two_signs_need_two_origins() -> None:
    police = [_figure("E2", "MVD via Kursiv", "2021"), _figure("E1", "MVD via Times of Central Asia; 5 kg", "2018-06")]
    survey, weak = _figure("E3", "Institute", "2020"), _figure("E4", "Paper", "2019", grade="C")
    (alone,) = replay_signs(["Georgia"], police)
    assert [sign.figure for sign in alone.signs] == ["E1", "E2"]
    assert alone.second is None
    (both,) = replay_signs(["Georgia"], [*police, survey, weak])
    assert both.second is not None
    assert (both.second.figure, both.second.year) == ("E3", 2020)
    (none,) = replay_signs(["Japan"], police)
    assert (none.signs, none.second) == ((), None)


def test_the_verb_says_that_most_arrivals_have_no_series_to_judge() -> None:
    result = CliRunner().invoke(verbs, ["dev", "monitor", "evaluate", "arrivals", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    rows = {row["country"]: row for row in found["arrivals"]}
    assert {row["country"]: row["second"] and row["second"]["figure"] for row in found["signs"]} == {
        "Georgia": "E207", "Kazakhstan": None, "Kyrgyzstan": None
    }  # fmt: skip
    assert rows["KOR"]["series"] >= 5
    assert rows["GEO"]["first"] is None
