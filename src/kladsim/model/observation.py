"""M17, observation: every official series is a measurement with reporting rate, delay and error; truth stands
beside it.

Registers can fall while harm rises, because people avoid registration (E156, P23). With M17 off measurement
equals truth.
"""

from __future__ import annotations

import numpy as np

from kladsim.core import rng
from kladsim.core.random_arrays import Floats
from kladsim.model import codes as k
from kladsim.model import streams
from kladsim.model.counters import INDEX
from kladsim.model.quantities import SHARING
from kladsim.model.record import RunRecord
from kladsim.model.tallies import STOCKS

SYNTHETIC = (k.AMPHETAMINE, k.MDMA, k.MEPHEDRONE, k.ALPHA_PVP)


def _mean_stock(run: RunRecord, *stocks: str) -> Floats:
    """Return the nation's mean of stocks over the days of each year."""
    places = [STOCKS.index(name) for name in stocks]
    return run.recording.year_stock[:, :, places].sum(axis=(1, 2)) * run.scale / run.year_days


def _total(run: RunRecord, *counters: str) -> Floats:
    """Return the nation's sum of counters of each year."""
    places = [INDEX[name] for name in counters]
    return run.recording.year_count[:, :, places].sum(axis=(1, 2)) * run.scale


def _error(run: RunRecord, draw: int, years: int, size: float) -> Floats:
    key = rng.day_key(run.seed, int(streams.OBSERVE), draw)
    return np.array([1.0 + size * (2.0 * rng.unit(key, year, 0) - 1.0) for year in range(years)])


def drug_share_of_prisoners(run: RunRecord) -> Floats:
    """Sentenced drug prisoners over all prisoners; other prisoners come from the pack (E124-E127)."""
    drug = _mean_stock(run, "prisoners_possession", "prisoners_trafficking")
    others = run.pack.series_daily("prisoners_other", run.n_days)
    years = run.calendar.years[: run.n_days]
    mean = np.array([others[years == year].mean() for year in np.unique(years)])[: len(drug)]
    return drug / (drug + mean)


def synthetic_share_of_seizures(run: RunRecord) -> Floats:
    """Weight of synthetic drugs among all seized: drops, persons arrested, laboratories (E134-E139)."""
    p, r = run.parameters, run.recording
    drops = r.year_seized.sum(axis=1) * p["observation.grams_drop"] / 1000.0
    heavy = np.full(k.G, p["observation.grams_street"])
    heavy[list(SYNTHETIC)] = p["observation.grams_street_synthetic"]
    heavy[k.COCAINE] = p["observation.grams_street_synthetic"]
    street = r.year_street.sum(axis=1) * heavy / 1000.0
    kilos = drops + street + r.year_labs * p["observation.kilos_laboratory"]
    total = kilos.sum(axis=1)
    synthetic = kilos[:, list(SYNTHETIC)].sum(axis=1)
    return np.divide(synthetic, total, out=np.full(len(total), np.nan), where=total > 0)


def registered_drug_crimes(run: RunRecord) -> Floats:
    """Arrests that the register counts, each as more than one crime when drops are found (zeal: assumption)."""
    arrests = _total(run, "arrests_buyer", "arrests_courier", "arrests_dealer")
    if not run.measures():
        return arrests
    return arrests * run.parameters["observation.register_share"] * _error(run, 1, len(arrests), 0.03)


def registered_dependent(run: RunRecord) -> Floats:
    """Dependent people on the register: the share registered falls year by year (E156)."""
    truth = _mean_stock(run, "dependent", "treatment")
    if not run.measures():
        return truth
    p = run.parameters
    years = np.arange(len(truth))
    share = p["observation.registered_dependent"] * (1.0 - p["observation.register_avoidance"]) ** years
    return truth * share


def registered_deaths(run: RunRecord) -> Floats:
    """Fatal poisonings that statistics count (E151)."""
    truth = _total(run, "deaths_poisoning")
    if not run.measures():
        return truth
    reported = run.parameters["observation.death_reporting"]
    years = run.calendar.years[: run.n_days]
    shared = run.quantities.daily(SHARING)
    closed = np.array([shared[years == year].mean() for year in np.unique(years)])
    return truth * (reported + (1.0 - reported) * closed)


def platform_accounts(run: RunRecord) -> Floats:
    """Accounts of the largest platform: several for each person who ever bought (E041)."""
    buyers = run.recording.buyers_year * float(run.config.scale)
    years = run.calendar.years[: run.n_days]
    last = np.array([buyers[years == year][-1] for year in np.unique(years)])
    if not run.measures():
        return last
    return np.maximum.accumulate(last) * run.parameters["observation.accounts_per_buyer"]


def traced_receipts(run: RunRecord) -> Floats:
    """Receipts as tracing firms print them, with their error."""
    kopecks = run.recording.count[:, INDEX["revenue"]] * float(run.config.scale)
    usd = kopecks / 100.0 / run.calendar.usd_rate[: run.n_days] / (1.0 - run.parameters["money.non_drug_share"])
    years = run.calendar.years[: run.n_days]
    total = np.array([usd[years == year].sum() for year in np.unique(years)])
    return total * _error(run, 2, len(total), run.parameters["observation.trace_error"]) if run.measures() else total


REDUCERS = (
    drug_share_of_prisoners, synthetic_share_of_seizures, registered_drug_crimes, registered_dependent,
    registered_deaths, platform_accounts, traced_receipts,
)  # fmt: skip
