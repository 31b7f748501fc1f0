"""Arrests by means of sale (M17), as a police register would count them: online, or hand to hand.

Couriers and people arrested at a pick-up are online by nature. Other arrests of people who use are shared out by their
exposure, taken at every census, so that the register needs no state of its own. Nothing here moves the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kladsim.core.population import ordered_rows
from kladsim.model import codes as k
from kladsim.model.counters import INDEX

if TYPE_CHECKING:
    from kladsim.model.simulation import Simulation

EXPOSED = (k.C_LIGHT, k.C_HEAVY, k.C_DEPENDENT)


def share_online(persons: Any, chunks: Any, p: Mapping[str, float]) -> float:
    """Return the share of exposure to arrest of people who use that lies with those who buy online."""
    rows = ordered_rows(persons.pid, chunks)
    rows = rows[np.isin(persons.klass[rows], EXPOSED)]
    weight = np.zeros(k.STABLE + 1)
    weight[[k.LIGHT, k.HEAVY, k.DEPENDENT]] = 1.0, p["policing.heavy"], p["policing.dependent"]
    exposure = weight[persons.use[rows]]
    street = persons.channel[rows] == k.STREET
    online, offline = exposure[~street].sum(), exposure[street].sum() * p["policing.street_exposure"]
    return float(online / (online + offline)) if online + offline > 0 else 0.0


def _daily(s: Simulation, name: str) -> np.ndarray:
    return s.recording.count[: s.day, INDEX[name]] * float(s.config.scale)


def _by_year(s: Simulation, values: np.ndarray) -> np.ndarray:
    years = s.calendar.years[: s.day]
    return np.array([values[years == year].sum() for year in np.unique(years)])


def online(s: Simulation) -> np.ndarray:
    """Arrests a year of people who sold or bought online: couriers, at a pick-up, and a share of the others."""
    pick_up = _daily(s, "orders") - _daily(s, "not_found") - _daily(s, "picked_up")
    others = np.maximum(0.0, _daily(s, "arrests_buyer") - pick_up) * s.recording.online[: s.day]
    return _by_year(s, _daily(s, "arrests_courier") + pick_up + others)


def everybody(s: Simulation) -> np.ndarray:
    """Arrests a year of everybody."""
    return _by_year(s, _daily(s, "arrests_courier") + _daily(s, "arrests_buyer") + _daily(s, "arrests_dealer"))


def online_share(s: Simulation) -> np.ndarray:
    """Return the share of arrests that are online (T25)."""
    total = everybody(s)
    return np.divide(online(s), total, out=np.full(len(total), np.nan), where=total > 0)


def apprehended(s: Simulation) -> np.ndarray:
    """Persons apprehended as the register counts them."""
    share = s._p["observation.register_share"] if s.config.switches.get("M17", True) else 1.0
    return everybody(s) * share


def apprehended_with(products: tuple[str, ...]) -> Callable[[Simulation], np.ndarray]:
    """Return a maker of persons apprehended with one of these products: shares of people arrested while they use."""
    columns = [k.PRODUCTS.index(name) for name in products]

    def make(s: Simulation) -> np.ndarray:
        found = s.recording.year_street.sum(axis=1)
        total = found.sum(axis=1)
        share = np.divide(found[:, columns].sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0)
        return apprehended(s) * share

    return make


def purchases(s: Simulation) -> np.ndarray:
    """Purchases of all kinds that people carried out, the truth beside the arrests (P26)."""
    return _by_year(s, _daily(s, "orders") + _daily(s, "street_purchases"))
