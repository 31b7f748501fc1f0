"""One rule says better or worse: a stated probability of sign, so many pairs that a coin would hardly agree."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.study.fake_model import SPEC

from kladsim.model.outcomes import OUTCOMES
from kladsim.policy import Scenario
from kladsim.runs import run
from kladsim.runs.interval_words import describe_interval, interval_sentence
from kladsim.runs.judging import (
    CHANCE,
    FEWEST_FOR_90,
    FEWEST_PAIRS,
    PAIRS,
    direction,
    ends,
    fewest_agreeing,
    interval_name,
    verdict,
)
from kladsim.study import compare
from kladsim.study.comparison import Comparison
from kladsim.study.effects import differences

TABLE = {1: None, 2: None, 4: None, 5: None, 6: 6, 7: 7, 8: 8, 10: 10, 12: 12, 19: 19, 20: 19, 21: 20, 39: 38, 40: 38,
         60: 57, 100: 95, 200: 190}  # fmt: skip
"""From the binomial table: five of five have 2/32 = 6.25 %, six of six 2/64 = 3.1 %; above, 95 % of the pairs."""


@pytest.mark.parametrize(("n", "fewest"), TABLE.items())
def test_how_many_pairs_must_agree(n: int, fewest: int | None) -> None:
    assert fewest_agreeing(n) == fewest
    if fewest is None:
        assert {verdict(k / n, n) for k in range(n + 1)} == {"few"}
        return
    assert verdict(fewest / n, n) == "better" and verdict(1 - fewest / n, n) == "worse"
    assert verdict((fewest - 1) / n, n) == "unclear" and verdict(1 - (fewest - 1) / n, n) == "unclear"


def test_every_door_has_twenty_pairs_by_default() -> None:
    import inspect

    from kladsim.app.settings import ServerSettings
    from kladsim.cli import options, plans, serving

    assert options.PAIRS == PAIRS == ServerSettings().replicates == 20
    for function in (compare, plans.compare, plans.demo, serving.serve):
        assert inspect.signature(function).parameters["replicates"].default == PAIRS


def test_the_fewest_pairs_are_those_of_the_rule() -> None:
    assert FEWEST_PAIRS == 6


@given(n=st.integers(1, 300), data=st.data())
def test_a_coin_gets_a_verdict_no_more_often_than_stated(n: int, data: st.DataObject) -> None:
    """Exact: the chance of a verdict under a fair coin is at most 5 %, and no verdict comes from fewer than six."""
    chances = [math.comb(n, k) for k in range(n + 1) if verdict(k / n, n) in ("better", "worse")]
    assert sum(chances) <= CHANCE * 2**n
    assert bool(chances) == (n >= FEWEST_PAIRS)
    share = data.draw(st.floats(0, 1))
    assert (verdict(share, n) == "few") == (n < FEWEST_PAIRS)
    opposite = {"better": "worse", "worse": "better"}
    assert verdict(1 - share, n) == opposite.get(verdict(share, n), verdict(share, n))


def test_no_direction_has_no_verdict_and_inputs_of_a_plan_have_no_direction() -> None:
    assert verdict(math.nan, 20) == "neutral"
    assert direction("deaths", "lower") == "lower" and direction("shops", None) == ""
    inputs = {name for name, item in OUTCOMES.items() if item.input}
    assert inputs == {"diverted", "in_treatment", "treatment_starts"}
    assert {direction(name, "higher") for name in inputs} == {""}


def test_no_outcome_that_asks_for_more_is_declared() -> None:
    """More of a good is so far always more of a plan, an input without a direction; another must be thought about."""
    assert not [name for name, item in OUTCOMES.items() if item.better == "higher"]


def test_few_runs_have_a_range_and_many_an_interval() -> None:
    values = np.arange(18.0)
    assert ends(values).tolist() == [0.0, 17.0] and interval_name(18) == "range of 18 runs"
    values = np.arange(21.0)
    assert ends(values).tolist() == [1.0, 19.0] and interval_name(21) == "90 % interval"
    # Another run falls between the smallest and the largest of n with the chance (n - 1) / (n + 1).
    n = FEWEST_FOR_90
    assert (n - 1) / (n + 1) >= 0.9 > (n - 2) / n


def test_the_sentence_under_a_table_says_range_of_few_runs_in_both_languages() -> None:
    assert interval_sentence(describe_interval({}, runs=19)).startswith("The interval holds 90 % of the replicates")
    few = interval_sentence(describe_interval({}, runs=8))
    assert few.startswith("The interval holds all 8 replicates, too few for an interval of 90 %: ")
    assert "все прогоны (8)" in interval_sentence(describe_interval({}, "ru", 8), language="ru")


def scenario(**changes: Any) -> Scenario:
    return Scenario(**{"name": "base", "until": "2015-01-01", "scale": 1, **changes})


def test_the_base_against_itself_with_other_luck_gets_a_verdict_no_more_often_than_stated(tmp_path: Path) -> None:
    """A/A: 120 comparisons of eight pairs each, two outcomes; stated is 2/2^8 = 0.8 % an outcome, allowed 5 %."""
    runs = [
        run(scenario(seed=seed), replicates=8, out=tmp_path / str(seed), engine=SPEC, parameters="point")
        for seed in range(1, 17)
    ]
    told = [
        effect.verdict
        for one in range(16)
        for other in range(one)
        for effect in differences(runs[one], {"again": runs[other]}).effects
        if effect.period == "total" and effect.verdict != "neutral"
    ]
    assert len(told) >= 120
    assert sum(word != "unclear" for word in told) <= CHANCE * len(told)


LEVER = {"lever": "treatment", "start": "2014-03-01", "places": 20000}


def test_every_door_says_the_same(tmp_path: Path) -> None:
    few = compare(scenario(), scenario(name="plan", levers=[LEVER]), replicates=5, engine=SPEC)
    many = compare(scenario(), scenario(name="plan", levers=[LEVER]), replicates=20, engine=SPEC)
    for found, word in ((few, "few"), (many, "better")):
        assert found.effect("deaths").verdict == word
        assert {row["verdict"] for row in found.to_dict()["effects"] if row["outcome"] == "deaths"} == {word}
        assert list(found.summary("deaths")["verdict"]) == [word]
        again = Comparison(found.base, found.plans)
        assert [e.verdict for e in again.totals()] == [e.verdict for e in found.totals()]
    assert few.no_verdict == "few" and many.no_verdict == "" and few.losers() == [] and few.losing_groups() == []
