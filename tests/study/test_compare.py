"""Paired differences and branches: the same luck on both sides."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from tests.study.fake_model import SPEC

from kladsim.core.errors import InputError
from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.study import branch, compare, run

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
    assert json.dumps(again.found.to_plain()) == json.dumps(first.found.to_plain())
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
