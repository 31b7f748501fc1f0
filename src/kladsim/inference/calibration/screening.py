"""Which parameters move the targets most: one at a time from the register's point to both flanks of its prior.

An effect is the change of a target in units of its tolerance (half the width of the published band), with the luck kept
(common random numbers); what replicates differ by is printed beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kladsim.evidence import targets as published_targets
from kladsim.evidence.register import load_register
from kladsim.inference.calibration.running import CalibrationTask, compute
from kladsim.inference.calibration.store import CalibrationRows
from kladsim.runs.priors import ParameterPrior
from kladsim.runs.rows import HERE, Runner

FLANKS = (0.15, 0.85)
CANDIDATES = (
    "use.initiation", "use.light_to_heavy", "use.remission", "demand.light", "demand.heavy", "demand.dependent",
    "demand.elasticity", "demand.fall_back", "mix.push", "mix.promotion", "mix.price", "adoption.rate",
    "adoption.service", "adoption.safety", "adoption.old", "adoption.opioid", "adoption.back", "adoption.own_channel",
    "adoption.own_back", "platform.size", "platform.trust", "platform.growth", "platform.fringe", "platform.exit",
    "platform.entry_after", "migration.find", "migration.shock", "migration.shops", "courier.pay_per_drop",
    "courier.drops_a_day", "courier.quit", "recruitment.rate", "recruitment.users", "production.output",
    "policing.courier", "policing.buyer", "policing.dealer_share", "policing.laboratory", "justice.served",
    "justice.years_trafficking", "shock.street", "shock.drops", "shop.orders_a_day", "shop.own_channel", "spread.rate",
    "start.users", "start.platform", "observation.grams_street", "observation.grams_street_synthetic",
    "observation.kilos_laboratory", "health.poisoning_dependent", "health.potency_trend", "drops.stock_days",
)  # fmt: skip
"""What could move a target by what the model's description says of it; the screen decides."""


@dataclass(frozen=True)
class ScreeningEffect:
    """What a parameter does to one target part, from the lower to the upper flank of its prior, in tolerances."""

    parameter: str
    target: str
    change: float


def half_widths() -> dict[str, float]:
    """Return half the width of every published band that has two ends, by target part ("T01.0")."""
    found = {}
    for target in published_targets():
        for part, band in enumerate(target.bands):
            if band.low is not None and band.high is not None:
                found[f"{target.id}.{part}"] = (band.high - band.low) / 2.0
    return found


def screen(
    rows: CalibrationRows,
    names: Sequence[str] = CANDIDATES,
    *,
    scale: int = 100,
    replicates: Sequence[int] = (0,),
    runner: Runner = HERE,
) -> list[ScreeningEffect]:
    """Return the effects of every candidate on every target part; runs that are there already are not run again."""
    register = load_register()
    plan: list[tuple[str, int, CalibrationTask]] = []
    for name in names:
        flanks = ParameterPrior.of(register.find(name)).quantile(np.array(FLANKS))
        for side, value in enumerate(flanks):
            plan += [(name, side, CalibrationTask(((name, float(value)),), r, scale)) for r in replicates]
    done = compute("screen", [item for _, _, item in plan], rows, runner)
    sums: dict[tuple[str, int], list[Mapping[str, float]]] = {}
    for (name, side, _), row in zip(plan, done, strict=True):
        sums.setdefault((name, side), []).append(row["values"])
    widths = half_widths()
    found = []
    for name in names:
        for target, width in widths.items():
            ends = [float(np.mean([v.get(target, np.nan) for v in sums[(name, side)]])) for side in (0, 1)]
            found.append(ScreeningEffect(name, target, (ends[1] - ends[0]) / width))
    return found


def influence(effects: Sequence[ScreeningEffect], cap: float = 3.0) -> dict[str, float]:
    """Return each parameter's influence: the root of the sum of squared effects, each cut at ``cap`` tolerances."""
    total: dict[str, float] = {}
    for effect in effects:
        size = min(abs(effect.change), cap) if np.isfinite(effect.change) else 0.0
        total[effect.parameter] = total.get(effect.parameter, 0.0) + size**2
    return {name: float(np.sqrt(value)) for name, value in sorted(total.items(), key=lambda item: -item[1])}
