"""Plans in money and health: public cost by payer, QALYs, DALYs, and cost per QALY with its acceptability curve.

Outcomes are counted by the model; here they are valued, discounted and paired. Three rules hold. Cost is never a goal
by itself: a plan is acceptable only where no health is lost, and money saved by more harm is called so. An arrest, a
conviction or a prison-year is never a benefit: police are paid by effort, and every case and every year in prison
costs. What happens to couriers stands beside the health of people who use drugs, never inside a sum. Deaths of
prisoners at the front stand apart too: sums come first without them, and verdicts rest on those sums.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from kladsim.core.errors import InputError
from kladsim.core.formatting import format_number
from kladsim.core.validated import python_value
from kladsim.evidence.costs import PAYERS, load_costs, payer_of, unit_cost
from kladsim.evidence.register import Register
from kladsim.policy.conflicts import parts_of
from kladsim.policy.costs import spending_of
from kladsim.policy.lever import Lever
from kladsim.policy.scenario import Scenario
from kladsim.runs.development import withholds_verdicts
from kladsim.runs.disclosure import BADGE, USE
from kladsim.runs.interval_words import interval_sentence
from kladsim.runs.judging import NO_VERDICT, ends, verdict
from kladsim.runs.result import Result
from kladsim.runs.scenario_files import ComparedRuns, scenarios_of
from kladsim.study.valuation_frame import Array, ValuationFrame
from kladsim.study.valuing import CONSEQUENCES, check_base, health, priced, prices

COURIERS = {
    "victims_of_punishment": "couriers: victims of punishment",
    "victims_punished_falsely": "couriers: victims punished falsely",
    "arrests_minor": "minors arrested",
    "convictions_minor": "minors convicted of trafficking",
    "arrests_courier": "couriers: arrested",
}
"""What happens to couriers and minors, beside the health of people who use drugs."""
PRICED = "russia"
"""The country that the unit costs are for."""
STAND_IN = f"the unit costs of {PRICED} stand in for the country's own"
LEVERS_UNKNOWN = "the levers: the scenario is not known, and so the cost is not known either"
LESS_HARM, MORE_HARM, HARM_UNCLEAR = "less harm", "more harm", "harm unclear"
FALSE_SAVING = "no saving to seek by itself"
FRONT_SAME = "deaths at the front (apart): no change"
FRONT = "deaths at the front (apart, not in the verdict): {deaths}, {lost} QALYs lost"
HEADING = "{money}; discounted at {rate} to {year}"
THRESHOLDS = tuple(float(x) for x in np.linspace(0.0, 5e6, 51))
CURRENCY = "RUB, prices of 2021"
"""The money of the register of unit costs; it stands in the head of every table of costs."""
MEASURES = {
    "cost": ("public cost", "RUB bn"),
    **{f"cost.{payer}": (f"public cost, {payer}", "RUB bn") for payer in PAYERS},
    "qaly_lost": ("QALYs lost, without the front", "QALYs"),
    "qaly_lost_at_front": ("QALYs lost at the front (apart)", "QALYs"),
    "qaly_lost_with_front": ("QALYs lost, with the front", "QALYs"),
    "daly_lost": ("DALYs lost, without the front", "DALYs"),
    "daly_lost_at_front": ("DALYs lost at the front (apart)", "DALYs"),
    "daly_lost_with_front": ("DALYs lost, with the front", "DALYs"),
    "yll": ("years of life lost (in DALYs, without the front)", "years"),
    "yld": ("years lived with disability (in DALYs)", "years"),
    "qaly_lost_in_prison": ("QALYs lost in prison (not in the sum)", "QALYs"),
    "deaths_at_front": ("deaths of prisoners at the front (apart)", "persons"),
    "prison_years": ("prison-years", "person-years"),
}
METHOD = (
    "Differences are plan minus base, paired by replicate, discounted to the first year in which anything differs. "
    "Public cost is what the state pays; work, families and crime beyond drugs are not counted. A lever costs in full "
    "from its first day. Arrests are never a benefit. A death takes all its years; other health is counted within the "
    "run. Deaths of prisoners at the front rest on assumptions about recruitment and danger there: they stand apart, "
    "and neither the first sums nor the verdicts hold them."
)


class PairedRuns(ComparedRuns, Protocol):
    """A base run and the runs of plans, paired by replicate."""

    @property
    def since(self) -> int | None:
        """The first year in which any outcome of any plan differs."""

    @property
    def interval(self) -> str:
        """What intervals over the replicates hold."""

    @property
    def market_changes(self) -> tuple[str, ...]:
        """The market parameters and mechanisms in which a plan differs from the base."""


@dataclass(frozen=True)
class Valued:
    """One measure of one plan against the base: median, 90 % interval and the share in which it is lower.

    ``name`` is for programs, ``measure`` for people; NaN stands for what is not known.
    """

    plan: str
    name: str
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
        """QALYs gained, deaths at the front left out."""
        return -self.measures["qaly_lost"]

    @property
    def cost(self) -> Array:
        """Public cost added, roubles (NaN where it is not known what the levers are)."""
        return self.measures["cost"]

    def cost_per_qaly(self) -> float | None:
        """Mean cost over mean gain, roubles; None unless health is clearly gained and money is spent."""
        gain, cost = float(self.gain.mean()), float(self.cost.mean())
        return cost / gain if self.health() == LESS_HARM and cost > 0 else None

    def acceptable(self, threshold: float) -> float:
        """Share of replicates and draws in which no health is lost and gain at this price exceeds cost.

        NaN where cost or health is not known, and of a model in development.
        """
        if withholds_verdicts() or np.isnan(self.gain).any() or np.isnan(self.cost).any():
            return math.nan
        return float(((self.gain >= 0) & (threshold * self.gain > self.cost)).mean())

    def health(self) -> str:
        """Whether health is gained, in words: clear as ``kladsim.runs.judging`` decides, over replicates and draws."""
        same = "no less harm and no more"
        return _clear(self.measures["qaly_lost"], LESS_HARM, MORE_HARM, HARM_UNCLEAR, same, "harm not known")

    def money(self) -> str:
        """Whether the state pays less, in words."""
        return _clear(self.cost, "cheaper", "dearer", "cost unclear", "as dear", "cost not known")

    def front(self) -> tuple[Valued, Valued]:
        """Deaths at the front and the QALYs lost by them: they stand beside the verdict and are not in it."""
        deaths, lost = (
            _valued(self.plan, name, self.measures[name]) for name in ("deaths_at_front", "qaly_lost_at_front")
        )
        return deaths, lost

    def describe_front(self) -> str:
        """Return what happens at the front, in words."""
        deaths, lost = self.front()
        if not self.measures["deaths_at_front"].any():
            return FRONT_SAME
        within = "" if math.isnan(deaths.low) else f" ({format_number(deaths.low)} to {format_number(deaths.high)})"
        return FRONT.format(deaths=f"{format_number(deaths.median)}{within}", lost=format_number(lost.median))

    def worse_for_couriers(self) -> list[str]:
        """What clearly gets worse for couriers and minors."""
        return [name for name, values in self.couriers.items() if verdict(_lower(values), len(values)) == "worse"]

    def is_false_saving(self) -> bool:
        """Whether money is saved where harm grows or may grow."""
        return self.money() == "cheaper" and self.health() in (MORE_HARM, HARM_UNCLEAR)

    def verdict(self) -> str:
        """What is clear, in words; a saving is none where harm grows or may grow."""
        text = ", ".join(dict.fromkeys((self.health(), self.money())))  # "too few runs" once
        return text + (f": {FALSE_SAVING}" if self.is_false_saving() else "")


@dataclass(frozen=True)
class Economics:
    """Cost and health of all plans of a comparison."""

    base: str
    discount: float
    since: int
    replicates: int
    draws: int
    plans: Mapping[str, PlanEconomics]
    interval: str = ""

    @property
    def words(self) -> str:
        """How cost and health are counted and what their intervals hold."""
        return f"{METHOD} {interval_sentence(self.interval, prices=self.draws > 1)}"

    @property
    def heading(self) -> str:
        """What stands above a table of cost and health: money, year of prices, discounting."""
        return HEADING.format(money=CURRENCY, rate=f"{100 * self.discount:g} %", year=self.since)

    def rows(self) -> list[Valued]:
        """Return every measure of every plan, costs in billions, and what happens to couriers beside them."""
        return [
            _valued(plan.plan, name, values / (1e9 if name.startswith("cost") else 1.0))
            for plan in self.plans.values()
            for name, values in (*((name, plan.measures[name]) for name in MEASURES), *plan.couriers.items())
        ]

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
            "currency": CURRENCY,
            "interval": interval_sentence(self.interval, prices=self.draws > 1),
            "effects": [vars(row) for row in self.rows()],
            "plans": {
                name: {
                    "verdict": plan.verdict(),
                    "at_front": plan.describe_front(),
                    "cost_per_qaly": plan.cost_per_qaly(),
                    "worse_for_couriers": plan.worse_for_couriers(),
                    "not_priced": list(plan.unpriced),
                }
                for name, plan in self.plans.items()
            },
            "acceptability": self.curve(),
            "words": self.words,
            "badge": BADGE,
            "use": USE,
        }


def economics(
    comparison: PairedRuns,
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
    scenarios : scenarios by name, for what their levers cost (default: those of the comparison, or beside its runs)
    draws : draws of unit costs and weights; 1 takes the values of the register
    costs : another register of unit costs and weights

    Raises
    ------
    InputError : a discount or a number of draws that makes no sense, or a run or plan that cannot be valued because an
        outcome was not counted or an expense has no unit cost
    """
    discount, draws = python_value(discount), python_value(draws)
    if not 0.0 <= discount <= 0.2:
        raise InputError("is out of range", where="discount", value=discount, allowed="0 to 0.2")
    if not 1 <= draws <= 10_000:
        raise InputError("is out of range", where="draws", value=draws, allowed="1 to 10000")
    if changes := comparison.market_changes:
        raise InputError(
            "are not valued", where="plans", value=", ".join(changes),
            allowed="plans that differ from the base in nothing that the market controls",
        )  # fmt: skip
    known = scenarios if scenarios is not None else scenarios_of(comparison)
    frame = ValuationFrame(comparison.base, comparison.since, discount, prices(costs or load_costs(), draws))
    plans = {name: _plan(name, comparison.plans[name], frame, known) for name in comparison.plans}
    since, interval = frame.years[frame.first], comparison.interval
    return Economics(comparison.base.name, discount, since, comparison.base.replicates, draws, plans, interval)


def check_expenses(scenarios: Iterable[Scenario], outcomes: Collection[str]) -> None:
    """Raise InputError, before anything runs, if a lever spends on what has no unit cost or is not counted.

    Parameters
    ----------
    scenarios : base and plans
    outcomes : names of the outcomes that their runs will have
    """
    for scenario in scenarios:
        for path, lever in parts_of(scenario.levers):
            for _, _, expenses in lever.spending():
                for expense in expenses:
                    where = f"{scenario.name}, {path}"
                    unit_cost(expense.item, where)
                    payer_of(expense.item)
                    check_base(expense.per, outcomes, where)


def burden(result: Result, discount: float = 0.0, *, costs: Register | None = None) -> dict[str, Array]:
    """Return what one run loses and costs by itself, a number a replicate, at the values of the register.

    DALYs and QALYs lost to drugs (``daly_lost``, ``yll``, ``yld``, ``qaly_lost``; ``qaly_lost_in_prison`` and what is
    lost at the front, ``..._at_front``, stand apart) and what follows for the public purse (``cost.PAYER``, roubles);
    what levers cost is not in it.
    """
    frame = ValuationFrame(result, None, discount, prices(costs or load_costs(), 1), paired=False)
    found = {**health(result, frame), **_consequences(result, frame)}
    return {name: values[:, 0] for name, values in found.items()}


def _consequences(result: Result, frame: ValuationFrame) -> dict[str, Array]:
    """Return what outcomes cost by payer, whoever caused them (replicate x draw)."""
    costs: dict[str, Array] = {}
    for item, outcome in CONSEQUENCES:
        name = f"cost.{payer_of(item)}"
        added = frame.price(f"cost.{item}") * frame.difference(result, outcome)
        costs[name] = costs[name] + added if name in costs else added
    return costs


def _plan(name: str, result: Result, frame: ValuationFrame, scenarios: Mapping[str, Scenario]) -> PlanEconomics:
    shape = result.replicates, frame.prices["weight.dw.use"].size
    by_payer = {f"cost.{payer}": np.zeros(shape) for payer in PAYERS} | _consequences(result, frame)
    unpriced: list[str] = []
    if frame.country != PRICED:
        unpriced.append(STAND_IN)
    for scenario, run, sign in ((name, result, 1.0), (frame.base.name, frame.base, -1.0)):
        if scenario in scenarios:
            unpriced += _add_levers(by_payer, scenarios[scenario].levers, run, frame, sign)
        elif _has_levers(run):
            unpriced.insert(0, LEVERS_UNKNOWN)
            by_payer = {payer: np.full(shape, np.nan) for payer in by_payer}
    total = np.sum(list(by_payer.values()), axis=0)
    aside = {
        outcome: np.broadcast_to(frame.difference(result, outcome, discounted=False), shape)
        for outcome in ("prison_years", "deaths_at_front", *COURIERS)
    }
    measures = {"cost": total, **by_payer, **health(result, frame)}
    measures |= {outcome: aside.pop(outcome) for outcome in ("prison_years", "deaths_at_front")}
    return PlanEconomics(name, measures, aside, tuple(unpriced))


def _has_levers(run: Result) -> bool:
    """Whether a run had levers that may have cost money (a run that does not say may have had some)."""
    return bool(run.scenario["config"].get("modifiers", True))


def _add_levers(
    by_payer: dict[str, Array], levers: Sequence[Lever], run: Result, frame: ValuationFrame, sign: float
) -> list[str]:
    """Add what levers cost (those of the base: take it off); return those of the plan that have no price."""
    entries = spending_of(levers, frame.years, frame.until)
    for entry in entries:
        payer = f"cost.{entry.payer}"
        by_payer[payer] = by_payer[payer] + sign * priced(entry, entries, run, frame)
    return [lever.name for lever in levers if sign > 0 and lever.strength > 0 and not lever.spending()]


def _valued(plan: str, name: str, values: Array) -> Valued:
    measure, unit = MEASURES[name] if name in MEASURES else (COURIERS[name], "persons")
    flat = values.reshape(-1)
    low, high = (float(x) for x in ends(flat, len(values))) if len(values) > 1 else (math.nan, math.nan)
    return Valued(plan, name, measure, unit, float(np.median(flat)), low, high, _lower(values))


def _lower(values: Array) -> float:
    """Return the share in which the plan has less (ties half), NaN where a value is not known."""
    if np.isnan(values).any():
        return math.nan
    return float((values < 0).mean() + 0.5 * (values == 0).mean())


def _clear(values: Array, lower: str, higher: str, unclear: str, same: str, unknown: str) -> str:
    if np.isnan(values).any():
        return unknown
    if not values.any():
        return same
    word = verdict(_lower(values), len(values))
    return {"better": lower, "worse": higher, **NO_VERDICT}.get(word, unclear)
