"""What drives effects and where plans fail, on a model whose answer is known; and attempts to ask what may not be asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.study.responsive_model import CUT, SPEC

from kladsim.core.errors import InputError
from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.study.analysis import discover, robustness, rules, sensitivity, to_ema
from kladsim.study.analysis.prim import BoxLimit, prim, select_box, simplified
from kladsim.study.design import Design
from kladsim.study.ensemble import Study

BASE = Scenario(name="base", until="2014-03-01", scale=1)
PLAN = BASE.with_(Diversion(share=0.5, start="2014-01-15"), name="plan")
OTHER = BASE.with_(Diversion(share=0.1, start="2014-01-15"), name="little")
SHARE = "levers.diversion.share"


def studied(folder: Path, design: Design, *plans: Scenario, vary: tuple[str, ...] = ()) -> Study:
    factors = vary or ("diversion.share=0:1", "use.initiation", "use.initiation_male", "market")
    study = Study.plan(BASE, *(plans or (PLAN,)), vary=factors, design=design, replicates=2, out=folder, engine=SPEC)
    study.run()
    return study


# -- sensitivity -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "points"), [("morris", 12), ("saltelli", 32)])
def test_the_drivers_are_found_and_the_rest_is_nothing(tmp_path: Path, method: Any, points: int) -> None:
    study = studied(tmp_path / "s", Design(method, points))
    found = sensitivity(study, "deaths")
    by_name = {index.factor: index for index in found.indices}
    assert set(by_name) == {SHARE, "use.initiation", "use.initiation_male", rules.MARKET_WORDS}
    assert {found.indices[0].factor, found.indices[1].factor} == {SHARE, "use.initiation"}
    assert by_name["use.initiation_male"].total == 0 and by_name[rules.MARKET_WORDS].total == 0
    top = found.indices[0]
    assert top.low < top.total < top.high and np.isfinite(top.noise)
    assert 0 < found.noise_share < 0.2
    if method == "saltelli":
        assert sum(index.total for index in found.indices) > 0.9


def test_other_designs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no design for sensitivity"):
        sensitivity(studied(tmp_path / "s", Design("lhs", 4)), "deaths")


# -- discovery ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of 180 points, for all that is found in one."""
    return studied(tmp_path_factory.mktemp("many") / "s", Design("lhs", 180))


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_the_region_where_the_plan_works_is_told(many: Study, method: str) -> None:
    found = discover(many, "deaths", method=method, threshold=None)
    limits = {limit.name: limit for box in found.boxes[:1] for limit in box.limits}
    assert set(limits) == {SHARE, "use.initiation"}
    assert limits["use.initiation"].high == pytest.approx(CUT, rel=0.08)
    assert 0.2 < limits[SHARE].low < 0.8
    assert found.boxes[0].density > 0.9 and found.boxes[0].coverage > 0.6
    told = r"Where .*diversion\.share is (above|between) 0\.[2-7]"  # the box may leave out the last point at the top
    assert any(re.search(told, sentence) for sentence in found.sentences)
    if method == "prim":
        assert max(found.boxes[0].quasi_p) < 0.05 and min(found.boxes[0].stability) > 0.8


def test_where_the_plan_harms(many: Study) -> None:
    found = discover(many, "deaths", asked="harms", threshold=1.0)
    (limit,) = [item for item in found.boxes[0].limits if item.name == "use.initiation"]
    assert limit.low == pytest.approx(CUT, rel=0.1)
    assert "rises by at least" in found.sentences[0]


def test_prim_finds_a_known_box_and_leaves_noise_alone() -> None:
    grid = (np.arange(900) * 0.6180339887) % 1.0
    table = {"a": grid, "b": (np.arange(900) * 0.7548776662) % 1.0, "c": (np.arange(900) * 0.5698402910) % 1.0}
    table["kind"] = np.array(["x", "y", "z"] * 300)
    cases = (table["a"] > 0.5) & (table["b"] < 0.4) & (table["kind"] != "z")
    box = simplified(select_box(prim(table, cases), 0.7), table, cases, 0.05)
    limits = {limit.name: limit for limit in box.limits}
    assert set(limits) == {"a", "b", "kind"} and box.density > 0.9 and box.coverage > 0.7
    assert limits["a"].low == pytest.approx(0.5, abs=0.08) and limits["b"].high == pytest.approx(0.4, abs=0.08)
    assert set(limits["kind"].kept) == {"x", "y"}
    noise = (np.arange(900) % 7) == 3
    assert simplified(select_box(prim({"c": table["c"]}, noise), 0.9), {"c": table["c"]}, noise, 0.05).limits == ()


def test_whole_numbers_are_peeled_level_by_level() -> None:
    values = np.arange(200) % 4
    table = {"level": values}
    (limit,) = simplified(select_box(prim(table, values >= 2), 0.9), table, values >= 2, 0.05).limits
    assert limit == BoxLimit("level", low=1.5)


# -- robustness --------------------------------------------------------------------------------------------


def test_regret_and_satisficing(tmp_path: Path) -> None:
    study = studied(tmp_path / "s", Design("lhs", 40), PLAN, OTHER, vary=("use.initiation",))
    found = robustness(study, ["deaths"], ["deaths<=-1"])
    base, plan, little = found.plans
    assert base.worse_than_base["deaths"] == 0 and base.satisfies == 0
    works = np.log(CUT / 0.005) / np.log(0.03 / 0.005)  # the register's prior is log-normal: the range is even in logs
    assert plan.satisfies == little.satisfies == pytest.approx(works, abs=0.03)
    assert plan.worse_than_base["deaths"] == pytest.approx(1 - works, abs=0.03)
    # Where it works much is better, where it harms nothing is.
    assert base.largest_regret["deaths"] > little.largest_regret["deaths"] > 0
    assert plan.largest_regret["deaths"] < base.largest_regret["deaths"]


@pytest.mark.parametrize("text", ["deaths", "deaths=5", "deaths<=x", "deaths<=5%"])
def test_bad_criteria_are_named(text: str) -> None:
    from kladsim.study.analysis.robustness import parse_criterion

    with pytest.raises(InputError, match="criterion"):
        parse_criterion(text)


# -- what may not be asked (responsible use, rule 3) -------------------------------------------------------


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of 24 points in which no parameter of the market varies."""
    folder = tmp_path_factory.mktemp("few") / "s"
    return studied(folder, Design("lhs", 24), vary=("diversion.share=0:1", "use.initiation"))


@pytest.mark.parametrize("outcome", ["arrests", "price_index", "thefts"])
def test_only_public_harms_and_costs_are_objectives(few: Study, outcome: str) -> None:
    with pytest.raises(InputError, match="no public harm"):
        discover(few, outcome)
    with pytest.raises(InputError, match="no public harm"):
        robustness(few, ["deaths", outcome])
    with pytest.raises(InputError, match="no public harm"):
        robustness(few, ["deaths"], [f"{outcome}<=0"])


def test_no_loss_is_asked_for_and_no_cost_alone(many: Study) -> None:
    with pytest.raises(InputError, match="public loss"):
        robustness(many, ["deaths"], ["deaths>=10"])
    with pytest.raises(InputError, match="without a harm"):
        rules.with_harm(["public_cost"])
    rules.with_harm(["public_cost", "deaths"])


# -- EMA layout --------------------------------------------------------------------------------------------


def test_export_in_the_layout_of_ema(tmp_path: Path) -> None:
    study = studied(tmp_path / "s", Design("lhs", 5))
    experiments, outcomes = to_ema(study)
    assert len(experiments) == 10 and set(experiments["policy"]) == {"base", "plan"}
    named = {"diversion.share", "use.initiation", "courier.pay_per_drop", "scenario", "policy", "model"}
    assert named <= set(experiments)
    assert outcomes["deaths"].shape == (10, 1)
    base, plan = (experiments["policy"] == name for name in ("base", "plan"))
    difference = outcomes["deaths"][plan.to_numpy(), 0] - outcomes["deaths"][base.to_numpy(), 0]
    from kladsim.study.analysis.table import numbers

    assert np.allclose(difference, numbers(study, "deaths").means)
    single, values = to_ema(study, by_replicate=True)
    assert len(single) == 20 and values["deaths"].shape == (20, 1)
