"""Values known as intervals in forecasts: they say as much as they do, and nothing else moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kladsim.monitor import single
from kladsim.monitor.types import Series


def _monthly(values: list[float]) -> Series:
    steps = np.arange(24_000, 24_000 + len(values))
    return Series("own/GEO/x", "own", "GEO", "", "x", "calls", "month", "own", steps, np.array(values))


def _hide(one: Series, below: float) -> Series:
    hidden = one.values < below
    return replace(
        one, steps=one.steps[~hidden], values=one.values[~hidden], censored_steps=one.steps[hidden],
        censored_low=np.zeros(hidden.sum()), censored_high=np.full(hidden.sum(), below - 1.0),
    )  # fmt: skip


def test_an_interval_is_the_mean_of_its_logs_with_their_variance() -> None:
    one = replace(_hide(_monthly([8.0, 2.0, 12.0]), 5.0), unit="kg")
    steps, low, high = single.bounds(one)
    logs, errors = single.read_logs(one, low, high)
    inside = np.log(np.linspace(0.0, 4.0, single.WITHIN) + 0.05 * 10.0)  # a twentieth of the median of 8 and 12
    assert steps.tolist() == [24_000.0, 24_001.0, 24_002.0]
    assert logs == pytest.approx([np.log(8.5), inside.mean(), np.log(12.5)])
    assert errors == pytest.approx([0.0, inside.var(), 0.0])
    unknown = replace(one, censored_high=np.array([np.inf]))
    assert len(single.bounds(unknown)[0]) == 2
    assert single.bounds(one, until=24_001)[0].tolist() == [24_000.0, 24_001.0]


def test_hidden_low_values_pull_a_forecast_down_that_rests_on_the_others_else() -> None:
    rng = np.random.default_rng(1)
    whole = _monthly(np.concatenate([rng.poisson(9.0, 48), rng.poisson(2.5, 24)]).astype(float).tolist())
    hidden = _hide(whole, 5.0)
    dropped = replace(hidden, censored_steps=np.empty(0, int), censored_low=np.empty(0), censored_high=np.empty(0))
    model = single.fit([whole])
    target = np.array([float(whole.steps[-1] + 1)])
    level = {
        name: float(np.exp(single.predict(one, model, target)[0][0]))
        for name, one in (("whole", whole), ("hidden", hidden), ("dropped", dropped))
    }
    assert level["whole"] < 4.0
    assert level["hidden"] < 4.0
    assert level["dropped"] > 4.5
