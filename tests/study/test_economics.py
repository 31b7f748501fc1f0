"""Money and health of plans: exact on numbers one can check by hand; no saving counts where harm grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kladsim as ks
from kladsim import InputError
from kladsim.evidence.costs import PAYERS, load_costs, payer_of, unit_cost
from kladsim.policy.costs import Spending
from kladsim.policy.lever import Expense
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.interval_words import describe_interval, interval_sentence
from kladsim.study.economics import THRESHOLDS, Economics, PlanEconomics, burden, check_expenses, economics
from kladsim.study.valuation_frame import ValuationFrame
from kladsim.study.valuing import priced, prices

YEARS = [2020, 2021]
FLOWS = ("deaths", "deaths_at_front", "poisonings_nonfatal", "psychoses", "convictions_trafficking",
         "convictions_possession", "arrests_courier", "arrests_minor", "victims_of_punishment", "diverted",
         "victims_punished_falsely", "convictions_minor", "treatment_starts")  # fmt: skip
LEVELS = ("people_who_use", "dependent", "in_treatment")
VALUE = {name: entry.value for name, entry in load_costs().items()}


@dataclass
class Run:
    """A finished run of two years and six replicates (the fewest for a verdict), of which only some outcomes differ from zero."""

    name: str
    values: dict[str, list[list[float]]] = field(default_factory=dict)
    replicates: int = 6
    country: str = "russia"

    @property
    def scenario(self) -> dict[str, Any]:
        return {"config": {"country": self.country, "start": "2020-01-01", "until": "2022-01-01"}}

    def national(self) -> dict[str, DisclosedArray]:
        def item(name: str, unit: str, kind: str) -> DisclosedArray:
            values = np.resize(np.array(self.values.get(name, [[0.0, 0.0]]), float), (self.replicates, 2))
            return DisclosedArray(name, name, ("replicate", "year"), values, unit, "health", kind=kind)

        flows = {name: item(name, "persons", "flow") for name in FLOWS}
        levels = {name: item(name, "persons", "level") for name in LEVELS}
        return {**flows, **levels, "prison_years": item("prison_years", "person-years", "flow")}


@dataclass
class Pair:
    base: Run
    plans: dict[str, Run]
    years = YEARS
    since = 2020
    interval = ""
    market_changes = ()


def found(values: dict[str, float], *levers: ks.Lever, discount: float = 0.0, draws: int = 1) -> PlanEconomics:
    """Return the economics of a plan that changes outcomes by these amounts in the second year."""
    plan = Run("plan", {name: [[0.0, x], [0.0, x]] for name, x in values.items()})
    return whole(plan, *levers, discount=discount, draws=draws).plans["plan"]


def whole(plan: Run, *levers: ks.Lever, discount: float = 0.0, draws: int = 1) -> Economics:
    base = ks.Scenario(name="base", start="2020", until="2022")
    scenarios = {"base": base, "plan": base.with_(*levers, name="plan")}
    pair: Any = Pair(Run("base", replicates=plan.replicates, country=plan.country), {"plan": plan})
    return economics(pair, discount, scenarios=scenarios, draws=draws)


def test_prison_and_courts_cost_and_are_discounted() -> None:
    plain = found({"prison_years": 1000.0, "convictions_trafficking": 10.0})
    by_hand = 1000.0 * VALUE["cost.justice.prison_year"] + 10.0 * VALUE["cost.justice.court_case"]
    assert plain.measures["cost"] == pytest.approx(by_hand)
    assert plain.measures["cost.justice"] == pytest.approx(by_hand)
    later = found({"prison_years": 1000.0, "convictions_trafficking": 10.0}, discount=0.05)
    assert later.measures["cost"] == pytest.approx(by_hand / 1.05)
    assert later.measures["prison_years"] == pytest.approx(1000.0)


def test_health_by_hand() -> None:
    plan = found({"deaths": -10.0, "people_who_use": -100.0, "dependent": -40.0, "in_treatment": 40.0})
    yll = -10.0 * VALUE["weight.years.death"]
    yld = -60.0 * VALUE["weight.dw.use"] - 40.0 * VALUE["weight.dw.dependent"] + 40.0 * VALUE["weight.dw.treatment"]
    assert plan.measures["daly_lost"] == pytest.approx(yll + yld)
    lived = (-60.0 * VALUE["weight.qaly.use"] - 40.0 * VALUE["weight.qaly.dependent"]
             + 40.0 * VALUE["weight.qaly.treatment"])  # fmt: skip
    assert plan.gain == pytest.approx(-(yll * VALUE["weight.years.utility"] + lived))


def test_deaths_at_the_front_stand_apart_and_decide_nothing() -> None:
    plan = found({"deaths_at_front": -3.0, "deaths": 2.0})
    years, utility = VALUE["weight.years.death"], VALUE["weight.years.utility"]
    assert plan.measures["qaly_lost"] == pytest.approx(2.0 * years * utility)
    assert plan.measures["qaly_lost_at_front"] == pytest.approx(-3.0 * years * utility)
    assert plan.measures["qaly_lost_with_front"] == pytest.approx(-1.0 * years * utility)
    assert plan.measures["daly_lost"] == pytest.approx(2.0 * years)
    assert plan.measures["yll"] == pytest.approx(2.0 * years)
    assert plan.measures["daly_lost_at_front"] == pytest.approx(-3.0 * years)
    assert plan.measures["daly_lost_with_front"] == pytest.approx(-1.0 * years)
    assert plan.measures["deaths_at_front"] == pytest.approx(-3.0)
    assert plan.verdict() == "more harm, as dear" and "-3.0 (-3.0 to -3.0)" in plan.describe_front()
    alone = found({"deaths_at_front": -3.0, "prison_years": -10.0})
    assert alone.verdict() == "no less harm and no more, cheaper" and alone.cost_per_qaly() is None
    dearer = found({"deaths_at_front": -3.0, "prison_years": 10.0})
    assert dearer.cost_per_qaly() is None and not any(dearer.acceptable(x) for x in THRESHOLDS)
    assert found({"deaths": 1.0}).describe_front().endswith("no change")


def test_sums_without_the_front_come_first_and_front_deaths_are_discounted_like_others() -> None:
    names = [row.name for row in whole(Run("plan", {"deaths_at_front": [[0.0, 5.0], [0.0, 5.0]]})).rows()]
    for sort in ("qaly_lost", "daly_lost"):
        assert names.index(sort) + 1 == names.index(f"{sort}_at_front") == names.index(f"{sort}_with_front") - 1
    later = found({"deaths_at_front": 1.0}, discount=0.05)
    years = (1.0 - 1.05 ** -VALUE["weight.years.death"]) / np.log(1.05)
    assert later.measures["daly_lost_at_front"] == pytest.approx(years / 1.05)


def test_the_burden_of_one_run_is_the_difference_to_nothing() -> None:
    values = {"deaths": [[1.0, 2.0], [3.0, 4.0]], "prison_years": [[5.0, 6.0], [7.0, 8.0]]}
    alone: Any = Run("plan", values, replicates=2)
    paired = whole(alone, discount=0.05).plans["plan"]
    one = burden(alone, 0.05)
    for name in ("daly_lost", "qaly_lost", "yll", "qaly_lost_in_prison", "cost.justice"):
        assert one[name] == pytest.approx(paired.measures[name][:, 0])
    assert one["yll"].shape == (2,) and one["cost.justice"].min() > 0


@pytest.mark.parametrize("outcome", ["arrests_courier", "arrests_minor"])
def test_an_arrest_alone_is_worth_nothing(outcome: str) -> None:
    plan = found({outcome: 500.0})
    assert not plan.cost.any() and not plan.gain.any()
    assert plan.couriers[outcome] == pytest.approx(500.0)
    assert plan.worse_for_couriers() == [outcome]


@pytest.mark.parametrize("outcome", ["convictions_trafficking", "convictions_possession", "prison_years"])
def test_punishment_is_never_a_benefit(outcome: str) -> None:
    plan = found({outcome: 500.0}, draws=50)
    assert (plan.cost > 0).all() and not (plan.gain > 0).any()


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(-1e5, 1e5))
def test_no_saving_counts_where_harm_grows(deaths: float, prison: float, dependent: float) -> None:
    plan = found({"deaths": deaths, "prison_years": prison, "dependent": dependent, "people_who_use": dependent})
    curve = [plan.acceptable(threshold) for threshold in THRESHOLDS]
    assert curve == sorted(curve)
    if plan.gain.max() < 0:
        assert not any(curve) and plan.cost_per_qaly() is None
        if plan.cost.max() < 0:
            assert "no saving" in plan.verdict()


def test_payers_add_up_and_draws_stay_in_range() -> None:
    levers = (ks.Treatment(places=1000, start="2020"), ks.YouthIncome(share=0.2, start="2021"),
              ks.Police(tier="courier", factor=1.5, start="2020"))  # fmt: skip
    plan = found({"prison_years": 10.0, "poisonings_nonfatal": -5.0}, *levers, draws=100)
    total = np.sum([plan.measures[f"cost.{payer}"] for payer in PAYERS], axis=0)
    assert np.allclose(total, plan.cost) and plan.cost.shape == (6, 100)
    assert all((plan.measures[f"cost.{payer}"] != 0).all() for payer in PAYERS)
    for name, values in prices(load_costs(), 500).items():
        entry = load_costs()[name]
        assert entry.low <= values.min() and values.max() <= entry.high
        assert values.mean() == pytest.approx((entry.low + entry.value + entry.high) / 3, rel=0.02)


def test_what_levers_cost() -> None:
    place = VALUE["cost.health.treatment_place"]
    plan = found({}, ks.Treatment(places=1000, start="2020"))
    assert plan.cost == pytest.approx(1000 * place * 2)
    half = found({}, ks.Treatment(places=1000, start="2020", strength=0.5))
    assert half.cost == pytest.approx(500 * place * 2)
    once = found({}, ks.Takedown(date="2020-03-01", times=2, every_days=30))
    assert once.cost == pytest.approx(2 * VALUE["cost.police.takedown"])
    own = found({}, ks.Takedown(date="2020-03-01", cost=7, payer="justice"))
    assert own.measures["cost.justice"] == pytest.approx(7e6)
    after = found({}, ks.Treatment(places=1000, start="2030"))
    assert not after.cost.any()
    freed = found({}, ks.Police(tier="courier", factor=0.5, start="2020"))
    moved = found({}, ks.Package(of="organisers-first", start="2020"))
    assert (freed.cost < 0).all() and np.abs(moved.cost).max() < 1e-3 * np.abs(freed.cost).max()


def test_what_the_levers_of_the_base_cost_is_taken_off() -> None:
    base = ks.Scenario(name="base", start="2020", until="2022").with_(ks.Treatment(places=1000, start="2020"))
    plan = ks.Scenario(name="plan", start="2020", until="2022").with_(ks.Treatment(places=3000, start="2021"))
    pair: Any = Pair(Run("base"), {"plan": Run("plan")})
    valued = economics(pair, 0.0, scenarios={"base": base, "plan": plan}, draws=1).plans["plan"]
    assert valued.cost == pytest.approx((3000 - 2 * 1000) * VALUE["cost.health.treatment_place"])


def test_a_region_costs_its_share() -> None:
    nation = found({}, ks.RecruitmentPrevention(share=0.2, start="2020"))
    moscow = found({}, ks.RecruitmentPrevention(share=0.2, start="2020", where="RU-MOW"))
    assert 0.03 < float(moscow.cost[0, 0] / nation.cost[0, 0]) < 0.15


def test_diverted_people_are_paid_for_once() -> None:
    one = found({"diverted": 100.0}, ks.Diversion(share=0.5, start="2020"))
    both = found({"diverted": 100.0}, ks.Diversion(share=0.5, start="2020"),
                 ks.ElectronicMonitoring(share=0.5, start="2020"))  # fmt: skip
    assert one.cost == pytest.approx(100 * VALUE["cost.justice.supervision"])
    mean = (VALUE["cost.justice.supervision"] + VALUE["cost.justice.monitoring"]) / 2
    assert both.cost == pytest.approx(100 * mean)


def test_what_was_not_counted_or_has_no_unit_cost_is_an_error_never_nothing() -> None:
    class Left(Run):
        def national(self) -> dict[str, DisclosedArray]:
            return {name: item for name, item in super().national().items() if name != "deaths_at_front"}

    with pytest.raises(InputError, match="deaths_at_front") as caught:
        economics(Pair(Left("base"), {"plan": Left("plan")}), scenarios={})  # type: ignore[arg-type]
    assert caught.value.suggestion == "deaths"
    frame: Any = ValuationFrame(Run("base"), None, 0.0, prices(load_costs(), 1))  # type: ignore[arg-type]
    for entry, near in (
        (Spending("levers.0.x", "justice.supervision", "justice", (1.0, 1.0), "prison_entries"), "prison_years"),
        (Spending("levers.0.x", "justice.supervision", "justice", (1.0, 1.0), "residents"), "resident"),
        (Spending("levers.0.x", "justice.supervison", "justice", (1.0, 1.0)), "justice.supervision"),
        (Spending("levers.0.x", "social.campaign", "social", (1.0, 1.0), "resident", ("Moskow",)), "RU-MOW"),
    ):
        with pytest.raises(InputError) as wrong:
            priced(entry, [entry], Run("plan"), frame)  # type: ignore[arg-type]
        assert wrong.value.suggestion == near, wrong.value
    with pytest.raises(InputError, match="did you mean 'police'"):
        payer_of("polise.effort")
    unknown = Run("plan", {"deaths": [[np.nan, 0.0], [1.0, 1.0]]})
    assert whole(unknown).plans["plan"].health() == "harm not known"


def test_an_expense_is_checked_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    base, counted = ks.Scenario(name="base"), (*FLOWS, *LEVELS, "prison_years")
    plan = base.with_(ks.Package(of="treatment-first", start="2020"), ks.Diversion(share=0.1), name="plan")
    check_expenses([base, plan], counted)
    monkeypatch.setattr(ks.Treatment, "expenses", lambda self: (Expense("health.checking", 1.0, "prison_entries"),))
    with pytest.raises(InputError) as caught:
        check_expenses([base, plan], counted)
    assert caught.value.value == "prison_entries" and caught.value.suggestion == "prison_years"
    assert "plan" in str(caught.value.where) and "treatment" in str(caught.value.where)


def test_levers_without_a_price_and_other_countries_are_named() -> None:
    plan = found({}, ks.Sentencing(factor=0.5, start="2020"))
    assert plan.unpriced == ()
    unknown: Any = Pair(Run("base"), {"plan": Run("plan")})
    told = economics(unknown, scenarios={})
    assert "not known" in told.plans["plan"].unpriced[0]
    assert told.plans["plan"].verdict() == "no less harm and no more, cost not known"
    assert np.isnan(told.rows()[0].median) and told.plans["plan"].cost_per_qaly() is None
    assert all(np.isnan(row["probability"]) for row in told.curve())
    assert "stand in" in whole(Run("plan", country="georgia")).plans["plan"].unpriced[0]


@pytest.mark.parametrize(("replicates", "words"), [(2, "too few runs"), (5, "too few runs"), (6, "less harm, cheaper")])
def test_few_runs_get_no_verdict(replicates: int, words: str) -> None:
    values = {"deaths": [[0.0, -5.0]], "prison_years": [[0.0, -100.0]], "arrests_minor": [[0.0, 9.0]]}
    plan = whole(Run("plan", values, replicates=replicates), draws=20).plans["plan"]
    assert plan.verdict() == words
    assert plan.worse_for_couriers() == (["arrests_minor"] if replicates == 6 else [])
    assert plan.cost_per_qaly() is None


def test_the_whole_is_plain_and_says_what_it_is() -> None:
    result = whole(Run("plan", {"deaths": [[0.0, -5.0], [0.0, -9.0]]}), draws=20)
    plain = result.to_dict()
    assert {"effects", "plans", "acceptability", "badge", "words", "discount"} <= set(plain)
    assert plain["plans"]["plan"]["verdict"] == "less harm, as dear"
    assert len(plain["acceptability"]) == len(THRESHOLDS)
    assert any("minors" in row["measure"] for row in plain["effects"])
    assert "2021" in plain["currency"] and "no change" in plain["plans"]["plan"]["at_front"]


def test_one_sentence_says_what_intervals_hold_and_it_is_true() -> None:
    @dataclass
    class Drawn(Pair):
        interval: str = describe_interval({"parameters": {"mode": "posterior"}, "model_version": "0.6.0"})

    pair: Any = Drawn(Run("base"), {"plan": Run("plan")})
    many, one = (economics(pair, scenarios={}, draws=draws).words for draws in (20, 1))
    for words in (many, one):
        assert words.count("interval holds") == 1 and "drawn from the posterior" in words and "alone" not in words
    assert "draws of unit costs" in many and "draws of unit costs" not in one
    assert interval_sentence(describe_interval({})).count("Monte Carlo error alone") == 1
    assert "RUB, prices of 2021" in economics(pair, scenarios={}).heading


@pytest.mark.parametrize(("options", "where"), [({"discount": -0.1}, "discount"), ({"draws": 0}, "draws")])
def test_what_makes_no_sense_is_refused(options: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as caught:
        economics(Pair(Run("base"), {"plan": Run("plan")}), scenarios={}, **options)  # type: ignore[arg-type]
    assert caught.value.where == where


def test_every_expense_has_a_unit_cost() -> None:
    from tests.policy.every_lever import EXAMPLES, example

    from kladsim.model.outcomes import OUTCOMES

    for name in EXAMPLES:
        for _, _, expenses in example(name).spending():
            for expense in expenses:
                assert unit_cost(expense.item).value > 0
        check_expenses([ks.Scenario(name=name, levers=[example(name)])], OUTCOMES)
    with pytest.raises(InputError, match="did you mean"):
        unit_cost("justice.prison_yeer")


def test_the_picture_is_drawn(tmp_path: Any) -> None:
    from kladsim.report.acceptability import acceptability_picture

    result = whole(Run("plan", {"deaths": [[0.0, -5.0], [0.0, -9.0]]}), ks.Treatment(places=10, start="2020"))
    assert acceptability_picture(result, tmp_path / "costs.png").stat().st_size > 10_000
