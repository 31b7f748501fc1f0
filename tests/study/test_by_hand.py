"""Numbers that people quote, worked out by hand: bands of effects, groups, residents, periods, parts of a variance."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pytest
from tests.study.test_economics import VALUE, Pair, Run

import kladsim as ks
from kladsim.evidence.costs import load_costs
from kladsim.policy.costs import spending_of
from kladsim.runs.disclosure import DisclosedArray
from kladsim.runs.noise import Sampling
from kladsim.runs.periods import by_year, coarser, labels_of, years_of
from kladsim.study.decomposing import components
from kladsim.study.economics import economics
from kladsim.study.effects import differences, share_better, totals_since
from kladsim.study.groups import group_effects
from kladsim.study.valuation_frame import ValuationFrame
from kladsim.study.valuing import health, priced, prices
from kladsim.world import load_pack

# -- effects ---------------------------------------------------------------------------------------------------------


@dataclass
class Nation:
    """Runs whose national outcomes are given as arrays (replicate x year)."""

    values: dict[str, Any]
    name: str = "plan"
    kinds: dict[str, str] = field(default_factory=dict)
    better: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, DisclosedArray] = field(default_factory=dict)

    @property
    def replicates(self) -> int:
        return len(next(iter(self.values.values())))

    @property
    def labels(self) -> dict[str, list[Any]]:
        return {"year": [2020, 2021, 2022]}

    def national(self) -> dict[str, DisclosedArray]:
        return {
            name: DisclosedArray(
                name, name, ("replicate", "year"), np.array(values, float), "persons", "health",
                kind=self.kinds.get(name, "flow"), better=self.better.get(name, ""), sample="persons",
            )
            for name, values in self.values.items()
        }  # fmt: skip


def effects_of(after: Any, before: Any, kind: str = "flow", better: str = "lower") -> dict[str, Any]:
    sides = [Nation({"x": values}, kinds={"x": kind}, better={"x": better}) for values in (before, after)]
    base, plan = (Nation(s.values, "base" if at == 0 else "plan", s.kinds, s.better) for at, s in enumerate(sides))
    found = differences(base, {"plan": plan})  # type: ignore[arg-type, dict-item]
    return {"since": found.since, "levels": found.levels} | {effect.period: effect for effect in found.effects}


def test_the_band_of_an_effect_is_from_5_to_95_per_cent() -> None:
    before = np.full((21, 3), [7.0, 100.0, 50.0])
    steps = np.arange(21.0)  # differences 0, 1 ... 20: the 5 % quantile is 1, the 95 % quantile 19
    after = before + np.stack([np.zeros(21), steps, 2 * steps], axis=1)
    found = effects_of(after, before)
    assert found["since"] == 2021
    year, total = found["2022"], found["total"]
    assert (year.median, year.low, year.high) == (20.0, 2.0, 38.0)
    assert (total.median, total.low, total.high) == (30.0, 3.0, 57.0)
    assert total.mc_error == pytest.approx(math.sqrt(math.pi / 2) * np.std(3 * steps, ddof=1) / math.sqrt(21))
    assert (total.base, year.base, found["2020"].base) == (150.0, 50.0, 7.0)
    assert found["levels"]["x"] == total.base
    assert (found["2020"].median, found["2020"].low, found["2020"].high) == (0.0, 0.0, 0.0)


def test_a_level_is_averaged_over_the_years_since_anything_differs() -> None:
    before = np.full((2, 3), 10.0)
    after = np.full((2, 3), [10.0, 14.0, 18.0])
    assert effects_of(after, before, kind="level")["total"].median == 6.0
    assert effects_of(after, before, kind="flow")["total"].median == 12.0
    run: Any = Nation({"x": after}, kinds={"x": "level"})
    assert totals_since(run, 2021)["x"].tolist() == [16.0, 16.0] and totals_since(run, None)["x"].tolist() == [
        14.0,
        14.0,
    ]


def test_the_side_that_is_better_and_ties_that_count_half() -> None:
    change = np.array([-1.0, -2.0, 0.0, 3.0])
    assert share_better("lower", change) == (2 + 0.5) / 4
    assert share_better("higher", change) == (1 + 0.5) / 4
    assert math.isnan(share_better("", change)) and math.isnan(share_better("lower", np.array([np.nan, 1.0])))
    worse = effects_of(np.ones((4, 3)), np.zeros((4, 3)), better="lower")["total"]
    gain = effects_of(np.ones((4, 3)), np.zeros((4, 3)), better="higher")["total"]
    assert (worse.p_better, gain.p_better) == (0.0, 1.0)


def test_those_who_lose_are_those_for_whom_it_gets_worse() -> None:
    from kladsim.study.comparison import Comparison

    base: Any = Run("base", {"deaths": [[5.0, 5.0]] * 2, "treatment_starts": [[5.0, 5.0]] * 2})
    plan: Any = Run("plan", {"deaths": [[5.0, 9.0]] * 2, "treatment_starts": [[5.0, 9.0]] * 2})
    for run in (base, plan):
        national = {name: item for name, item in run.national().items() if name in ("deaths", "treatment_starts")}
        better = {"deaths": "lower", "treatment_starts": "higher"}
        items = {name: DisclosedArray(**{**vars(item), "better": better[name]}) for name, item in national.items()}
        run.national = lambda items=items: items
        run.labels, run.outcomes, run.from_store = {"year": [2020, 2021]}, {}, False
    found = Comparison(base, {"plan": plan})
    assert [(effect.outcome, effect.median) for effect in found.losers()] == [("deaths", 4.0)]


# -- groups ----------------------------------------------------------------------------------------------------------


@dataclass
class Places:
    """Runs of an outcome by year and region: region A changes by what is given, region B not at all."""

    change: float
    kind: str
    replicates: int = 21
    better: str = "lower"
    labels: Any = field(default_factory=lambda: {"year": [2020, 2021, 2022], "region": ["A", "B"]})

    @property
    def sampling(self) -> Sampling:
        return Sampling(1, (0,) * self.replicates)

    @property
    def outcomes(self) -> dict[str, DisclosedArray]:
        steps = np.arange(self.replicates, dtype=float)
        values = np.full((self.replicates, 3, 2), 100.0) + steps[:, None, None]
        values[:, 1:, 0] += self.change * np.array([1.0, 3.0]) + 0.01 * steps[:, None] * (self.change != 0)
        item = DisclosedArray("x", "x", ("replicate", "year", "region"), values, "persons", "health", kind=self.kind,
                        better=self.better, sample="persons")  # fmt: skip
        return {"x": item}

    def national(self) -> dict[str, DisclosedArray]:
        return {}


@pytest.mark.parametrize(("kind", "per_year"), [("flow", 2.0), ("level", 1.0)])
def test_a_group_adds_flows_up_and_averages_levels(kind: str, per_year: float) -> None:
    base: Any = Places(0.0, kind)
    plan: Any = Places(10.0, kind)
    (group,) = group_effects("plan", plan, base, 1)  # changes 10 and 30, and 0, 0.01 ... 0.20 by replicate in each year
    assert (group.by, group.who, group.n) == ("region", "A", 21)
    assert group.median == pytest.approx(per_year * (20 + 0.10))
    assert group.low == pytest.approx(per_year * (20 + 0.01))
    assert group.high == pytest.approx(per_year * (20 + 0.19))
    assert group.p_better == 0.0
    gain: Any = Places(-10.0, kind)
    (better,) = group_effects("plan", gain, base, 1)
    assert better.p_better == 1.0 and better.median < 0
    few: Any = [Places(change, kind, replicates=6) for change in (0.0, 10.0)]
    (group,) = group_effects("plan", few[1], few[0], 1)  # of six runs: the range
    assert (group.low, group.high) == pytest.approx((per_year * 20, per_year * 20.05))


# -- periods ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "quarters", "sums"),
    [
        (date(2014, 1, 1), ["2014-Q1", "2014-Q2", "2014-Q3"], [6.0, 15.0, 15.0]),
        (date(2014, 2, 1), ["2014-Q1", "2014-Q2", "2014-Q3"], [3.0, 12.0, 21.0]),
        (date(2014, 3, 1), ["2014-Q1", "2014-Q2", "2014-Q3"], [1.0, 9.0, 18.0, 8.0][:3]),
        (date(2014, 11, 1), ["2014-Q4", "2015-Q1", "2015-Q2"], [3.0, 12.0, 21.0]),
        (date(2014, 12, 1), ["2014-Q4", "2015-Q1", "2015-Q2"], [1.0, 9.0, 18.0, 8.0][:3]),
    ],
)
def test_quarters_of_a_run_that_begins_in_any_month(start: date, quarters: list[str], sums: list[float]) -> None:
    months = np.arange(1.0, 9.0)  # 1, 2 ... 8: the run's months
    found = coarser(months, 0, "month", "quarter", start, "flow")
    assert found[:3].tolist() == sums and found.sum() == 36.0
    assert labels_of("quarter", 3, start) == quarters
    lengths = np.array([(date(start.year + (start.month + i) // 12, (start.month + i) % 12 + 1, 1)
                         - date(start.year + (start.month + i - 1) // 12, (start.month + i - 1) % 12 + 1, 1)).days
                        for i in range(8)])  # fmt: skip
    days = np.repeat(months / lengths, lengths)
    assert coarser(days, 0, "day", "quarter", start, "flow")[:3] == pytest.approx(sums)
    assert coarser(days, 0, "day", "month", start, "flow") == pytest.approx(months)
    first = 13 - start.month  # months of the first calendar year
    assert by_year(months, 0, "month", start, "flow")[0] == months[:first].sum()


def test_labels_and_years_of_periods() -> None:
    start = date(2014, 11, 1)
    assert labels_of("month", 3, start) == ["2014-11", "2014-12", "2015-01"]
    assert years_of("month", 3, start).tolist() == [2014, 2014, 2015]
    assert years_of("quarter", 3, start).tolist() == [2014, 2015, 2015]
    assert labels_of("quarter", 3, date(2014, 8, 1)) == ["2014-Q3", "2014-Q4", "2015-Q1"]
    assert labels_of("day", 2, date(2014, 12, 31)) == ["2014-12-31", "2015-01-01"]
    levels = np.array([2.0, 4.0, 9.0])
    assert by_year(levels, 0, "month", start, "level").tolist() == [3.0, 9.0]


# -- money and health --------------------------------------------------------------------------------------------------


def frame_of(run: Any, since: int | None = None, discount: float = 0.0, **options: Any) -> ValuationFrame:
    return ValuationFrame(run, since, discount, prices(load_costs(), 1), **options)


@pytest.mark.parametrize(("name", "below"), [("resident", 65), ("young resident", 25)])
def test_residents_of_a_year_by_birth_year(name: str, below: int) -> None:
    pack = load_pack("russia")
    born = pack.cohort_first_birth_year + np.arange(pack.people.shape[1])
    frame = frame_of(Run("base"))
    for at, year in enumerate((2020, 2021)):
        ages = year - born  # at the end of the year
        by_hand = pack.people[:, (ages >= 14) & (ages < below)].sum()
        assert frame.residents((), below)[at] == by_hand
        moscow = pack.cell_region == pack.region_code.index("RU-MOW")
        assert frame.residents(("RU-MOW",), below)[at] == pack.people[moscow][:, (ages >= 14) & (ages < below)].sum()
    whom = "all" if name == "resident" else "young"
    lever = ks.RecruitmentPrevention(share=0.2, start="2021", whom=whom)
    (entry,) = spending_of([lever], frame.years, frame.until)
    by_hand = 0.2 * frame.residents((), below)[1] * VALUE["cost.social.prevention"]
    assert entry.per == name and priced(entry, [entry], frame.base, frame) == pytest.approx(by_hand)


def test_discounting_is_to_the_first_year_in_which_anything_differs() -> None:
    run: Any = Run("plan", {"deaths": [[1.0, 1.0]] * 2})
    for since, factors in ((None, [1.0, 1 / 1.05]), (2020, [1.0, 1 / 1.05]), (2021, [1.0, 1.0])):
        frame = frame_of(run, since, 0.05)
        assert frame.factor.tolist() == pytest.approx(factors)
    left = (1.0 - 1.05 ** -VALUE["weight.years.death"]) / math.log(1.05)
    alone = health(run, frame_of(run, None, 0.05, paired=False))
    assert alone["yll"] == pytest.approx((1.0 + 1 / 1.05) * left)


def test_health_of_each_state_has_its_own_weight_and_sign() -> None:
    for state, outcome in (("poisoning", "poisonings_nonfatal"), ("psychosis", "psychoses")):
        lost = health(Run("x", {outcome: [[3.0, 0.0]] * 2}), frame_of(Run("base")))  # type: ignore[arg-type]
        assert lost["yld"] == pytest.approx(3.0 * VALUE[f"weight.dw.{state}"])
        assert lost["qaly_lost"] == pytest.approx(3.0 * VALUE[f"weight.qaly.{state}"])
    use = health(Run("x", {"people_who_use": [[8.0, 0.0]] * 2, "dependent": [[3.0, 0.0]] * 2}), frame_of(Run("base")))  # type: ignore[arg-type]
    assert use["yld"] == pytest.approx(5.0 * VALUE["weight.dw.use"] + 3.0 * VALUE["weight.dw.dependent"])
    prison = health(Run("x", {"prison_years": [[2.0, 0.0]] * 2}), frame_of(Run("base")))  # type: ignore[arg-type]
    assert prison["qaly_lost_in_prison"] == pytest.approx(2.0 * VALUE["weight.qaly.prison"])
    assert not prison["qaly_lost"].any()


def test_years_lost_at_the_front_are_added_to_all_others() -> None:
    """Two deaths, one at the front and four poisonings survived."""
    run = Run("x", {"deaths": [[2.0, 0.0]] * 2, "deaths_at_front": [[1.0, 0.0]] * 2, "poisonings_nonfatal": [[4.0, 0.0]] * 2})
    lost = health(run, frame_of(Run("base")))  # type: ignore[arg-type]
    years, disabled = VALUE["weight.years.death"], 4.0 * VALUE["weight.dw.poisoning"]
    assert lost["daly_lost"] == pytest.approx(2 * years + disabled)
    assert lost["daly_lost_with_front"] == pytest.approx(3 * years + disabled)


def test_the_interval_of_money_is_from_5_to_95_per_cent_of_replicates() -> None:
    steps = [[0.0, float(step)] for step in range(21)]
    pair: Any = Pair(Run("base", replicates=21), {"plan": Run("plan", {"deaths": steps}, replicates=21)})
    row = {row.name: row for row in economics(pair, 0.0, scenarios={}, draws=1).rows()}["daly_lost"]
    years = VALUE["weight.years.death"]
    assert (row.median, row.low, row.high) == pytest.approx((10 * years, 1 * years, 19 * years))
    assert row.p_lower == pytest.approx(0.5 / 21)  # one tie, which counts half, and twenty higher


def test_levels_of_part_of_a_year_are_person_years_of_that_part() -> None:
    class Half(Run):
        @property
        def scenario(self) -> dict[str, Any]:
            return {"config": {"country": "russia", "start": "2020-07-01", "until": "2022-01-01"}}

    run: Any = Half("x", {"dependent": [[100.0, 100.0]] * 2, "deaths": [[7.0, 7.0]] * 2})
    frame = frame_of(run)
    assert frame.yearly(run, "dependent")[0] == pytest.approx([100.0 * 184 / 366, 100.0])
    assert frame.yearly(run, "deaths")[0].tolist() == [7.0, 7.0]


# -- where an interval comes from --------------------------------------------------------------------------------------


def test_parts_of_a_variance() -> None:
    draws, structures = [0, 0, 1, 1, 2, 2, 3, 3], ["a"] * 4 + ["b"] * 4
    values = np.array([0.0, 2.0, 4.0, 6.0, 10.0, 12.0, 14.0, 16.0])
    # Within draws 2 (luck); means 1, 5 | 11, 15: within structures 8, less the luck in a mean of two: 7;
    # structures 3 and 13 differ by 25, less what two means of two draws each differ by anyway: 8 / 4 = 2.
    assert components(values, draws, structures) == pytest.approx((7.0, 23.0, 2.0))
    # One structure has no part; where draws do not differ beyond luck, parameters have none.
    assert components(values, draws, ["a"] * 8)[1] == 0.0
    same = np.array([0.0, 2.0] * 4)
    assert components(same, draws, structures) == pytest.approx((0.0, 0.0, 2.0))
    uneven = components(np.array([0.0, 2.0, 4.0, 6.0, 10.0, 12.0]), [0, 0, 1, 1, 2, 2], ["a"] * 4 + ["b"] * 2)
    # Means 1, 5 | 11: inside 8 and 0 at weights 2/3 and 1/3; structures 3 and 11 about 17/3; less 16/3 x 1/3.
    assert uneven == pytest.approx((16 / 3 - 1, (2 / 3) * (8 / 3) ** 2 + (1 / 3) * (16 / 3) ** 2 - 16 / 9, 2.0))


# -- nothing stands for what is not there ------------------------------------------------------------------------------


def test_a_year_that_the_runs_do_not_have_is_an_error() -> None:
    run: Any = Nation({"x": np.ones((2, 3))})
    with pytest.raises(ks.InputError, match="2020 to 2022"):
        totals_since(run, 2019)
    with pytest.raises(ks.InputError, match="2020 to 2021"):
        frame_of(Run("base"), 2030)


def test_names_that_do_not_fit_their_cells_are_an_error() -> None:
    from dataclasses import dataclass as record

    from kladsim.core.errors import KladsimError
    from kladsim.runs.outcomes import labels

    @record
    class Pack:
        region_code: tuple[str, ...]
        district_names: tuple[str, ...] = ()

    items = {"x": DisclosedArray("x", "x", ("region",), np.zeros(2), "persons", "health")}
    assert labels(items, Pack(("A", "B")), date(2020, 1, 1), {}) == {"region": ["A", "B"]}
    assert labels(items, Pack(()), date(2020, 1, 1), {}) == {"region": [0, 1]}  # a pack without names
    with pytest.raises(KladsimError, match="2 cells but 3 names"):
        labels(items, Pack(("A", "B", "C")), date(2020, 1, 1), {})
