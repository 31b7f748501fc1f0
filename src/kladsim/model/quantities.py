"""Named quantities that levers and dated events may move; a mechanism reads a quantity and never knows who
moved it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kladsim.core.errors import InputError, unknown_name
from kladsim.model.config import Modifier
from kladsim.world.pack import Pack


@dataclass(frozen=True)
class Quantity:
    """One quantity: a factor (neutral 1), a share or an amount (neutral 0), or an event on a day.

    ``reach`` is "nation" where a mechanism reads one value for the country, so that a region alone cannot have it.
    """

    name: str
    kind: Literal["factor", "share", "amount", "event"]
    default: float
    doc: str
    control: Literal["public", "market", "nature"]
    low: float = 0.0
    high: float = 10.0
    reach: Literal["region", "nation"] = "region"


_ALL = (
    Quantity("movement", "factor", 1.0, "how freely people move, against normal", "nature", 0, 2),
    Quantity("border", "factor", 1.0, "how open borders are to imports of drugs", "nature", 0, 2),
    Quantity("precursor.supply", "factor", 1.0, "supply of precursors to laboratories", "public", 0, 2, "nation"),
    Quantity("supply.cost", "factor", 1.0, "resource cost of drugs, against the usual", "nature", 0.2, 5, "nation"),
    Quantity("policing.effort.buyer", "factor", 1.0, "police effort against buyers", "public"),
    Quantity("policing.effort.courier", "factor", 1.0, "police effort against couriers", "public"),
    Quantity("policing.effort.shop", "factor", 1.0, "police effort against shops", "public", 0, 10, "nation"),
    Quantity(
        "policing.effort.laboratory", "factor", 1.0, "police effort against laboratories", "public", 0, 10, "nation"
    ),
    Quantity("policing.effort.platform", "factor", 1.0, "joint effort against platforms", "public", 0, 10, "nation"),
    Quantity("justice.diversion.courier", "share", 0.0, "convicted couriers diverted from prison", "public", 0, 1),
    Quantity(
        "justice.diversion.buyer", "share", 0.0, "people convicted of possession diverted from prison", "public", 0, 1
    ),
    Quantity("justice.sentence", "factor", 1.0, "length of prison sentences for drug offences", "public", 0, 3),
    Quantity("justice.prison_recruitment", "share", 0.0, "prisoners taken to the front, a month", "nature", 0, 1),
    Quantity("recruitment.advertising", "factor", 1.0, "reach of courier job advertising", "public", 0, 3),
    Quantity("recruitment.prevention", "share", 0.0, "applications prevented by prevention programmes", "public", 0, 1),
    Quantity("income.support", "share", 0.0, "hardship of young people offset by benefits", "public", 0, 1),
    Quantity("treatment.places", "factor", 1.0, "treatment places", "public", 0, 20, "nation"),
    Quantity("treatment.outcome", "factor", 1.0, "odds of abstinence at the end of treatment", "public", 0, 5),
    Quantity("health.drug_checking", "share", 0.0, "people who use drugs reached by drug checking", "public", 0, 1),
    Quantity("health.poisoning_response", "share", 0.0, "fatal poisonings averted by response", "public", 0, 1),
    Quantity(
        "money.cash_out_friction", "factor", 1.0, "friction of turning receipts into money", "public", 0, 5, "nation"
    ),
    Quantity(
        "platform.takedown",
        "event",
        0.0,
        "rank of the platform that closes that day (1 is the largest)",
        "public",
        0,
        16,
        "nation",
    ),
    Quantity("treatment.more_places", "amount", 0.0, "treatment places added", "public", 0, 1e6, "nation"),
    Quantity("justice.monitoring", "share", 0.0, "prison sentences served at home, monitored", "public", 0, 1),
    Quantity("justice.sentence.courier", "factor", 1.0, "length of couriers' prison sentences", "public", 0, 3),
    Quantity("justice.decriminalised", "share", 0.0, "possession cases that lead to no charge", "public", 0, 1),
    Quantity(
        "recruitment.prevention.young", "share", 0.0, "applications under 25 that prevention averts", "public", 0, 1
    ),
    Quantity("health.early_warning", "share", 0.0, "rise of potency of which people were warned", "public", 0, 1),
    Quantity("information.risk", "factor", 1.0, "visible harm as people perceive it", "public", 0.5, 3),
    Quantity("observation.sharing", "share", 0.0, "gap of reported deaths closed by shared data", "public", 0, 1),
)

QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}
COLUMN: dict[str, int] = {quantity.name: i for i, quantity in enumerate(_ALL)}

(
    MOVEMENT,
    BORDER,
    PRECURSOR,
    SUPPLY_COST,
    EFFORT_BUYER,
    EFFORT_COURIER,
    EFFORT_SHOP,
    EFFORT_LABORATORY,
    EFFORT_PLATFORM,
    DIVERSION_COURIER,
    DIVERSION_BUYER,
    SENTENCE,
    PRISON_RECRUITMENT,
    ADVERTISING,
    PREVENTION,
    INCOME_SUPPORT,
    TREATMENT_PLACES,
    TREATMENT_OUTCOME,
    DRUG_CHECKING,
    POISONING_RESPONSE,
    CASH_OUT_FRICTION,
    TAKEDOWN,
    MORE_PLACES,
    MONITORING,
    SENTENCE_COURIER,
    DECRIMINALISED,
    PREVENTION_YOUNG,
    EARLY_WARNING,
    PERCEIVED_RISK,
    SHARING,
) = range(len(_ALL))


def check_modifier(modifier: Modifier) -> None:
    """Raise ``InputError`` when a modifier names no quantity or leaves its range."""
    if modifier.quantity not in QUANTITIES:
        raise unknown_name("quantity", modifier.quantity, QUANTITIES)
    quantity = QUANTITIES[modifier.quantity]
    if not quantity.low <= modifier.value <= quantity.high:
        raise InputError(
            "value out of range",
            where=quantity.name,
            value=modifier.value,
            allowed=f"{quantity.low} to {quantity.high}",
        )


class Timeline:
    """The value of every quantity on every day; only what ever leaves its neutral value is kept, by day and region.

    Parameters
    ----------
    n_days, regions : the run's size
    """

    def __init__(self, n_days: int, regions: int) -> None:
        self.n_days, self.regions = n_days, regions
        self._neutral = np.repeat([[quantity.default] for quantity in _ALL], regions, axis=1)
        self._moved: dict[int, np.ndarray] = {}

    def __getitem__(self, day: int) -> np.ndarray:
        """Return all quantities of a day: float64[quantities, regions]."""
        row = self._neutral.copy()
        for column, values in self._moved.items():
            row[column] = values[day]
        return row

    def daily(self, column: int) -> np.ndarray:
        """Return the mean of a quantity over regions on every day: float64[days]."""
        if column not in self._moved:
            return np.full(self.n_days, self._neutral[column, 0])
        return np.asarray(self._moved[column].mean(axis=1))

    def column(self, column: int, *, by_region: bool = False) -> np.ndarray:
        """Return a quantity to be changed in place: float64[days, 1], or [days, regions] once a region differs."""
        if column not in self._moved:
            self._moved[column] = np.full((self.n_days, 1), self._neutral[column, 0])
        if by_region and self._moved[column].shape[1] == 1:
            self._moved[column] = np.repeat(self._moved[column], self.regions, axis=1)
        return self._moved[column]


def timeline(pack: Pack, modifiers: tuple[Modifier, ...], n_days: int, *, shocks: bool) -> Timeline:
    """Return the value of every quantity on every day and in every region.

    Without shocks (M15 off) the pack's dated events that move quantities are left out, apart from platform takedowns
    and prison recruitment, which belong to other mechanisms.
    """
    values = Timeline(n_days, pack.n_regions)
    if shocks:
        values.column(MOVEMENT)[:, 0] = pack.event_daily("movement", n_days)
        values.column(BORDER)[:, 0] = pack.event_daily("border_closure", n_days)
    effort = pack.event_daily("police_effort", n_days)
    for tier in (EFFORT_BUYER, EFFORT_COURIER):
        values.column(tier)[:, 0] *= effort
    values.column(PRISON_RECRUITMENT)[:, 0] = pack.event_daily("prison_recruitment", n_days, 0.0)
    for event in pack.events_of("platform_takedown"):
        day = pack.day_of(event.date_start)
        if 0 <= day < n_days:
            values.column(TAKEDOWN)[day] = event.value
    for modifier in modifiers:
        check_modifier(modifier)
        _apply(values, pack, modifier, n_days)
    return values


def _apply(values: Timeline, pack: Pack, modifier: Modifier, n_days: int) -> None:
    low = max(0, pack.day_of(modifier.start))
    kind = QUANTITIES[modifier.quantity].kind
    high = low + 1 if kind == "event" else n_days
    if modifier.end is not None and kind != "event":
        high = min(n_days, pack.day_of(modifier.end))
    if low >= min(high, n_days):
        return
    where = slice(None) if modifier.region is None else _only(pack.region_index(modifier.region))
    whole = values.column(COLUMN[modifier.quantity], by_region=modifier.region is not None)
    view = whole[low:high, where]
    days = np.arange(1, high - low + 1, dtype=np.float64)
    share = np.minimum(1.0, days / modifier.ramp_days) if modifier.ramp_days > 0 else np.ones_like(days)
    share = share[:, None]
    if modifier.op == "multiply":
        view *= 1.0 + share * (modifier.value - 1.0)
    elif modifier.op == "add":
        view += share * modifier.value
    else:
        view += share * (modifier.value - view)
    quantity = QUANTITIES[modifier.quantity]
    np.clip(view, quantity.low, quantity.high, out=view)


def _only(index: int) -> slice:
    return slice(index, index + 1)
