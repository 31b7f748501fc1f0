"""M17, observation: every official series is a measurement with reporting rate, delay and error; truth stands
beside it.

Registers can fall while harm rises, because people avoid registration (E156, P23). With M17 off measurement
equals truth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kladsim.core import rng
from kladsim.model import codes as k
from kladsim.model import streams
from kladsim.model.counters import INDEX
from kladsim.model.quantities import SHARING
from kladsim.model.tallies import STOCKS

if TYPE_CHECKING:
    from kladsim.model.simulation import Simulation

SYNTHETIC = (k.AMPHETAMINE, k.MDMA, k.MEPHEDRONE, k.ALPHA_PVP)


def _on(s: Simulation) -> bool:
    return bool(s.config.switches.get("M17", True))


def _mean(s: Simulation, *names: str) -> np.ndarray:
    days = np.maximum(1, s.recording.year_days)
    columns = [STOCKS.index(name) for name in names]
    return s.recording.year_stock[:, :, columns].sum(axis=(1, 2)) * float(s.config.scale) / days


def _sum(s: Simulation, *names: str) -> np.ndarray:
    columns = [INDEX[name] for name in names]
    return s.recording.year_count[:, :, columns].sum(axis=(1, 2)) * float(s.config.scale)


def _error(s: Simulation, draw: int, years: int, size: float) -> np.ndarray:
    key = rng.day_key(s.seed, int(streams.OBSERVE), draw)
    return np.array([1.0 + size * (2.0 * rng.unit(key, year, 0) - 1.0) for year in range(years)])


def drug_share_of_prisoners(s: Simulation) -> np.ndarray:
    """Sentenced drug prisoners over all prisoners; other prisoners come from the pack (E124-E127)."""
    drug = _mean(s, "prisoners_possession", "prisoners_trafficking")
    others = s.pack.series_daily("prisoners_other", s.n_days)
    years = s.calendar.years[: s.n_days]
    mean = np.array([others[years == year].mean() for year in np.unique(years)])[: len(drug)]
    return drug / (drug + mean)


def synthetic_share(s: Simulation) -> np.ndarray:
    """Weight of synthetic drugs among all seized: drops, persons arrested, laboratories (E134-E139)."""
    p, r = s._p, s.recording
    drops = r.year_seized.sum(axis=1) * p["observation.grams_drop"] / 1000.0
    heavy = np.full(k.G, p["observation.grams_street"])
    heavy[list(SYNTHETIC)] = p["observation.grams_street_synthetic"]
    heavy[k.COCAINE] = p["observation.grams_street_synthetic"]
    street = r.year_street.sum(axis=1) * heavy / 1000.0
    kilos = drops + street + r.year_labs * p["observation.kilos_laboratory"]
    total = kilos.sum(axis=1)
    synthetic = kilos[:, list(SYNTHETIC)].sum(axis=1)
    return np.divide(synthetic, total, out=np.full(len(total), np.nan), where=total > 0)


def registered_crimes(s: Simulation) -> np.ndarray:
    """Arrests that the register counts, each as more than one crime when drops are found (zeal: assumption)."""
    arrests = _sum(s, "arrests_buyer", "arrests_courier", "arrests_dealer")
    if not _on(s):
        return arrests
    return arrests * s._p["observation.register_share"] * _error(s, 1, len(arrests), 0.03)


def registered_dependent(s: Simulation) -> np.ndarray:
    """Dependent people on the register: the share registered falls year by year (E156)."""
    truth = _mean(s, "dependent", "treatment")
    if not _on(s):
        return truth
    p = s._p
    years = np.arange(len(truth))
    share = p["observation.registered_dependent"] * (1.0 - p["observation.register_avoidance"]) ** years
    return truth * share


def registered_deaths(s: Simulation) -> np.ndarray:
    """Fatal poisonings that statistics count (E151)."""
    truth = _sum(s, "deaths_poisoning")
    if not _on(s):
        return truth
    reported = s._p["observation.death_reporting"]
    years = s.calendar.years[: s.n_days]
    shared = s.quantities.daily(SHARING)
    closed = np.array([shared[years == year].mean() for year in np.unique(years)])
    return truth * (reported + (1.0 - reported) * closed)


def accounts(s: Simulation) -> np.ndarray:
    """Accounts of the largest platform: several for each person who ever bought (E041)."""
    buyers = s.recording.buyers_year * float(s.config.scale)
    years = s.calendar.years[: s.n_days]
    last = np.array([buyers[years == year][-1] for year in np.unique(years)])
    if not _on(s):
        return last
    return np.maximum.accumulate(last) * s._p["observation.accounts_per_buyer"]


def traced_receipts(s: Simulation) -> np.ndarray:
    """Receipts as tracing firms print them, with their error."""
    kopecks = s.recording.count[:, INDEX["revenue"]] * float(s.config.scale)
    usd = kopecks / 100.0 / s.calendar.usd_rate[: s.n_days] / (1.0 - s._p["money.non_drug_share"])
    years = s.calendar.years[: s.n_days]
    total = np.array([usd[years == year].sum() for year in np.unique(years)])
    return total * _error(s, 2, len(total), s._p["observation.trace_error"]) if _on(s) else total
