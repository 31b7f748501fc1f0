"""Simulated outbreaks with known truth: months of true spread in a country, from the model at small scale.

A curve is what a run of a country pack, with or without a policy, shows of the trade's arrival: the share of purchases
made by drops, and orders a day per 100,000 people aged 14-64, month by month and for the nation only. The library is
made once (by ``kladsim.spread.outbreaks``) and shipped, with the scenario and seed of every curve, so that a detector
meets hundreds of outbreaks without a run. What a country sees of a curve is added by ``observing``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kladsim.monitor.tables import DATA

Array = NDArray[np.float64]
LIBRARY = DATA / "outbreaks.npz"


@dataclass(frozen=True, eq=False)
class Curve:
    """One simulated arrival: drops' share of purchases and orders per 100,000 and day, by month."""

    country: str
    policy: str
    replicate: int
    share: Array
    orders: Array


@cache
def curves(path: Path = LIBRARY) -> tuple[Curve, ...]:
    """Return the shipped library."""
    with np.load(path, allow_pickle=False) as file:
        labels = json.loads(str(file["labels"]))
        share, orders = file["share"].astype(float), file["orders"].astype(float)
    return tuple(
        Curve(label["country"], label["policy"], label["replicate"], share[i], orders[i])
        for i, label in enumerate(labels)
    )
