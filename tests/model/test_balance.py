"""Persons, packages and money balance to the unit on every day, whatever mechanism is off."""

from __future__ import annotations

import numpy as np
import pytest
from tests.model.ledger import Ledger, bits, recount
from tests.model.running import STRESS, simulation

from kladsim.model.config import MECHANISMS


def balanced(until: str, scale: int, **options):
    """Run with a ledger and recounts now and then; return simulation and ledger."""
    ledger = Ledger()
    wrong: list[str] = []

    def count_again(s):
        if s.day % 211 == 1 or s.day == s.n_days:
            wrong.extend(
                f"day {s.day - 1}: {name}"
                for name, (kept, anew) in recount(s).items()
                if not np.array_equal(kept, anew)
            )

    s = simulation(until, scale, observers=(ledger, count_again), **options)
    ledger.open(s)
    s.run()
    assert not ledger.errors, ledger.errors[:8]
    assert not wrong, wrong[:12]
    assert ledger.days == s.n_days
    assert int(bits(s.world.people.gone).sum()) == ledger.exits
    return s, ledger


@pytest.mark.parametrize("off", [(), *[(name,) for name in MECHANISMS]], ids=lambda off: "-".join(off) or "all on")
def test_every_day_balances_under_every_switch(off):
    _, ledger = balanced("2016-12-01", 500, off=off, modifiers=STRESS, parameters={"recruitment.rate": 0.02})
    assert ledger.moved["persons"] > 900


def test_ten_years_of_history_balance():
    s, ledger = balanced("2024-01-01", 500, seed=3)
    assert ledger.moved["drops"] > 1000
    assert ledger.moved["money"] > 0
    assert not s.world.scan.over.any(), "a hazard exceeded its bound"


def test_a_run_on_two_threads_balances():
    balanced("2016-06-01", 500, seed=2, threads=2, modifiers=STRESS)


def test_everything_off_balances():
    balanced("2016-12-01", 1000, off=MECHANISMS, modifiers=STRESS)
