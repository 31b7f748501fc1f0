"""Outcomes: what may leave the model, how finely, and how it is made from the records (MODEL section 7).

Each outcome declares its side and its finest cell (RESPONSIBLE_USE rule 1); ``assemble`` makes all of them at
full scale. A new outcome is one entry in ``DEFINITIONS``. Truth and measurement (M17) stand beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kladsim.model import arrests, makers, observation, scraping
from kladsim.model import codes as k

if TYPE_CHECKING:
    from kladsim.model.simulation import Simulation

Side = Literal["supply", "enforcement", "health", "observation"]
Kind = Literal["flow", "level"]


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
    kind: Kind
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


DAY, YEAR, YEAR_REGION = ("day",), ("year",), ("year", "region")
BY_PEOPLE = ("year", "region", "age", "sex")


def _o(
    name: str, unit: str, side: Side, cells: tuple[str, ...], kind: Kind, make: makers.Maker, doc: str,
    better: Literal["lower", "higher"] | None = None, headline: bool = False,
) -> tuple[Outcome, makers.Maker]:  # fmt: skip
    return Outcome(name, unit, doc, side, cells, kind, better, headline), make


DEFINITIONS: tuple[tuple[Outcome, makers.Maker], ...] = (
    _o(
        "people_who_use",
        "persons",
        "health",
        YEAR_REGION,
        "level",
        makers.mean_stock("light", "heavy", "dependent"),
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
        makers.mean_stock("dependent"),
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
        makers.mean_stock("treatment"),
        "People in treatment.",
        "higher",
    ),
    _o("initiations", "persons", "health", YEAR_REGION, "flow", makers.yearly("initiations"), "First uses.", "lower"),
    _o(
        "deaths",
        "persons",
        "health",
        YEAR_REGION,
        "flow",
        makers.yearly("deaths_poisoning", "deaths_excess"),
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
        makers.yearly("deaths_poisoning"),
        "Fatal poisonings.",
        "lower",
    ),
    _o(
        "poisonings_nonfatal",
        "events",
        "health",
        YEAR_REGION,
        "flow",
        makers.yearly("poisonings_nonfatal"),
        "Poisonings that people survived.",
        "lower",
        True,
    ),
    _o(
        "psychoses",
        "events",
        "health",
        YEAR_REGION,
        "flow",
        makers.yearly("psychoses"),
        "Stimulant psychoses.",
        "lower",
    ),
    _o(
        "treatment_starts",
        "persons",
        "health",
        YEAR_REGION,
        "flow",
        makers.yearly("treatment_starts"),
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
        makers.yearly_nation("punished"),
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
        makers.yearly_nation("punished_falsely"),
        "Victims whose missing drops were taken by outsiders.",
        "lower",
    ),
    _o(
        "deaths_at_front",
        "persons",
        "health",
        YEAR,
        "flow",
        makers.yearly_nation("deaths_front"),
        "Deaths of prisoners taken to the front (exogenous; counted as harm).",
        "lower",
    ),
    _o(
        "platform_receipts_usd",
        "USD/day",
        "supply",
        DAY,
        "flow",
        makers.platform_receipts,
        "Receipts of all platforms, with the non-drug share, US dollars.",
        None,
        True,
    ),
    _o(
        "drug_receipts_usd",
        "USD/day",
        "supply",
        DAY,
        "flow",
        makers.usd("revenue"),
        "Drug sales on platforms, US dollars.",
    ),
    _o(
        "own_channel_receipts_usd",
        "USD/day",
        "supply",
        DAY,
        "flow",
        makers.usd("revenue_off_platform"),
        "Sales through shops' own channels, US dollars.",
    ),
    _o("orders", "orders/day", "supply", DAY, "flow", makers.daily("orders"), "Orders of drops.", None, True),
    _o(
        "order_value_usd",
        "USD",
        "supply",
        DAY,
        "level",
        makers.ratio(makers.usd("revenue", "revenue_off_platform", "refunds"), makers.daily("orders")),
        "Mean value of an order.",
    ),
    _o("street_share", "share", "supply", DAY, "level", makers.street_share, "Share of purchases made hand to hand."),
    _o("price_index", "index", "supply", DAY, "level", makers.national("real_price"), "Real price, first day = 1."),
    _o("ready_stock", "drops", "supply", DAY, "level", makers.stock_daily("ready_there"), "Drops that lie ready."),
    _o(
        "stock_days",
        "days",
        "supply",
        DAY,
        "level",
        makers.ratio(makers.stock_daily("ready_believed"), makers.daily("orders")),
        "Ready stock in days of sales.",
    ),
    _o(
        "not_found_share",
        "share",
        "supply",
        DAY,
        "level",
        makers.ratio(makers.daily("not_found"), makers.daily("orders")),
        "Share of orders not found.",
    ),
    _o(
        "drops_stolen",
        "drops/day",
        "supply",
        DAY,
        "flow",
        makers.daily("stolen_by_thieves"),
        "Drops taken by outsiders.",
    ),
    _o("shops", "shops", "supply", DAY, "level", makers.national("shops", True), "Open shops.", None, True),
    _o(
        "couriers",
        "persons",
        "supply",
        DAY,
        "level",
        makers.stock_daily("couriers"),
        "People who work as couriers.",
        None,
        True,
    ),
    _o(
        "recruits",
        "persons",
        "supply",
        YEAR,
        "flow",
        makers.yearly_nation("recruits"),
        "People who begin courier work.",
        "lower",
    ),
    _o(
        "courier_pay",
        "RUB/drop",
        "supply",
        DAY,
        "level",
        makers.pay,
        "Pay for one drop (a published target needs the value).",
    ),
    _o(
        "courier_career_months",
        "months",
        "supply",
        YEAR,
        "level",
        makers.career,
        "Median length of ended courier careers.",
    ),
    _o("platforms_open", "platforms", "supply", DAY, "level", makers.national("platforms_open"), "Open platforms."),
    _o(
        "platforms_effective",
        "platforms",
        "supply",
        DAY,
        "level",
        makers.national("effective_platforms"),
        "Effective number of platforms (inverse Herfindahl of orders).",
    ),
    _o(
        "leader_share",
        "share",
        "supply",
        DAY,
        "level",
        makers.national("leader_share"),
        "Share of the largest platform.",
    ),
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
        makers.coverage,
        "Residents of places where drops are on offer, end of year.",
    ),
    _o(
        "laboratories_closed",
        "laboratories",
        "enforcement",
        YEAR,
        "flow",
        makers.yearly_nation("laboratories_closed"),
        "Laboratories that police closed.",
    ),
    _o(
        "arrests_courier",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        makers.yearly_nation("arrests_courier"),
        "Couriers arrested.",
        "lower",
    ),
    _o(
        "arrests_buyer",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        makers.yearly_nation("arrests_buyer"),
        "People arrested for possession.",
        "lower",
    ),
    _o(
        "arrests_minor",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        makers.yearly_nation("arrests_minor"),
        "Minors arrested.",
        "lower",
    ),
    _o(
        "arrest_risk_courier",
        "1/person-year",
        "enforcement",
        YEAR,
        "level",
        makers.arrest_risk,
        "Arrests per courier and year; the denominator is the model's own.",
    ),
    _o(
        "convictions_trafficking",
        "persons",
        "health",
        YEAR_REGION,
        "flow",
        makers.yearly("convictions_trafficking"),
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
        makers.yearly("convictions_possession"),
        "Convictions for possession.",
        "lower",
    ),
    _o(
        "convictions_minor",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        makers.yearly_nation("convictions_minor"),
        "Minors convicted of trafficking.",
        "lower",
    ),
    _o(
        "convictions_young_share",
        "share",
        "enforcement",
        YEAR,
        "level",
        makers.ratio(makers.yearly_nation("convictions_young"), makers.yearly_nation("convictions_trafficking")),
        "Share of people convicted of trafficking aged 29 or younger.",
    ),
    _o(
        "diverted",
        "persons",
        "enforcement",
        YEAR,
        "flow",
        makers.yearly_nation("diverted"),
        "People diverted from prison.",
        "higher",
    ),
    _o(
        "prison_years",
        "person-years",
        "health",
        YEAR_REGION,
        "flow",
        makers.mean_stock("prisoners_possession", "prisoners_trafficking"),
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

SCRAPED: tuple[tuple[Outcome, makers.Maker], ...] = (
    _o(
        "scrape_packages",
        "packages/day",
        "supply",
        DAY,
        "flow",
        scraping.packages,
        "Packages sold on the largest platform as a scraper infers them, a measurement; the truth is in orders.",
        None,
        True,
    ),
    _o(
        "scrape_sales_usd",
        "USD/day",
        "supply",
        DAY,
        "flow",
        scraping.sales_usd,
        "Daily sales on the largest platform as a scraper infers them, a measurement.",
        None,
        True,
    ),
    _o(
        "scrape_shops",
        "shops",
        "supply",
        DAY,
        "level",
        scraping.shops,
        "Active shops on the largest platform as a scraper counts them, a measurement.",
        None,
        True,
    ),
    _o(
        "scrape_offers",
        "offers",
        "supply",
        DAY,
        "level",
        scraping.offers,
        "Active offers on the largest platform as a scraper counts them, a measurement.",
        None,
        True,
    ),
    _o(
        "active_shops",
        "shops",
        "supply",
        DAY,
        "level",
        scraping.active_shops,
        "Shops on the largest platform with something on offer, the truth beside scrape_shops.",
    ),
    _o(
        "active_offers",
        "offers",
        "supply",
        DAY,
        "level",
        scraping.active_offers,
        "Listings on the largest platform with something ready, the truth beside scrape_offers.",
    ),
    _o(
        "scrape_stock_days",
        "days",
        "supply",
        DAY,
        "level",
        scraping.stock_days,
        "Ready stock on the largest platform in days of its measured sales, weekly means.",
    ),
)
"""Measurements of a scraper, for packs that ask for "scrape"."""
IN_WINDOW = "in the pack's past validation window only."
_PLACED: tuple[tuple[str, str, Kind, makers.Maker, str], ...] = (
    ("orders", "orders/day", "flow", scraping.in_window("orders"), "Orders"),
    ("packages", "packages/day", "flow", scraping.in_window("orders", measured=True), "Orders as inferred"),
    ("sales_usd", "USD/day", "flow", scraping.in_window("revenue", measured=True, usd=True), "Sales as inferred"),
    ("shops", "shops", "level", scraping.in_window("shops"), "Shops with something on offer"),
    ("offers", "offers", "level", scraping.in_window("offers"), "Listings with something ready"),
)
WINDOWED: tuple[tuple[Outcome, makers.Maker], ...] = tuple(
    _o(f"window_{name}", unit, "supply", ("day", "region"), kind, make, f"{what}, by day and place, {IN_WINDOW}")
    for name, unit, kind, make, what in _PLACED
)
"""Supply by day and place, for packs that declare a past validation window."""
ARRESTED: tuple[tuple[Outcome, makers.Maker], ...] = (
    _o(
        "arrests_online_share",
        "share",
        "observation",
        YEAR,
        "level",
        arrests.online_share,
        "Share of arrests in which drugs were sold or bought online, as a police register tells it.",
    ),
    _o(
        "persons_apprehended",
        "persons",
        "observation",
        YEAR,
        "flow",
        arrests.apprehended,
        "Persons apprehended for drugs, as a police register counts them.",
        None,
        True,
    ),
    *(
        _o(f"apprehended_{name}", "persons", "observation", YEAR, "flow", arrests.apprehended_with(products), doc)
        for name, products, doc in (
            ("cannabis", ("cannabis",), "Persons apprehended with cannabis, as a police register counts them."),
            ("narcotics", ("opioid", "cocaine"), "Persons apprehended with opioids or cocaine, as a register counts."),
            (
                "psychotropics",
                ("amphetamine", "mdma", "mephedrone", "alpha_pvp"),
                "Persons apprehended with stimulants, as a police register counts them.",
            ),
        )
    ),
    _o(
        "purchases",
        "purchases",
        "observation",
        YEAR,
        "flow",
        arrests.purchases,
        "Purchases of all kinds, the truth beside the arrests.",
        "lower",
    ),
)
"""A police register by means of sale, for packs that ask for "online_arrests"."""

OUTCOMES: dict[str, Outcome] = {
    outcome.name: outcome for outcome, _ in (*DEFINITIONS, *SCRAPED, *WINDOWED, *ARRESTED)
}
BAND_LABELS = ("14-17", "18-24", "25-29", "30-39", "40-49", "50-64")
PRODUCT_NAMES = k.PRODUCTS


def definitions_of(simulation: Simulation) -> tuple[tuple[Outcome, makers.Maker], ...]:
    """Return the outcomes of a run: those of every country, and those that its pack asks for."""
    pack = simulation.pack
    if "burden_only" in pack.measures:
        return tuple((outcome, make) for outcome, make in DEFINITIONS if tells_burden(outcome))
    return (
        *DEFINITIONS,
        *(SCRAPED if "scrape" in pack.measures else ()),
        *(WINDOWED if pack.window else ()),
        *(ARRESTED if "online_arrests" in pack.measures else ()),
    )


def tells_burden(outcome: Outcome) -> bool:
    """Whether an outcome tells burden or justice, nothing of the market: no supply, no money (rule 5)."""
    return outcome.side != "supply" and "USD" not in outcome.unit


def assemble(simulation: Simulation) -> dict[str, OutcomeArray]:
    """Return every outcome of a replicate at full scale."""
    out: dict[str, OutcomeArray] = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for outcome, make in definitions_of(simulation):
            values: Any = np.asarray(make(simulation), dtype=np.float64)
            unit = outcome.unit.replace("RUB", simulation.pack.currency)
            out[outcome.name] = OutcomeArray(outcome.name, outcome.cells, values, unit, outcome.side)
    return out
