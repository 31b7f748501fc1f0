"""Plans in money and health: public cost by payer, QALYs, DALYs, and cost per QALY with its acceptability curve.

Outcomes are counted by the model; here they are valued, discounted and paired. Three rules hold. Cost is never a goal
by itself: a plan is acceptable only where no health is lost, and money saved by more harm is called so. An arrest, a
conviction or a prison-year is never a benefit: police are paid by effort, and every case and every year in prison
costs. What happens to couriers stands beside the health of people who use drugs, never inside a sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kladsim.core.errors import InputError
from kladsim.evidence.costs import PAYERS, load_costs
from kladsim.study.gate import BADGE, USE
from kladsim.study.valuing import CONSEQUENCES, Array, Frame, health, priced, prices

if TYPE_CHECKING:
    from kladsim.evidence.register import Register
    from kladsim.policy.scenario import Scenario
    from kladsim.study.compare import Comparison
    from kladsim.study.result import Result

COURIERS = (
    "victims_of_punishment",
    "victims_punished_falsely",
    "arrests_minor",
    "convictions_minor",
    "arrests_courier",
)
PRICED = "russia"
"""The country that the unit costs are for."""
LESS_HARM = "less harm"
UNCLEAR = 0.05
THRESHOLDS = tuple(float(x) for x in np.linspace(0.0, 5e6, 51))
MEASURES = {
    "cost": ("public cost", "RUB bn"),
    **{f"cost.{payer}": (f"public cost, {payer}", "RUB bn") for payer in PAYERS},
    "qaly_lost": ("QALYs lost", "QALYs"),
    "daly_lost": ("DALYs lost", "DALYs"),
    "yll": ("years of life lost (in DALYs)", "years"),
    "yld": ("years lived with disability (in DALYs)", "years"),
    "qaly_lost_in_prison": ("QALYs lost in prison (not in the sum)", "QALYs"),
    "prison_years": ("prison-years", "person-years"),
}
WORDS = (
    "Differences are plan minus base, paired by replicate, discounted to the first year in which anything differs. The "
    "interval holds 90 % of replicates and of draws of unit costs and weights (triangular over their ranges): Monte "
    "Carlo luck and prices, not the parameters or the structure of the model. Public cost is what the state pays; "
    "work, families and crime beyond drugs are not counted. A lever costs in full from its first day. Arrests are "
    "never a benefit. A death takes all its years, deaths at the front too; other health is counted within the run."
)


@dataclass(frozen=True)
class Valued:
    """One measure of one plan against the base: median, 90 % interval and the share in which it is lower."""

    plan: str
    measure: str
    unit: str
    median: float
    low: float
    high: float
    p_lower: float


@dataclass(frozen=True)
class PlanEconomics:
    """Cost and health of one plan against the base; arrays are (replicate x draw)."""

    plan: str
    measures: Mapping[str, Array]
    couriers: Mapping[str, Array]
    unpriced: tuple[str, ...]

    @property
    def gain(self) -> Array:
        """QALYs gained."""
        return -self.measures["qaly_lost"]

    @property
    def cost(self) -> Array:
        """Public cost added, roubles."""
        return self.measures["cost"]

    def cost_per_qaly(self) -> float | None:
        """Mean cost over mean gain, roubles; None unless health is clearly gained and money is spent."""
        gain, cost = float(self.gain.mean()), float(self.cost.mean())
        return cost / gain if self.health() == LESS_HARM and cost > 0 else None

    def acceptable(self, threshold: float) -> float:
        """Share of replicates and draws in which no health is lost and gain at this price exceeds cost."""
        return float(((self.gain >= 0) & (threshold * self.gain > self.cost)).mean())

    def health(self) -> str:
        """Whether health is gained, in words: clear from 95 % of replicates and draws on."""
        return _clear(self.measures["qaly_lost"], LESS_HARM, "more harm", "harm unclear", "no less harm and no more")

    def money(self) -> str:
        """Whether the state pays less, in words."""
        return _clear(self.cost, "cheaper", "dearer", "cost unclear", "as dear")

    def worse_for_couriers(self) -> list[str]:
        """What clearly gets worse for couriers and minors."""
        return [name for name, values in self.couriers.items() if _lower(values) < UNCLEAR]

    def verdict(self) -> str:
        """What is clear, in words; a saving is none where harm grows or may grow."""
        saving = self.money() == "cheaper" and self.health() in ("more harm", "harm unclear")
        return f"{self.health()}, {self.money()}" + (": no saving to seek by itself" if saving else "")


@dataclass(frozen=True)
class Economics:
    """Cost and health of all plans of a comparison."""

    base: str
    discount: float
    since: int
    replicates: int
    draws: int
    plans: Mapping[str, PlanEconomics]

    def rows(self) -> list[Valued]:
        """Return every measure of every plan, costs in billions, and what happens to couriers beside them."""
        found: list[Valued] = []
        for plan in self.plans.values():
            for name, (words, unit) in MEASURES.items():
                scale = 1e9 if name.startswith("cost") else 1.0
                found.append(_valued(plan.plan, words, unit, plan.measures[name] / scale))
            found += [_valued(plan.plan, _spoken(name), "persons", values) for name, values in plan.couriers.items()]
        return found

    def curve(self) -> list[dict[str, Any]]:
        """Return the acceptability curve: a row a plan and threshold (roubles a QALY)."""
        return [
            {"plan": plan.plan, "threshold": threshold, "probability": plan.acceptable(threshold)}
            for plan in self.plans.values()
            for threshold in THRESHOLDS
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, as ``--json`` prints it under ``economics``."""
        return {
            "discount": self.discount,
            "since": self.since,
            "replicates": self.replicates,
            "draws": self.draws,
            "currency": "RUB, prices of 2021",
            "effects": [vars(row) for row in self.rows()],
            "plans": {
                name: {
                    "verdict": plan.verdict(),
                    "cost_per_qaly": plan.cost_per_qaly(),
                    "worse_for_couriers": plan.worse_for_couriers(),
                    "not_priced": list(plan.unpriced),
                }
                for name, plan in self.plans.items()
            },
            "acceptability": self.curve(),
            "words": WORDS,
            "badge": BADGE,
            "use": USE,
        }


def economics(
    comparison: Comparison,
    discount: float = 0.03,
    *,
    scenarios: Mapping[str, Scenario] | None = None,
    draws: int = 200,
    costs: Register | None = None,
) -> Economics:
    """Return public cost, QALYs and DALYs of each plan against the base.

    Parameters
    ----------
    comparison : base and plans that ran with the same luck
    discount : yearly rate for cost and health alike, 0 to 0.2
    scenarios : scenarios by name, for what their levers cost (default: those that the comparison knows)
    draws : draws of unit costs and weights; 1 takes the values of the register
    costs : another register of unit costs and weights

    Raises
    ------
    InputError : a discount or a number of draws that makes no sense
    """
    if not 0.0 <= discount <= 0.2:
        raise InputError("is out of range", where="discount", value=discount, allowed="0 to 0.2")
    if not 1 <= draws <= 10_000:
        raise InputError("is out of range", where="draws", value=draws, allowed="1 to 10000")
    known = scenarios if scenarios is not None else getattr(comparison, "scenarios", {})
    frame = Frame(comparison.base, comparison.since, discount, prices(costs or load_costs(), draws))
    plans = {name: _plan(name, comparison.plans[name], frame, known) for name in comparison.plans}
    since = frame.years[frame.first]
    return Economics(comparison.base.name, discount, since, comparison.base.replicates, draws, plans)


def burden(result: Result, discount: float = 0.0, *, costs: Register | None = None) -> dict[str, Array]:
    """Return what one run loses and costs by itself, a number a replicate, at the values of the register.

    DALYs and QALYs lost to drugs (``daly_lost``, ``yll``, ``yld``, ``qaly_lost``, ``qaly_lost_in_prison``) and what
    follows for the public purse (``cost.PAYER``, roubles); what levers cost is not in it.
    """
    frame = Frame(result, None, discount, prices(costs or load_costs(), 1), paired=False)
    found = health(result, frame)
    for item, outcome in CONSEQUENCES:
        name = f"cost.{item.split('.')[0]}"
        added = frame.price(f"cost.{item}") * frame.difference(result, outcome)
        found[name] = found.get(name, np.zeros_like(added)) + added
    return {name: values[:, 0] for name, values in found.items()}


def _plan(name: str, result: Result, frame: Frame, scenarios: Mapping[str, Scenario]) -> PlanEconomics:
    by_payer = {payer: np.zeros((result.replicates, frame.prices["weight.dw.use"].size)) for payer in PAYERS}
    for item, outcome in CONSEQUENCES:
        by_payer[item.split(".")[0]] += frame.price(f"cost.{item}") * frame.difference(result, outcome)
    unpriced = _add_levers(by_payer, name, result, frame, scenarios)
    lost = health(result, frame)
    total = np.sum(list(by_payer.values()), axis=0)
    measures = {
        "cost": total,
        **{f"cost.{payer}": values for payer, values in by_payer.items()},
        **lost,
        "prison_years": np.broadcast_to(frame.difference(result, "prison_years", discounted=False), total.shape),
    }
    couriers = {
        outcome: np.broadcast_to(frame.difference(result, outcome, discounted=False), total.shape)
        for outcome in COURIERS
    }
    return PlanEconomics(name, measures, couriers, unpriced)


def _add_levers(
    by_payer: dict[str, Array], name: str, result: Result, frame: Frame, scenarios: Mapping[str, Scenario]
) -> tuple[str, ...]:
    """Add what the plan's levers cost and take off what the base's cost; return what has no price."""
    from kladsim.policy.costs import spending_of

    unpriced = [] if name in scenarios else ["the levers: the scenario is not known"]
    if frame.country != PRICED:
        unpriced.append(f"{frame.country}: the unit costs of {PRICED} stand in")
    for scenario, run, sign in ((name, result, 1.0), (frame.base.name, frame.base, -1.0)):
        if scenario not in scenarios:
            continue
        levers = scenarios[scenario].levers
        entries = spending_of(levers, frame.years, frame.until)
        for entry in entries:
            by_payer[entry.payer] += sign * priced(entry, entries, run, frame)
        if sign > 0:
            unpriced += [lever.name for lever in levers if lever.strength > 0 and not lever.spending()]
    return tuple(unpriced)


def _valued(plan: str, measure: str, unit: str, values: Array) -> Valued:
    flat = values.reshape(-1)
    low, high = (float(x) for x in np.quantile(flat, [0.05, 0.95])) if values.shape[0] > 1 else (math.nan, math.nan)
    return Valued(plan, measure, unit, float(np.median(flat)), low, high, _lower(values))


def _lower(values: Array) -> float:
    """Return the share in which the plan has less (ties half)."""
    return float((values < 0).mean() + 0.5 * (values == 0).mean())


def _clear(values: Array, lower: str, higher: str, unclear: str, same: str) -> str:
    if not values.any():
        return same
    share = _lower(values)
    return lower if share >= 1.0 - UNCLEAR else (higher if share <= UNCLEAR else unclear)


def _spoken(outcome: str) -> str:
    return {
        "victims_of_punishment": "couriers: victims of punishment",
        "victims_punished_falsely": "couriers: victims punished falsely",
        "arrests_minor": "minors arrested",
        "convictions_minor": "minors convicted of trafficking",
        "arrests_courier": "couriers: arrested",
    }[outcome]
