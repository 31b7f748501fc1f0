"""Reducers: how each outcome is made from the records of a replicate, by the names that ``outcomes.csv`` uses.

A reducer takes the `RunRecord` and the names in the column ``of``, and returns the values in the outcome's finest cell.
"""

from __future__ import annotations

import numpy as np

from kladsim.core.errors import unknown_name
from kladsim.core.random_arrays import Floats, Ints
from kladsim.model import arrest_register, observation, scraping
from kladsim.model.counters import INDEX
from kladsim.model.outcomes import Outcome, OutcomeArray, Reducer, outcomes_of
from kladsim.model.record import RunRecord
from kladsim.model.tallies import STOCKS


def divide(top: Floats | Ints, bottom: Floats | Ints, empty: float = np.nan) -> Floats:
    """Return ``top / bottom``, ``empty`` where the bottom is not above 0."""
    return np.divide(top, bottom, out=np.full(bottom.shape, empty), where=bottom > 0)


def daily_count(run: RunRecord, *counters: str) -> Floats:
    """Return daily counts of the nation."""
    return run.daily(*counters)


def daily_stock(run: RunRecord, *stocks: str) -> Floats:
    """Return stocks of the nation on every evening."""
    return run.daily_stock(*stocks)


def daily_national(run: RunRecord, name: str) -> Floats:
    """Return a national number that no scale changes."""
    return run.daily_national(name)


def daily_sellers(run: RunRecord, name: str) -> Floats:
    """Return a daily count of sellers, which the recorder gives in shares of the sample."""
    return run.daily_national(name) * run.config.scale


def daily_usd(run: RunRecord, *counters: str) -> Floats:
    """Return daily sums of money, recorded in the smallest coin, in US dollars."""
    return run.daily(*counters) / 100.0 / run.calendar.usd_rate[: run.day]


def yearly_count(run: RunRecord, *counters: str) -> Floats:
    """Return yearly counts of the nation."""
    return run.yearly(*counters).sum(axis=1)


def yearly_count_by_region(run: RunRecord, *counters: str) -> Floats:
    """Return yearly counts by region."""
    return run.yearly(*counters)


def mean_stock_by_region(run: RunRecord, *stocks: str) -> Floats:
    """Return the yearly means of stocks by region."""
    return run.mean_stock(*stocks)


def stock_by_age_and_sex(run: RunRecord, name: str) -> Floats:
    """Return people at the end of each year by region, age band and sex: ``users_by`` or ``dependent_by``."""
    by = {"users_by": run.recording.users_by, "dependent_by": run.recording.dependent_by}
    if name not in by:
        raise unknown_name("record by age and sex", name, by)
    return np.asarray(by[name] * run.scale, np.float64)


def platform_receipts(run: RunRecord) -> Floats:
    """Return receipts of platforms with their non-drug share, US dollars a day."""
    return daily_usd(run, "revenue") / (1.0 - run.parameters["money.non_drug_share"])


def order_value(run: RunRecord) -> Floats:
    """Return the mean value of an order, US dollars."""
    return divide(daily_usd(run, "revenue", "revenue_off_platform", "refunds"), run.daily("orders"))


def street_share(run: RunRecord) -> Floats:
    """Return the share of purchases made hand to hand; 1 on a day without any."""
    street = run.daily("street_purchases")
    return divide(street, street + run.daily("orders"), 1.0)


def stock_days(run: RunRecord) -> Floats:
    """Return the ready stock that shops believe in, in days of sales."""
    return divide(run.daily_stock("ready_believed"), run.daily("orders"))


def not_found_share(run: RunRecord) -> Floats:
    """Return the share of orders whose drop was not found."""
    return divide(run.daily("not_found"), run.daily("orders"))


def courier_pay(run: RunRecord) -> Floats:
    """Return the pay for one drop, in the currency of the pack."""
    counted = run.recording.count[: run.day]
    return divide(counted[:, INDEX["courier_pay"]] / 100.0, counted[:, INDEX["placed"]])


def active_buyers(run: RunRecord) -> Floats:
    """Return people who bought on a platform within a year."""
    return np.asarray(run.recording.buyers_year[: run.day] * run.scale, np.float64)


def coverage(run: RunRecord) -> Floats:
    """Return the share of residents in places where drops are on offer, by year and region."""
    people = run.recording.year_stock[:, :, STOCKS.index("residents")] / run.year_days[:, None]
    return divide(run.recording.covered, people, 0.0)


def median_career(run: RunRecord) -> Floats:
    """Return the median length of the courier careers that ended in a year, months."""
    careers = run.recording.careers
    total = careers.cumsum(axis=1)
    out = np.full(len(careers), np.nan)
    for year, row in enumerate(total):
        if row[-1] > 0:
            half = row[-1] / 2.0
            month = int(np.searchsorted(row, half))
            before = row[month - 1] if month else 0
            out[year] = month + (half - before) / max(1, careers[year, month])
    return out


def arrest_risk(run: RunRecord) -> Floats:
    """Return arrests of couriers per courier and year."""
    stock, counted = run.recording.year_stock, run.recording.year_count
    couriers = stock[:, :, STOCKS.index("couriers")].sum(axis=1) / run.year_days
    arrested = counted[:, :, INDEX["arrests_courier"]].sum(axis=1) * 365.0 / run.year_days
    return divide(arrested, couriers)


def young_share_of_convictions(run: RunRecord) -> Floats:
    """Return the share of people convicted of trafficking who are 29 or younger."""
    return divide(yearly_count(run, "convictions_young"), yearly_count(run, "convictions_trafficking"))


REDUCERS: dict[str, Reducer] = {
    reducer.__name__: reducer
    for reducer in (
        daily_count, daily_stock, daily_national, daily_sellers, daily_usd, yearly_count, yearly_count_by_region,
        mean_stock_by_region, stock_by_age_and_sex, platform_receipts, order_value, street_share, stock_days,
        not_found_share, courier_pay, active_buyers, coverage, median_career, arrest_risk, young_share_of_convictions,
        *observation.REDUCERS, *scraping.REDUCERS, *arrest_register.REDUCERS,
    )
}  # fmt: skip


def reducer_of(outcome: Outcome) -> Reducer:
    """Return the function that makes an outcome; raise ``InputError`` with the nearest name for an unknown one."""
    if not isinstance(outcome.reducer, str):
        return outcome.reducer
    if outcome.reducer not in REDUCERS:
        raise unknown_name("reducer", outcome.reducer, REDUCERS, where=f"outcome {outcome.name}")
    return REDUCERS[outcome.reducer]


def assemble(run: RunRecord) -> dict[str, OutcomeArray]:
    """Return every outcome of a replicate at full scale."""
    arrays: dict[str, OutcomeArray] = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, outcome in outcomes_of(run.pack.measures, bool(run.pack.window)).items():
            try:
                values = np.asarray(reducer_of(outcome)(run, *outcome.of), dtype=np.float64)
            except Exception as error:
                error.add_note(f"outcome {name}")
                raise
            unit = outcome.unit.replace("RUB", run.pack.currency) if outcome.local_currency else outcome.unit
            arrays[name] = OutcomeArray(name, outcome.cells, values, unit, outcome.side)
    return arrays
