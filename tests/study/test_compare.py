"""Paired differences and branches: the same luck on both sides."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.study.fake_model import SPEC

from kladsim.core.errors import InputError
from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.runs import run
from kladsim.runs.scenario_files import scenario_of, scenarios_of
from kladsim.study import branch, compare
from kladsim.study.comparison import Comparison

BASE = Scenario(name="base", until="2016-01-01", scale=1)
PLAN = BASE.with_(Diversion(share=0.5, tier="courier", start="2015-01"), name="plan")


def test_paired_differences_have_no_luck_in_them() -> None:
    found = compare(BASE, PLAN, replicates=6, engine=SPEC)
    effect = found.effect("deaths")
    assert effect.median == effect.low == effect.high == -20 * 15 * 365 - 0
    assert effect.mc_error == 0 and effect.p_better == 1.0 and effect.n == 6
    assert math.isnan(found.effect("arrests").p_better)
    years = found.summary("deaths", by="year").set_index("period")["median"]
    assert years["2014"] == 0 and years["2015"] < 0
    assert found.to_xarray().sizes["scenario"] == 2
    assert found.losers() == []


def test_second_time_it_comes_from_the_store(tmp_path: Path) -> None:
    assert not compare(BASE, PLAN, replicates=2, engine=SPEC).from_store
    again = compare(BASE, PLAN, replicates=2, engine=SPEC)
    assert again.from_store
    saved = json.loads(again.save(tmp_path).read_text())
    assert saved["from_store"] and {
        "outcome",
        "plan",
        "median",
        "low",
        "high",
        "p_better",
        "mc_error",
        "n",
    } <= set(saved["effects"][0])


def test_plans_take_seed_scale_and_the_latest_end() -> None:
    other = PLAN.with_(seed=9, scale="1/100", until="2017-01-01")
    found = compare(BASE, other, replicates=2, engine=SPEC)
    configs = [result.scenario["config"] for result in (found.base, found.plans["plan"])]
    assert {c["until"] for c in configs} == {"2017-01-01"}
    assert {(c["seed"], c["scale"]) for c in configs} == {(1, 1)}
    assert [note for note in found.notes if "'plan'" in note] == ["Plan 'plan' runs with the base's seed 1, not with its own 9."]


def test_effects_carry_the_base_of_the_same_period_and_unit() -> None:
    found = compare(BASE, PLAN, replicates=6, engine=SPEC)
    national = found.base.national()["deaths"].values
    assert found.since == 2015 and national.shape == (6, 2)
    assert found.effect("deaths").base == np.median(national[:, 1]) == found.base_level("deaths")
    years = found.summary("deaths", by="year").set_index("period")["base"]
    assert years["2014"] == np.median(national[:, 0]) and years["2015"] == np.median(national[:, 1])
    saved = json.loads(json.dumps(found.to_dict()["effects"], default=str))
    assert all(effect["base"] == found.base_level(effect["outcome"]) for effect in saved)
    again = compare(BASE, PLAN, replicates=6, engine=SPEC)
    assert again.path == found.save() and again.differences.effects == found.differences.effects


def test_a_saved_comparison_knows_its_scenarios(tmp_path: Path) -> None:
    found = compare(BASE, PLAN, replicates=2, engine=SPEC)
    opened = Comparison.open(found.save())
    assert dict(opened.scenarios) == dict(found.scenarios) == {"base": BASE, "plan": PLAN}
    assert opened.totals() == found.totals() and opened.is_saved
    bare = Comparison(found.base, found.plans)
    assert scenarios_of(bare) == {"base": BASE, "plan": PLAN}  # kept beside the runs


def test_a_run_of_two_plans_that_cost_different_money_is_of_no_known_scenario() -> None:
    dear, dearer = _costing(5.0), _costing(7.0)
    first, second = (compare(BASE, plan, replicates=2, engine=SPEC) for plan in (dear, dearer))
    assert first.plans["plan"].path == second.plans["plan"].path  # what it costs changes no number
    assert first.save() != second.save()
    for found, plan in ((first, dear), (second, dearer)):
        assert Comparison.open(found.path).scenarios["plan"] == plan
    assert "plan" not in scenarios_of(Comparison(first.base, first.plans))
    same = compare(BASE, _costing(7.0).with_(name="plan"), replicates=2, engine=SPEC)
    assert same.is_saved


def _costing(millions: float) -> Scenario:
    return BASE.with_(Diversion(share=0.5, tier="courier", start="2015-01", cost=millions), name="plan")


def test_a_comparison_of_an_older_version_has_no_scenarios(tmp_path: Path) -> None:
    found = compare(BASE, PLAN, replicates=2, engine=SPEC)
    content = json.loads(found.save().read_text())
    del content["scenarios"]
    for result in (found.base, found.plans["plan"]):
        (result.path / "scenarios.json").unlink()
    old = tmp_path / "compare-old.json"
    old.write_text(json.dumps(content))
    assert scenarios_of(Comparison.open(old)) == {}
    content["plans"]["plan"]["digest"] = "0" * 64
    old.write_text(json.dumps(content))
    with pytest.raises(InputError, match="made anew"):
        Comparison.open(old)
    for broken in ("{}", '{"base": 3, "plans": {}}', '{"base": {"path": "x"}, "plans": {}}'):
        old.write_text(broken)
        with pytest.raises(InputError):
            Comparison.open(old)


@pytest.mark.parametrize("plans", [(), (BASE,), (PLAN, PLAN)])
def test_plans_need_names_of_their_own(plans: tuple[Scenario, ...]) -> None:
    with pytest.raises(InputError):
        compare(BASE, *plans, engine=SPEC)


def test_unknown_names_get_a_suggestion() -> None:
    found = compare(BASE, PLAN, replicates=2, engine=SPEC)
    with pytest.raises(InputError, match="deaths"):
        found.effect("deathz")
    with pytest.raises(InputError, match="plan"):
        found.effect("deaths", plan="plam")


def test_a_branch_is_the_plan_run_from_the_start(tmp_path: Path) -> None:
    base = run(BASE, replicates=3, engine=SPEC)
    (future,) = branch(base, PLAN, at="2015-01-01", out=tmp_path / "b", engine=SPEC)
    straight = run(PLAN, replicates=3, out=tmp_path / "s", engine=SPEC)
    assert future.digest == straight.digest != base.digest
    assert future.provenance["key"] == straight.provenance["key"]
    assert future.path.parent == tmp_path / "b"


def test_a_branch_may_go_on_after_the_end_of_its_history(tmp_path: Path) -> None:
    base = run(BASE, replicates=2, engine=SPEC)
    late = BASE.with_(Diversion(share=0.5, tier="courier", start="2016-02"), name="late", until="2017-01-01")
    (future,) = branch(base, late, at="2016-01-01", engine=SPEC)
    assert future.digest == run(late, replicates=2, out=tmp_path / "s", engine=SPEC).digest


def test_a_plan_that_rewrites_history_is_refused() -> None:
    base = run(BASE, engine=SPEC)
    with pytest.raises(InputError, match="before the branching date"):
        branch(base, PLAN, at="2015-06-01", engine=SPEC)
    with pytest.raises(InputError, match="outside the run"):
        branch(base, PLAN, at="2019-01-01", engine=SPEC)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"parameters": {"courier.pay_per_drop": 450}}, "parameters.courier.pay_per_drop"),
        ({"mechanisms": {"M9": False}}, "mechanisms.M9"),
        ({"seed": 7}, "seed"),
        ({"scale": "1/50"}, "scale"),
        ({"start": "2014-06-01"}, "start"),
        ({"generator": "philox"}, "generator"),
    ],
)
def test_a_branch_refuses_what_would_change_its_past(fields: dict[str, Any], where: str) -> None:
    base = run(BASE, replicates=2, engine=SPEC)
    with pytest.raises(InputError, match="shares the run's past") as caught:
        branch(base, PLAN.with_(**fields), at="2015-01-01", engine=SPEC)
    assert caught.value.where == f"plan.{where}"


def test_a_branch_takes_parameters_that_its_run_has_and_the_runs_seed_and_scale(tmp_path: Path) -> None:
    same = {"parameters": {"courier.pay_per_drop": 450}, "mechanisms": {"M9": False}}
    base = run(BASE.with_(**same, seed=5), replicates=2, engine=SPEC)
    (future,) = branch(base, PLAN.with_(**same), at="2015-01-01", engine=SPEC)  # scale and seed as a plan has them unasked
    straight = run(PLAN.with_(**same, seed=5), replicates=2, out=tmp_path / "s", engine=SPEC)
    assert future.digest == straight.digest
    assert scenario_of(future) == scenario_of(straight) == PLAN.with_(**same, seed=5)


def test_a_branch_refuses_a_parameter_that_its_run_drew() -> None:
    base = run(BASE, replicates=2, engine=SPEC, parameters="prior")
    name = base.scenario["draws"]["names"][0]
    with pytest.raises(InputError, match="drawn by replicate"):
        branch(base, PLAN.with_(parameters={name: base.scenario["config"]["parameters"][name]}), at="2015-01-01", engine=SPEC)


def test_luck_redrawn_is_new_from_the_day_on_and_the_same_for_all_plans(tmp_path: Path) -> None:
    base = run(BASE, replicates=2, engine=SPEC)
    other = BASE.with_(Diversion(share=0.5, tier="courier", start="2015-06"), name="later")
    first, second = branch(base, PLAN, other, at="2015-01-01", luck="redrawn", engine=SPEC)
    (kept,) = branch(base, PLAN, at="2015-01-01", engine=SPEC)
    assert first.digest != kept.digest and first.provenance["key"] != kept.provenance["key"]
    old, new = base.outcomes["price_index"].values, first.outcomes["price_index"].values
    assert (old[:, :365] == new[:, :365]).all() and (old[:, 365:] - 0.2 != new[:, 365:]).any()
    # Until June the second plan changes nothing, so that its prices tell the luck that the first one has too.
    assert np.allclose(second.outcomes["price_index"].values[:, 365:515] - 0.2, new[:, 365:515])
    with pytest.raises(InputError, match="redrawn once"):
        branch(first, other, at="2015-07-01", luck="redrawn", engine=SPEC)


def test_more_replicates_are_added_never_begun_anew(runs_folder: Path) -> None:
    run(BASE, replicates=2, engine=SPEC)
    events = []
    more = run(BASE, replicates=5, engine=SPEC, progress=lambda p: events.append(p.finished))
    assert set(events) == {2}  # two of five were there
    straight = run(BASE, replicates=5, out=runs_folder / "x", engine=SPEC)
    assert more.digest == straight.digest
    fewer = run(BASE, replicates=3, engine=SPEC)
    assert fewer.replicate_digests == more.replicate_digests[:3]


NOISY = "tests.study.noisy_model:noisy_engine"


def test_replicates_grow_until_the_wished_precision() -> None:
    found = compare(BASE, PLAN, replicates=4, precision={"deaths": 3000.0}, max_replicates=60, engine=NOISY)
    (told,) = found.precision
    assert told.met and told.n == found.base.replicates > 4
    assert told.reached == pytest.approx(1.6449 * found.effect("deaths").mc_error)
    stopped = compare(BASE, PLAN, replicates=4, precision="deaths=1", max_replicates=9, engine=NOISY)
    assert not stopped.precision[0].met and stopped.base.replicates == 9
    share = compare(BASE, PLAN, replicates=4, precision="deaths=50%", engine=NOISY)
    assert share.precision[0].met and share.base.replicates == 4
    assert compare(BASE, PLAN, replicates=4, precision="auto", max_replicates=5, engine=NOISY).precision


@pytest.mark.parametrize("wish", ["deaths", "deaths=", "deaths=-1", "=5", "deathz=5"])
def test_a_bad_precision_is_named(wish: str) -> None:
    with pytest.raises(InputError, match="precision"):
        compare(BASE, PLAN, replicates=2, precision=wish, engine=SPEC)


def test_saved_differences_are_those_computed() -> None:
    first = compare(BASE, PLAN, replicates=4, engine=NOISY)
    first.save()
    again = compare(BASE, PLAN, replicates=4, engine=NOISY)
    assert again.from_store and again.path == first.path
    assert json.dumps(again.differences.to_plain()) == json.dumps(first.differences.to_plain())
    again.path.write_text("{damaged")
    assert compare(BASE, PLAN, replicates=4, engine=NOISY).totals() == first.totals()


def test_losers_are_told_by_region_where_that_may_be_shown() -> None:
    worse = compare(PLAN, BASE.with_(name="worse"), replicates=6, engine=SPEC)
    losing = worse.losing_groups()
    assert {(g.outcome, g.by, g.who) for g in losing} == {("deaths", "region", "RU-AL"), ("deaths", "region", "RU-MOW")}
    assert all(g.median > 0 and g.p_better == 0 for g in losing)  # RU-SPE has too few events
    assert worse.to_dict()["losing_groups"][0]["who"] == "RU-AL"
    assert compare(BASE, PLAN, replicates=3, engine=SPEC).losing_groups() == []


def test_a_lever_that_would_begin_after_the_end_puts_the_end_off() -> None:
    late = BASE.with_(Diversion(share=0.5, start="2025-01"), name="late")
    found = compare(BASE, late, replicates=2, engine=SPEC)
    assert {r.scenario["config"]["until"] for r in (found.base, *found.plans.values())} == {"2031-01-01"}
    assert "2031-01-01" in found.notes[0] and found.to_dict()["notes"] == list(found.notes)
    fixed = compare(BASE, late, replicates=2, until="2016-01-01", engine=SPEC)
    assert fixed.base.scenario["config"]["until"] == "2016-01-01" and "no effect" in fixed.notes[0]


def test_a_brief_is_written_from_a_comparison(tmp_path: Path) -> None:
    found = compare(BASE, PLAN, replicates=2, engine=SPEC)
    made = [found.report(tmp_path / name).read_bytes() for name in ("a.html", "b.html")]
    assert made[0] == made[1] and b"plan" in made[0]
    for wrong in ({"path": "brief.doc"}, {"path": "brief.html", "language": "fr"}):
        with pytest.raises(InputError):
            found.report(**wrong)
