"""Every lever over eight years: more strength moves its direct target further, step by step, summed over paired luck."""

from __future__ import annotations

from functools import cache

import pytest
from tests.policy.every_lever import EXAMPLES, example, finished, measured

from kladsim import lever_classes

pytestmark = [pytest.mark.verify, pytest.mark.timeout(1800)]

UNTIL, SCALE, REPLICATES = "2022-01-01", 100, 3
STEPS = (1 / 3, 2 / 3, 1.0)


@cache
def base() -> dict[str, float]:
    """Return every lever's measure without levers, summed over replicates."""
    runs = [finished(until=UNTIL, scale=SCALE, replicate=r) for r in range(REPLICATES)]
    measures = {name: made.target.measure for name, made in lever_classes().items() if made.target}
    return {name: sum(measured(run, measure) for run in runs) for name, measure in measures.items()}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_more_strength_moves_the_target_further_for_years(name: str) -> None:
    target = lever_classes()[name].target
    assert target is not None
    found = [base()[name]]
    for strength in (1.0,) if name == "takedown" else STEPS:
        runs = (finished(example(name, strength), until=UNTIL, scale=SCALE, replicate=r) for r in range(REPLICATES))
        found.append(sum(measured(run, target.measure) for run in runs))
    print(f"{name}: {target.measure} {[round(value, 4) for value in found]}")
    rising = found if target.direction == "higher" else found[::-1]
    assert all(low < high for low, high in zip(rising, rising[1:], strict=False))
