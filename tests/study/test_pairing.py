"""The gain of common random numbers, and what is said of replicates that jump."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.study.fake_model import SPEC

from kladsim.core.errors import InputError
from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.study import compare
from kladsim.study.pairing import _jumping, gains, least_by_plan

BASE = Scenario(name="base", until="2016-01-01", scale=1)
PLAN = BASE.with_(Diversion(share=0.5, start="2015-01"), name="plan")


def test_where_luck_is_shared_pairing_gains_without_end() -> None:
    found = compare(BASE, PLAN, replicates=5, engine=SPEC)
    told = {gain.outcome: gain for gain in gains(found.base, found.plans)}
    assert math.isinf(told["deaths"].ratio) and told["deaths"].jumps == () and told["deaths"].diagnosis == ""
    assert math.isinf(least_by_plan(told.values())["plan"][0])


def test_where_it_is_not_the_ratio_is_that_of_variances() -> None:
    found = compare(BASE, PLAN, replicates=8, engine="tests.study.noisy_model:noisy_engine")
    (told,) = gains(found.base, found.plans, ["deaths"])
    before = found.base.national()["deaths"].values[:, 1]
    after = found.plans["plan"].national()["deaths"].values[:, 1]
    expected = (before.var(ddof=1) + after.var(ddof=1)) / (after - before).var(ddof=1)
    assert told.ratio == pytest.approx(expected)


def test_jumps_are_found_and_few_replicates_refused() -> None:
    values = np.array([1.0, 1.1, 0.9, 1.05, 9.0])
    assert _jumping(values).tolist() == [False] * 4 + [True]
    assert not _jumping(np.array([1.0, 1.0, 1.0, 2.0])).any()
    found = compare(BASE, PLAN, replicates=3, engine=SPEC)
    with pytest.raises(InputError, match="too few"):
        gains(found.base, found.plans)
