"""Outcomes: what may leave the model, how finely, and how it is made from the records (MODEL section 7).

Each outcome declares its side and its finest cell (RESPONSIBLE_USE rule 1); ``assemble`` makes all of them at
full scale. A new outcome is one entry in ``DEFINITIONS``. Truth and measurement (M17) stand beside each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kladsim.model import codes as k
from kladsim.model import observation
from kladsim.model.counters import INDEX
from kladsim.model.recording import NATIONAL
from kladsim.model.tallies import STOCKS

if TYPE_CHECKING:
    from kladsim.model.simulation import Simulation

Side = Literal["supply", "enforcement", "health", "observation"]


@dataclass(frozen=True)
class Outcome:
    """The declaration of one outcome.

    Parameters
    ----------
    name, unit, doc : what it is
    side : supply, enforcement, health or observation: decides the finest cell
    cells : finest dimensions in which it is made
    kind : a flow is summed over time, a level is averaged
    better : which direction is a public benefit, if any
    headline : shown in the table at the end of a run
    """

    name: str
    unit: str
    doc: str
    side: Side
    cells: tuple[str, ...]
    kind: Literal["flow", "level"]
    better: Literal["lower", "higher"] | None = None
    headline: bool = False


@dataclass(frozen=True)
class OutcomeArray:
    """Values of one outcome of one replicate."""

    name: str
    dims: tuple[str, ...]
    values: np.ndarray
    unit: str
    side: Side


Maker = Callable[["Simulation"], np.ndarray]
DAY, YEAR, YEAR_REGION = ("day",), ("year",), ("year", "region")
BY_PEOPLE = ("year", "region", "age", "sex")


def _daily(*names: str) -> Maker:
    columns = [INDEX[name] for name in names]
    return lambda s: s.recording.count[: s.day, columns].sum(axis=1) * float(s.config.scale)


def _stock_daily(*names: str) -> Maker:
    columns = [STOCKS.index(name) for name in names]
    return lambda s: s.recording.stock[: s.day, columns].sum(axis=1) * float(s.config.scale)


def _national(name: str, factor: bool = False) -> Maker:
    column = NATIONAL.index(name)
    return lambda s: s.recording.national[: s.day, column] * (s.config.scale if factor else 1)


def _yearly(*names: str) -> Maker:
    columns = [INDEX[name] for name in names]
    return lambda s: s.recording.year_count[:, :, columns].sum(axis=2) * float(s.config.scale)


def _yearly_nation(*names: str) -> Maker:
    inner = _yearly(*names)
    return lambda s: inner(s).sum(axis=1)


def _mean_stock(*names: str) -> Maker:
    columns = [STOCKS.index(name) for name in names]

    def make(s: Simulation) -> np.ndarray:
        days = np.maximum(1, s.recording.year_days)[:, None]
        return s.recording.year_stock[:, :, columns].sum(axis=2) * float(s.config.scale) / days

    return make


def _usd(*names: str) -> Maker:
    columns = [INDEX[name] for name in names]

    def make(s: Simulation) -> np.ndarray:
        kopecks = s.recording.count[: s.day, columns].sum(axis=1) * float(s.config.scale)
        return kopecks / 100.0 / s.calendar.usd_rate[: s.day]

    return make


def _ratio(top: Maker, bottom: Maker) -> Maker:
    def make(s: Simulation) -> np.ndarray:
        below = bottom(s)
        return np.divide(top(s), below, out=np.full(below.shape, np.nan), where=below > 0)

    return make


def _platform_receipts(s: Simulation) -> np.ndarray:
    drugs = _usd("revenue")(s)
    return drugs / (1.0 - s._p["money.non_drug_share"])


def _coverage(s: Simulation) -> np.ndarray:
    days = np.maximum(1, s.recording.year_days)[:, None]
    people = s.recording.year_stock[:, :, STOCKS.index("residents")] / days
    return np.divide(s.recording.covered, people, out=np.zeros_like(people), where=people > 0)


def _career(s: Simulation) -> np.ndarray:
    careers = s.recording.careers
    total = careers.cumsum(axis=1)
    out = np.full(len(careers), np.nan)
    for year, row in enumerate(total):
        if row[-1] > 0:
            half = row[-1] / 2.0
            month = int(np.searchsorted(row, half))
            before = row[month - 1] if month else 0
            out[year] = month + (half - before) / max(1, careers[year, month])
    return out


def _arrest_risk(s: Simulation) -> np.ndarray:
    days = np.maximum(1, s.recording.year_days)
    couriers = s.recording.year_stock[:, :, STOCKS.index("couriers")].sum(axis=1) / days
    arrests = s.recording.year_count[:, :, INDEX["arrests_courier"]].sum(axis=1) * 365.0 / days
    return np.divide(arrests, couriers, out=np.full(len(days), np.nan), where=couriers > 0)


def _pay(s: Simulation) -> np.ndarray:
    count = s.recording.count[: s.day]
    placed = count[:, INDEX["placed"]]
    return np.divide(count[:, INDEX["courier_pay"]] / 100.0, placed, out=np.full(s.day, np.nan), where=placed > 0)


def _street_share(s: Simulation) -> np.ndarray:
    street = _daily("street_purchases")(s)
    return np.divide(street, street + _daily("orders")(s), out=np.ones(s.day), where=street + _daily("orders")(s) > 0)


def _o(
    name: str, unit: str, side: Side, cells: tuple[str, ...], kind: Literal["flow", "level"], make: Maker, doc: str,
    better: Literal["lower", "higher"] | None = None, headline: bool = False,
) -> tuple[Outcome, Maker]:  # fmt: skip
    return Outcome(name, unit, doc, side, cells, kind, better, headline), make


DEFINITIONS: tuple[tuple[Outcome, Maker], ...] = (
    _o(
        "people_who_use",
        "persons",
        "health",
        YEAR_REGION,
        "level",
        _mean_stock("light", "heavy", "dependent"),
        "People who use drugs now, aged 14-64.",
        "lower",
        True,
    ),
    _o(
        "dependent",
        "persons",
        "health",
        YEAR_REGION,
        "level",
        _mean_stock("dependent"),
        "Dependent people.",
        "lower",
        True,
    ),
    _o(
        "in_treatment",
        "persons",
        "health",
        YEAR_REGION,
        "level",
        _mean_stock("treatment"),
        "People in treatment.",
        "higher",
    ),
    _o("initiations", "persons", "health", YEAR_REGION, "flow", _yearly("initiations"), "First uses.", "lower"),
    _o(
        "deaths",
        "persons",
        "health",
        YEAR_REGION,
        "flow",
        _yearly("deaths_poisoning", "deaths_excess"),
        "Drug-related deaths: poisoning and other excess deaths.",
        "lower",
        True,
    ),
    _o(
        "deaths_poisoning",
        "persons",
        "health",
        YEAR_REGION,
        "flow",
        _yearly("deaths_poisoning"),
        "Fatal poisonings.",
        "lower",
    ),
    _o(
        "poisonings_nonfatal",
        "events",
        "health",
        YEAR_REGION,
        "flow",
        _yearly("poisonings_nonfatal"),
        "Poisonings that people survived.",
        "lower",
        True,
    ),
    _o("psychoses", "events", "health", YEAR_REGION, "flow", _yearly("psychoses"), "Stimulant psychoses.", "lower"),
    _o(
        "treatment_starts",
        "persons",
        "health",
        YEAR_REGION,
        "flow",
        _yearly("treatment_starts"),
        "Treatments begun.",
        "higher",
    ),
    _o(
        "people_who_use_by_age",
        "persons",
        "health",
        BY_PEOPLE,
        "level",
        lambda s: s.recording.users_by * float(s.config.scale),
        "People who use by age band and sex, end of year.",
    ),
    _o(
        "dependent_by_age",
        "persons",
        "health",
        BY_PEOPLE,
        "level",
        lambda s: s.recording.dependent_by * float(s.config.scale),
        "Dependent people by age band and sex, end of year.",
    ),
    _o(
        "victims_of_punishment",
        "persons",
        "health",
        YEAR,
        "flow",
        _yearly_nation("punished"),
        "Couriers punished by the trade.",
        "lower",
        True,
    ),
    _o(
        "victims_punished_falsely",
        "persons",
        "health",
        YEAR,
        "flow",
        _yearly_nation("punished_falsely"),
        "Victims whose missing drops were taken by outsiders.",
        "lower",
    ),
    _o(
        "deaths_at_front",
        "persons",
        "health",
        YEAR,
        "flow",
        _yearly_nation("deaths_front"),
        "Deaths of prisoners taken to the front (exogenous; counted as harm).",
        "lower",
    ),
    _o(
        "platform_receipts_usd",
        "USD/day",
        "supply",
        DAY,
        "flow",
        _platform_receipts,
        "Receipts of all platforms, with the non-drug share, US dollars.",
        None,
        True,
    ),
    _o("drug_receipts_usd", "USD/day", "supply", DAY, "flow", _usd("revenue"), "Drug sales on platforms, US dollars."),
    _o(
        "own_channel_receipts_usd",
        "USD/day",
        "supply",
        DAY,
        "flow",
        _usd("revenue_off_platform"),
        "Sales through shops' own channels, US dollars.",
    ),
    _o("orders", "orders/day", "supply", DAY, "flow", _daily("orders"), "Orders of drops.", None, True),
    _o(
        "order_value_usd",
        "USD",
        "supply",
        DAY,
        "level",
        _ratio(_usd("revenue", "revenue_off_platform", "refunds"), _daily("orders")),
        "Mean value of an order.",
    ),
    _o("street_share", "share", "supply", DAY, "level", _street_share, "Share of purchases made hand to hand."),
    _o("price_index", "index", "supply", DAY, "level", _national("real_price"), "Real price, first day = 1."),
    _o("ready_stock", "drops", "supply", DAY, "level", _stock_daily("ready_there"), "Drops that lie ready."),
    _o(
        "stock_days",
        "days",
        "supply",
        DAY,
        "level",
        _ratio(_stock_daily("ready_believed"), _daily("orders")),
        "Ready stock in days of sales.",
    ),
    _o(
        "not_found_share",
        "share",
        "supply",
        DAY,
        "level",
        _ratio(_daily("not_found"), _daily("orders")),
        "Share of orders not found.",
    ),
    _o("drops_stolen", "drops/day", "supply", DAY, "flow", _daily("stolen_by_thieves"), "Drops taken by outsiders."),
    _o("shops", "shops", "supply", DAY, "level", _national("shops", True), "Open shops.", None, True),
    _o(
        "couriers",
        "persons",
        "supply",
        DAY,
        "level",
        _stock_daily("couriers"),
        "People who work as couriers.",
        None,
        True,
    ),
    _o("recruits", "persons/day", "supply", DAY, "flow", _daily("recruits"), "People who begin courier work.", "lower"),
    _o(
        "courier_pay",
        "RUB/drop",
        "supply",
        DAY,
        "level",
        _pay,
        "Pay for one drop (a published target needs the value).",
    ),
    _o("courier_career_months", "months", "supply", YEAR, "level", _career, "Median length of ended courier careers."),
    _o("platforms_open", "platforms", "supply", DAY, "level", _national("platforms_open"), "Open platforms."),
    _o(
        "platforms_effective",
        "platforms",
        "supply",
        DAY,
        "level",
        _national("effective_platforms"),
        "Effective number of platforms (inverse Herfindahl of orders).",
    ),
    _o("leader_share", "share", "supply", DAY, "level", _national("leader_share"), "Share of the largest platform."),
    _o(
        "active_buyers",
        "persons",
        "supply",
        DAY,
        "level",
        lambda s: s.recording.buyers_year[: s.day] * float(s.config.scale),
        "People who bought on a platform within a year.",
    ),
    _o(
        "coverage",
        "share",
        "supply",
        YEAR_REGION,
        "level",
        _coverage,
        "Residents of places where drops are on offer, end of year.",
    ),
    _o(
        "laboratories_closed",
        "laboratories",
        "enforcement",
        YEAR,
        "flow",
        _yearly_nation("laboratories_closed"),
        "Laboratories that police closed.",
    ),
    _o(
        "arrests_courier",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        _yearly_nation("arrests_courier"),
        "Couriers arrested.",
        "lower",
    ),
    _o(
        "arrests_buyer",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        _yearly_nation("arrests_buyer"),
        "People arrested for possession.",
        "lower",
    ),
    _o(
        "arrests_minor",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        _yearly_nation("arrests_minor"),
        "Minors arrested.",
        "lower",
    ),
    _o(
        "arrest_risk_courier",
        "1/person-year",
        "enforcement",
        YEAR,
        "level",
        _arrest_risk,
        "Arrests per courier and year; the denominator is the model's own.",
    ),
    _o(
        "convictions_trafficking",
        "persons",
        "health",
        YEAR_REGION,
        "flow",
        _yearly("convictions_trafficking"),
        "Convictions for trafficking.",
        "lower",
        True,
    ),
    _o(
        "convictions_possession",
        "persons",
        "health",
        YEAR_REGION,
        "flow",
        _yearly("convictions_possession"),
        "Convictions for possession.",
        "lower",
    ),
    _o(
        "convictions_minor",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        _yearly_nation("convictions_minor"),
        "Minors convicted of trafficking.",
        "lower",
    ),
    _o(
        "convictions_young_share",
        "share",
        "enforcement",
        YEAR,
        "level",
        _ratio(_yearly_nation("convictions_young"), _yearly_nation("convictions_trafficking")),
        "Share of people convicted of trafficking aged 29 or younger.",
    ),
    _o(
        "diverted",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        _yearly_nation("diverted"),
        "People diverted from prison.",
        "higher",
    ),
    _o(
        "prison_years",
        "person-years",
        "health",
        YEAR_REGION,
        "flow",
        _mean_stock("prisoners_possession", "prisoners_trafficking"),
        "Years in prison for drug offences.",
        "lower",
        True,
    ),
    _o(
        "drug_share_of_prisoners",
        "share",
        "observation",
        YEAR,
        "level",
        observation.drug_share_of_prisoners,
        "Share of all prisoners held for drug offences (others from the pack).",
    ),
    _o(
        "synthetic_share_of_seizures",
        "share",
        "observation",
        YEAR,
        "level",
        observation.synthetic_share,
        "Synthetic share of seized weight, as official statistics would show it.",
    ),
    _o(
        "registered_drug_crimes",
        "crimes",
        "observation",
        YEAR,
        "flow",
        observation.registered_crimes,
        "Registered drug crimes, a measurement of arrests.",
    ),
    _o(
        "registered_dependent",
        "persons",
        "observation",
        YEAR,
        "level",
        observation.registered_dependent,
        "Dependent people on the official register, a measurement.",
    ),
    _o(
        "registered_deaths",
        "persons",
        "observation",
        YEAR,
        "flow",
        observation.registered_deaths,
        "Fatal poisonings that official statistics count, a measurement.",
    ),
    _o(
        "platform_accounts",
        "accounts",
        "observation",
        YEAR,
        "level",
        observation.accounts,
        "Accounts of the largest platform as counted from outside, a measurement.",
    ),
    _o(
        "traced_receipts_usd",
        "USD",
        "observation",
        YEAR,
        "flow",
        observation.traced_receipts,
        "Platform receipts as tracing firms would print them, a measurement.",
    ),
)

OUTCOMES: dict[str, Outcome] = {outcome.name: outcome for outcome, _ in DEFINITIONS}
BAND_LABELS = ("14-17", "18-24", "25-29", "30-39", "40-49", "50-64")
PRODUCT_NAMES = k.PRODUCTS


def assemble(simulation: Simulation) -> dict[str, OutcomeArray]:
    """Return every outcome of a replicate at full scale."""
    out: dict[str, OutcomeArray] = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for outcome, make in DEFINITIONS:
            values: Any = np.asarray(make(simulation), dtype=np.float64)
            out[outcome.name] = OutcomeArray(outcome.name, outcome.cells, values, outcome.unit, outcome.side)
    return out
