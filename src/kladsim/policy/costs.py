"""What levers cost: units of cost items by calendar year, before anything is priced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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
    replaces the unit cost of the register, in the country's money.
    """

    path: str
    item: str
    payer: str
    units: tuple[float, ...]
    per: str = ""
    where: tuple[str, ...] = ()
    price: float | None = None


def spending_of(levers: Sequence[Lever], years: Sequence[int], until: date) -> list[Spending]:
    """Return what levers spend in each of the years, up to the last day of the run."""
    return [entry for path, lever in parts_of(levers) for entry in _of_lever(path, lever, years, until)]


def _of_lever(path: str, lever: Lever, years: Sequence[int], until: date) -> Iterator[Spending]:
    where = lever.where if isinstance(lever, Programme) else ()
    for start, end, expenses in lever.spending():
        stop = min(end or END_OF_TIME, until)
        if lever.cost is not None:
            yield _own_cost(path, lever, _shares(start, stop, years, _is_once(expenses)), expenses)
            continue
        for expense in expenses:
            units = tuple(expense.units * share for share in _shares(start, stop, years, expense.once))
            yield Spending(path, expense.item, payer_of(expense.item), units, expense.per, where)


def _own_cost(path: str, lever: Lever, shares: Iterable[float], expenses: Sequence[Expense]) -> Spending:
    usual = next((payer_of(expense.item) for expense in expenses), "social")
    payer = str(lever.payer or usual)
    units = tuple(share * lever.strength for share in shares)
    return Spending(path, lever.name, payer, units, price=(lever.cost or 0.0) * MILLION)


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
