"""Every mechanism matters: off, it moves its outcomes by more than Monte Carlo error, as its source says.

Paired replicates share all luck. ``evidence.mechanisms`` says what each switch is expected to move and which way; a
sign of 0 claims a change and no direction. M14 and M17 only change declared measurements.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest
from scipy import stats
from tests.model.running import finished, russia

from kladsim.evidence.mechanisms import MECHANISMS as DESCRIBED
from kladsim.model.config import MECHANISMS
from kladsim.model.outcomes import OUTCOMES

pytestmark = [pytest.mark.verify, pytest.mark.timeout(1800)]

UNTIL, SCALE, REPLICATES = "2024-01-01", 100, 6
USUAL = (date(2018, 1, 1), date(2024, 1, 1))
WHEN = {"M5": (date(2022, 4, 6), date(2023, 4, 6)), "M15": (date(2020, 4, 1), date(2020, 6, 1))}
"""Where a mechanism acts only for a time, that time is looked at (the closure of 2022, the first lockdown)."""


def levels(simulation, window) -> dict[str, float]:
    """Return the mean of every outcome in a window of time."""
    found = {}
    for name, array in simulation.results().items():
        values = array.values
        if values.ndim > 1:
            values = np.nansum(values, axis=tuple(range(1, values.ndim)))
        if array.dims[0] == "day":
            part = values[russia().day_of(window[0]) : russia().day_of(window[1])]
        else:
            part = values[window[0].year - 2014 : max(window[1].year - 2014, window[0].year - 2013)]
        finite = part[np.isfinite(part)]
        found[name] = float(finite.mean()) if len(finite) else 0.0
    return found


@cache
def run(off: str, window: tuple[date, date]) -> list[dict[str, float]]:
    """Return the levels of all replicates with one mechanism off (or none)."""
    off_list = (off,) if off else ()
    return [levels(finished(UNTIL, SCALE, replicate=r, off=off_list), window) for r in range(REPLICATES)]


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_switch_moves_its_outcomes_as_its_source_says(name):
    window = WHEN.get(name, USUAL)
    with_it, without = run("", window), run(name, window)
    mechanism = DESCRIBED[name]
    assert mechanism.direction, "nothing is claimed"
    for outcome, sign in mechanism.direction:
        assert outcome in OUTCOMES
        change = np.array([b[outcome] - a[outcome] for a, b in zip(with_it, without, strict=True)])
        error = change.std(ddof=1) / np.sqrt(REPLICATES)
        half = stats.t.ppf(0.995, REPLICATES - 1) * error
        base = np.mean([a[outcome] for a in with_it])
        print(f"{name} off: {outcome} {change.mean() / base:+.2%} (99 % half width {half / abs(base):.2%})")
        assert abs(change.mean()) > half, f"{outcome}: no more than Monte Carlo error"
        assert sign == 0 or np.sign(change.mean()) == sign, f"{outcome}: expected sign {sign}"


@pytest.mark.parametrize("name", ["M14", "M17"])
def test_a_measurement_leaves_the_truth_alone(name):
    truth = ("people_who_use", "dependent", "orders", "deaths", "prison_years", "couriers", "ready_stock")
    for one, other in zip(run("", USUAL), run(name, USUAL), strict=True):
        assert {key: one[key] for key in truth} == {key: other[key] for key in truth}
