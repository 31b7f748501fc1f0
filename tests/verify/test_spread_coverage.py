"""Do intervals of the spread model hold the truth? Worlds drawn from the priors, fitted like the record."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kladsim.spread.model.fitting import fit, prior_draws
from kladsim.spread.model.forward import simulate
from kladsim.spread.model.priors import NAMES, Draws
from kladsim.spread.model.random_numbers import uniform
from kladsim.spread.model.tables import NOT_YET, CountryTables, read_world

WORLDS = 12
FEWEST, MOST = 8, 40  # signs in a world, as in the record


def synthetic(world: CountryTables, draws: Draws, seed: int) -> CountryTables:
    """A record as of 2025 that one draw made: signs and stages known to the year, those missed that its draw misses."""
    ran = simulate(world, draws, known=False, last=2025, paths=1, seed=seed)
    signed = (ran.sign[0, 0] <= 2025) & _collected(draws, seed, len(world))

    def pair(years: np.ndarray) -> np.ndarray:
        year = years[0, 0].astype(np.int64)
        happened = signed & (year <= 2025)
        later = np.where(signed, 2026, 0)
        return np.stack([np.where(happened, year, later), np.where(happened, year, NOT_YET)], axis=1)

    sign = pair(ran.sign)
    sign[~signed] = NOT_YET
    return replace(world, sign=sign, stage=np.concatenate([pair(ran.growth), pair(ran.sustained)], axis=1))


def _collected(draws: Draws, seed: int, countries: int) -> np.ndarray:
    chance = 1.0 / (1.0 + np.exp(-draws["collected"][0, 0]))
    return uniform(seed, "synthetic", 1, (countries,)) < chance


def signs_of(world: CountryTables, draws: Draws, seed: int) -> int:
    ran = simulate(world, draws, known=False, last=2025, paths=1, seed=seed)
    return int(((ran.sign[0, 0] <= 2025) & _collected(draws, seed, len(world))).sum())


@pytest.mark.verify
@pytest.mark.timeout(3600)
def test_intervals_of_the_spread_model_hold_the_truth() -> None:
    world = read_world()
    many = prior_draws(world, 400, seed=77)
    signs = [signs_of(world, many.take(np.array([i])), i) for i in range(100)]
    likely = [i for i in range(100) if FEWEST <= signs[i] <= MOST][
        :WORLDS
    ]  # allowed: intervals are judged given the data
    ranks, inside = [], {0.5: 0, 0.8: 0, 0.95: 0}
    assert len(likely) == WORLDS
    for row in likely:
        one = many.take(np.array([row]))
        made = synthetic(world, one, seed=row)
        found = fit(made, chains=16, pilot=250, kept=300, draws=1600, seed=row + 1)
        for name in NAMES:
            value = float(one[name][0, 0])
            ranks.append(float((found.draws[name][:, 0] < value).mean()))
            for share in inside:
                _, low, high = found.interval(name, share)
                inside[share] += low <= value <= high
        print(
            f"world {row}: {int(made.signed.sum())} signs, R-hat {found.facts['rhat_max']:.2f}, "
            f"{ ({s: round(n / len(ranks), 3) for s, n in inside.items()}) }"
        )
    total = len(ranks)
    for share, number in inside.items():
        assert abs(number / total - share) < 0.1, f"{share:.0%} intervals hold {number / total:.1%} of {total}"
    assert abs(np.mean(ranks) - 0.5) < 0.1
