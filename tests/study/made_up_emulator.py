"""A made-up truth for the emulator: every lever lowers every outcome by a known share, with luck beside it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from kladsim.inference.emulator import Emulator
from kladsim.inference.emulator.axes import LEVERS
from kladsim.inference.emulator.design import Size, histories
from kladsim.inference.emulator.fitting import fit
from kladsim.inference.emulator.measures import MEASURES
from kladsim.runs.parameters import draws_for

START = date(2025, 1, 1)
FAMILIES = [("linear", 0.1), ("quadratic", 0.1), ("log quadratic", 0.1)]
SIZE = Size(histories=40, repeated=5, held_out=5, held_out_repeated=3, plans=8, k=100)


def truth(name: str, changes: dict[str, float], luck: float) -> float:
    """A made-up effect, as a share of the base: every lever lowers every outcome, one of them raises couriers."""
    total = 0.0
    for at, axis in enumerate(LEVERS):
        total -= (0.02 + 0.004 * at) * changes.get(axis.name, 0.0) / axis.scale
    size = abs(total)
    if name == "couriers":
        total += 0.3 * changes.get("police.courier", 0.0) / 2.0
    return total + luck * 0.04 * float(np.sqrt(size))


def rows(size: Size = SIZE) -> list[dict[str, Any]]:
    """Finished histories of the made-up truth."""
    made = []
    for history in histories(size, draws=draws_for("prior", "russia")):
        noise = np.random.default_rng(history.number)
        base = {m.name: [1000.0 * np.exp(0.2 * history.units[0])] * history.years for m in MEASURES}
        plans = [
            {
                m.name: [
                    b * truth(m.name, plan, luck) * (1.0 + 0.05 * year)
                    for year, b in enumerate(base[m.name])
                ]
                for m, luck in zip(MEASURES, noise.standard_normal(len(MEASURES)), strict=True)
            }
            for plan in history.plans
        ]  # fmt: skip
        made.append({"history": history.to_plain(), "base": base, "plans": plans, "seconds": 1.0})
    return made


def made_up() -> Emulator:
    """An emulator of the made-up truth."""
    return fit(rows(), k=100, families=FAMILIES)
