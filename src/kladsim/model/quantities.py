"""Named quantities that levers and dated events may move (``quantities.csv``); a mechanism reads a quantity and never
knows who moved it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from kladsim.core.errors import InputError, unknown_name
from kladsim.core.random_arrays import Floats
from kladsim.core.validated import Validated, read_table
from kladsim.model.config import Modifier
from kladsim.world.pack import Pack


class Quantity(Validated):
    """One quantity: a factor (neutral 1), a share or an amount (neutral 0), or an event on a day.

    Parameters
    ----------
    control : who moves it: a public body, the market or nature
    low, high : its range
    reach : "nation" where a mechanism reads one value for the country, so that a region alone cannot have it
    only_reduced : whether a public body can only reduce it
    """

    name: str
    kind: Literal["factor", "share", "amount", "event"]
    default: float
    control: Literal["public", "market", "nature"]
    low: float
    high: float
    reach: Literal["region", "nation"]
    only_reduced: bool = False
    doc: str


QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity for quantity in read_table(Path(__file__).with_name("quantities.csv"), Quantity)
}
COLUMN: dict[str, int] = {name: i for i, name in enumerate(QUANTITIES)}

MOVEMENT = COLUMN["movement"]
BORDER = COLUMN["border"]
PRECURSOR = COLUMN["precursor.supply"]
SUPPLY_COST = COLUMN["supply.cost"]
EFFORT_BUYER = COLUMN["policing.effort.buyer"]
EFFORT_COURIER = COLUMN["policing.effort.courier"]
EFFORT_SHOP = COLUMN["policing.effort.shop"]
EFFORT_LABORATORY = COLUMN["policing.effort.laboratory"]
EFFORT_PLATFORM = COLUMN["policing.effort.platform"]
DIVERSION_COURIER = COLUMN["justice.diversion.courier"]
DIVERSION_BUYER = COLUMN["justice.diversion.buyer"]
SENTENCE = COLUMN["justice.sentence"]
PRISON_RECRUITMENT = COLUMN["justice.prison_recruitment"]
ADVERTISING = COLUMN["recruitment.advertising"]
PREVENTION = COLUMN["recruitment.prevention"]
INCOME_SUPPORT = COLUMN["income.support"]
TREATMENT_PLACES = COLUMN["treatment.places"]
TREATMENT_OUTCOME = COLUMN["treatment.outcome"]
DRUG_CHECKING = COLUMN["health.drug_checking"]
POISONING_RESPONSE = COLUMN["health.poisoning_response"]
CASH_OUT_FRICTION = COLUMN["money.cash_out_friction"]
TAKEDOWN = COLUMN["platform.takedown"]
MORE_PLACES = COLUMN["treatment.more_places"]
MONITORING = COLUMN["justice.monitoring"]
SENTENCE_COURIER = COLUMN["justice.sentence.courier"]
DECRIMINALISED = COLUMN["justice.decriminalised"]
PREVENTION_YOUNG = COLUMN["recruitment.prevention.young"]
EARLY_WARNING = COLUMN["health.early_warning"]
PERCEIVED_RISK = COLUMN["information.risk"]
SHARING = COLUMN["observation.sharing"]


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
        self._neutral = np.repeat([[quantity.default] for quantity in QUANTITIES.values()], regions, axis=1)
        self._moved: dict[int, Floats] = {}

    def __getitem__(self, day: int) -> Floats:
        """Return all quantities of a day: float64[quantities, regions]."""
        row = self._neutral.copy()
        for column, values in self._moved.items():
            row[column] = values[day]
        return row

    def daily(self, column: int) -> Floats:
        """Return the mean of a quantity over regions on every day: float64[days]."""
        if column not in self._moved:
            return np.full(self.n_days, self._neutral[column, 0])
        return np.asarray(self._moved[column].mean(axis=1))

    def column(self, column: int, *, by_region: bool = False) -> Floats:
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


def _only(index: int) -> slice[int, int, None]:
    return slice(index, index + 1)
