"""What levers cost: units of cost items by calendar year, before anything is priced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kladsim.evidence.costs import payer_of
from kladsim.model.config import END_OF_TIME
from kladsim.policy.conflicts import parts_of
from kladsim.policy.lever import Expense, Lever, Programme

MILLION = 1e6


@dataclass(frozen=True)
class Spending:
    """Units of one cost item that one lever spends, by calendar year.

    ``per`` multiplies them by residents, young residents or an outcome of that year (in ``where``, if any); ``price``
    replaces the unit cost of the register, in the country's money. ``moved`` is the part of the people ``of`` whom the
    lever keeps from prison in each year, its ramp included: levers that act on the same people pay by it, ``rate``
    units a person.
    """

    path: str
    item: str
    payer: str
    units: tuple[float, ...]
    per: str = ""
    where: tuple[str, ...] = ()
    price: float | None = None
    of: str = ""
    moved: tuple[float, ...] = ()
    rate: float = 1.0


def spending_of(levers: Sequence[Lever], years: Sequence[int], until: date) -> list[Spending]:
    """Return what levers spend in each of the years, up to the last day of the run."""
    return [entry for path, lever in parts_of(levers) for entry in _of_lever(path, lever, years, until)]


def _of_lever(path: str, lever: Lever, years: Sequence[int], until: date) -> Iterator[Spending]:
    where = lever.where if isinstance(lever, Programme) else ()
    for start, end, expenses in lever.spending():
        stop = min(end or END_OF_TIME, until)
        found = [_spent(path, lever, expense, where, start, stop, years) for expense in expenses]
        yield from found if lever.cost is None else (_own_cost(path, lever, start, stop, years, expenses, found),)


def _spent(
    path: str, lever: Lever, expense: Expense, where: tuple[str, ...], start: date, stop: date, years: Sequence[int]
) -> Spending:
    units = tuple(expense.units * share for share in _shares(start, stop, years, expense.once))
    ramp = lever.ramp_days if isinstance(lever, Programme) else 0
    moved = tuple(expense.share * part for part in _acting(start, stop, years, ramp)) if expense.of else ()
    payer = payer_of(expense.item)
    return Spending(
        path, expense.item, payer, units, expense.per, where, of=expense.of, moved=moved, rate=expense.units
    )


def _own_cost(
    path: str, lever: Lever, start: date, stop: date, years: Sequence[int], expenses: Sequence[Expense],
    replaced: Sequence[Spending],
) -> Spending:  # fmt: skip
    """Return the cost that a plan gives itself; whom the lever moves stays what it was."""
    payer = str(lever.payer or (replaced[0].payer if replaced else "social"))
    units = tuple(share * lever.strength for share in _shares(start, stop, years, _is_once(expenses)))
    mover = next((entry for entry in replaced if entry.of), None)
    own = Spending(path, lever.name, payer, units, price=(lever.cost or 0.0) * MILLION)
    return own if mover is None else replace(own, where=mover.where, of=mover.of, moved=mover.moved)


def _is_once(expenses: Sequence[Expense]) -> bool:
    return bool(expenses) and all(expense.once for expense in expenses)


def _shares(start: date, stop: date, years: Sequence[int], once: bool) -> list[float]:
    """Return the part of each year in which money is spent; what is spent once counts in full in its year."""
    if once:
        return [float(start < stop and start.year == year) for year in years]
    parts: list[float] = []
    for year in years:
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
        days = (min(stop, after) - max(start, first)).days
        parts.append(max(0, days) / (after - first).days)
    return parts


def _acting(start: date, stop: date, years: Sequence[int], ramp: int) -> list[float]:
    """Return the mean strength of a lever in each year, from 0 (not yet, or no longer) to 1 (all year in full)."""
    parts: list[float] = []
    for year in years:
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
        begun = ((max(start, first) - start).days, (min(stop, after) - start).days)
        days = range(begun[0], max(begun))
        total = sum(min(1.0, (day + 1) / ramp) for day in days) if ramp else float(len(days))
        parts.append(total / (after - first).days)
    return parts
