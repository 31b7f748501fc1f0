"""Arrests by means of sale (M17), as a police register would count them: online, or hand to hand.

Couriers and people arrested at a pick-up are online by nature. Other arrests of people who use are shared out by their
exposure, taken at every census, so that the register needs no state of its own. Nothing here moves the model.
"""

from __future__ import annotations

import numpy as np

from kladsim.core.random_arrays import Floats
from kladsim.model import codes as k
from kladsim.model.record import RunRecord


def online_arrests(run: RunRecord) -> Floats:
    """Arrests a year of people who sold or bought online: couriers, at a pick-up, and a share of the others."""
    pick_up = run.daily("orders") - run.daily("not_found") - run.daily("picked_up")
    others = np.maximum(0.0, run.daily("arrests_buyer") - pick_up) * run.recording.online[: run.day]
    return run.by_year(run.daily("arrests_courier") + pick_up + others)


def all_arrests(run: RunRecord) -> Floats:
    """Arrests a year of everybody."""
    return run.by_year(run.daily("arrests_courier") + run.daily("arrests_buyer") + run.daily("arrests_dealer"))


def online_share_of_arrests(run: RunRecord) -> Floats:
    """Return the share of arrests that are online (T25)."""
    total = all_arrests(run)
    return np.divide(online_arrests(run), total, out=np.full(len(total), np.nan), where=total > 0)


def persons_apprehended(run: RunRecord) -> Floats:
    """Persons apprehended as the register counts them."""
    share = run.parameters["observation.register_share"] if run.measures() else 1.0
    return all_arrests(run) * share


def apprehended_with(run: RunRecord, *products: str) -> Floats:
    """Persons apprehended with one of these products: shares of people arrested while they use."""
    columns = [k.PRODUCTS.index(name) for name in products]
    seized = run.recording.year_street.sum(axis=1)
    total = seized.sum(axis=1)
    share = np.divide(seized[:, columns].sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0)
    return persons_apprehended(run) * share


def purchases(run: RunRecord) -> Floats:
    """Purchases of all kinds that people carried out, the truth beside the arrests (P26)."""
    return run.by_year(run.daily("orders") + run.daily("street_purchases"))


REDUCERS = (online_share_of_arrests, persons_apprehended, apprehended_with, purchases)
