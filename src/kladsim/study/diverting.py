"""Whom each lever keeps from prison: the run counts one number for all of them, and each pays for its own people.

The number is shared by how many people each lever is expected to move, region by region and in the model's order:
diversion takes its share of those convicted, then monitoring takes its share of those who are left and are sentenced
to prison. Regions have their share of residents aged 14 to 64 in the country's convictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kladsim.core.errors import InputError, unknown_name
from kladsim.evidence.register import load_register
from kladsim.policy.costs import Spending
from kladsim.runs.result import Result
from kladsim.study.valuation_frame import Array, ValuationFrame

DIVERTED = "diverted"
CONVICTED = {"couriers": "trafficking", "buyers": "possession"}
"""Groups that diversion takes people from, and what they are convicted of."""
SENTENCED = "sentenced"
REST = ""
"""All regions that no lever names."""


def count_diverted_by(entry: Spending, entries: Sequence[Spending], run: Result, frame: ValuationFrame) -> Array:
    """Return how many of all people diverted in a run were moved by this lever (replicate x year).

    Raises
    ------
    InputError : several levers divert and one does not say whom, or names a group that does not exist
    """
    everybody = frame.yearly(run, DIVERTED)
    movers = [other for other in entries if other.per == DIVERTED or other.of]
    if len(movers) == 1:
        return everybody
    for mover in movers:
        if mover.of not in (*CONVICTED, SENTENCED):
            raise unknown_name("group of people", mover.of, (*CONVICTED, SENTENCED), where=f"{mover.path}.of")
    expected = np.array(_expected(movers, run, frame))
    asked = np.array([np.array(mover.moved) * frame.part_of_country(mover.where) for mover in movers])[:, None, :]
    shares = _shares_of(np.where(expected.sum(axis=0) > 0, expected, asked))  # nobody convicted: as asked for
    if ((everybody > 0) & (shares.sum(axis=0) == 0)).any():
        raise InputError("people were diverted in a year without a lever that diverts", where=entry.path)
    return np.asarray(everybody * shares[next(at for at, mover in enumerate(movers) if mover is entry)])


def _shares_of(parts: Array) -> Array:
    whole = parts.sum(axis=0)
    return np.asarray(np.divide(parts, whole, out=np.zeros_like(parts), where=whole > 0))


def _expected(movers: Sequence[Spending], run: Result, frame: ValuationFrame) -> list[Array]:
    """Return how many people each lever is expected to keep from prison (replicate x year)."""
    convicted = {what: frame.yearly(run, f"convictions_{what}") for what in CONVICTED.values()}
    of = {"buyers": convicted["possession"]}
    # Trafficking is not the couriers' alone; at most as many of them are convicted as were arrested.
    of["couriers"] = np.minimum(frame.yearly(run, "arrests_courier"), convicted["trafficking"])
    kept = [np.zeros_like(of["buyers"]) for _ in movers]
    for place, size in _places(movers, frame):
        here = [mover.where == () or place in mover.where for mover in movers]
        left = {what: number * size for what, number in convicted.items()}
        for at, mover in enumerate(movers):
            if here[at] and mover.of in CONVICTED:
                taken = of[mover.of] * size * np.array(mover.moved)
                kept[at] = kept[at] + taken
                left[CONVICTED[mover.of]] = left[CONVICTED[mover.of]] - taken
        sentenced = sum(np.maximum(number, 0.0) * _chance_of_prison(run, what) for what, number in left.items())
        for at, mover in enumerate(movers):
            if here[at] and mover.of == SENTENCED:
                kept[at] = kept[at] + sentenced * np.array(mover.moved)
    return kept


def _places(movers: Sequence[Spending], frame: ValuationFrame) -> Iterator[tuple[str, Array]]:
    """Yield every region that a lever names and the rest of the country, with their share of residents by year."""
    named = sorted({code for mover in movers for code in mover.where})
    rest = frame.part_of_country(())
    for code in named:
        size = frame.part_of_country((code,))
        rest = rest - size
        yield code, size
    yield REST, rest


def _chance_of_prison(run: Result, what: str) -> float:
    """Return the run's probability of prison after a conviction (the register's, where the run does not say)."""
    name = f"justice.prison_{what}"
    given = run.scenario["config"].get("parameters") or {}
    return float(given[name] if name in given else load_register()[name].value)
