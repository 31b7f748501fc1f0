"""Rule 4: scenarios that differ in what the market controls give harm of persons only, on every path that was found."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.study.responsive_model import SPEC

from kladsim.core.errors import InputError
from kladsim.evidence.register import Register, load_register
from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.runs import harms
from kladsim.runs.harms import is_harm_of_persons
from kladsim.runs.replicates import read_replicate
from kladsim.runs.result import Result
from kladsim.study import compare
from kladsim.study.comparison import Comparison
from kladsim.study.design import Design
from kladsim.study.ensemble import Study

BASE = Scenario(name="base", until="2014-03-01", scale=1)
LEVER = Diversion(share=0.1, start="2014-01-15")
TRADE = {"price_index", "thefts", "arrests"}
CHANGES = {
    "pay": BASE.with_(parameters={"courier.pay_per_drop": 600.0}, name="pay"),
    "force": BASE.with_(parameters={"punishment.readiness": 0.01}, name="force"),
    "no_force": BASE.with_(mechanisms={"M9": "off"}, name="no_force"),
    "no_theft": BASE.with_(mechanisms={"M8": "off"}, name="no_theft"),
    "hidden_behind_a_lever": BASE.with_(LEVER, parameters={"punishment.readiness": 0.01}, name="hidden_behind_a_lever"),
}


def compared(folder: Path, plan: Scenario, n: int = 4) -> Comparison:
    return compare(BASE, plan, replicates=n, engine=SPEC, out=folder, parameters="point")


@pytest.mark.parametrize("name", CHANGES)
def test_a_comparison_gives_harm_of_persons_only(tmp_path: Path, name: str) -> None:
    found = compared(tmp_path, CHANGES[name])
    told = {effect.outcome for effect in found.effects} | {effect.outcome for effect in found.headline()}
    assert told == {"deaths"}
    assert set(found.differences.levels) == {"deaths"}
    everything = json.dumps(found.to_dict(), default=str) + found.save().read_text()
    assert not [trade for trade in TRADE if f'"{trade}"' in everything]
    assert any("harm of persons" in note for note in found.notes)
    data = found.to_xarray()
    assert {variable.attrs["outcome"] for variable in data.data_vars.values()} == {"deaths"}
    for result in (found.base, *found.plans.values()):
        assert {item.name for item in result.outcomes.values()} == {"deaths"}
        assert {row.outcome for row in result.rows} == {"deaths"} and result.headline_names == {"deaths"}
        with pytest.raises(InputError):
            result.export("price_index", "day")
    with pytest.raises(InputError):
        found.effect("price_index")
    assert set(found.summary()["outcome"]) == {"deaths"}


def test_also_when_it_is_read_from_the_store_or_put_together_by_hand(tmp_path: Path) -> None:
    first = compared(tmp_path, CHANGES["force"])
    first.save()
    again = compared(tmp_path, CHANGES["force"])
    assert again.from_store and {effect.outcome for effect in again.effects} == {"deaths"}
    one, other = (Result.open(path) for path in (first.base.path, first.plans["force"].path))
    assert {item.name for item in other.outcomes.values()} > {"deaths"}  # a run alone is whole
    by_hand = Comparison(one, {"force": other})
    assert {effect.outcome for effect in by_hand.effects} == {"deaths"}


def test_an_override_that_base_and_plan_share_costs_nothing(tmp_path: Path) -> None:
    """Does my conclusion survive courier pay 600?"""
    base = BASE.with_(parameters={"courier.pay_per_drop": 600.0}, name="b")
    plan = base.with_(LEVER, name="p")
    found = compare(base, plan, replicates=2, engine=SPEC, out=tmp_path, parameters="point")
    assert TRADE < {effect.outcome for effect in found.effects} and not found.market_changes


def test_a_public_parameter_costs_nothing(tmp_path: Path) -> None:
    plan = BASE.with_(parameters={"justice.years_trafficking": 5.0}, mechanisms={"M12": "off"}, name="p")
    assert TRADE < {effect.outcome for effect in compared(tmp_path, plan, 2).effects}


def test_the_brief_gives_no_trade(tmp_path: Path) -> None:
    from kladsim.report.brief import brief

    content = json.dumps(brief(compared(tmp_path, CHANGES["force"])), default=str)
    assert "deaths" in content.lower()
    assert not [word for word in ("Thefts", "Price", "price index", "receipts of all") if word in content]


def test_nothing_is_priced(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"punishment\.readiness"):
        compared(tmp_path, CHANGES["force"]).economics()


def test_a_precision_is_reached_without_trade(tmp_path: Path) -> None:
    found = compare(BASE, CHANGES["force"], replicates=4, engine=SPEC, out=tmp_path, precision="auto", max_replicates=4)
    assert {item.outcome for item in found.precision} <= {"deaths"}


@pytest.mark.parametrize(
    "vary", [("courier.pay_per_drop",), ("market",), ("mechanisms.M9",), ("mechanisms.M8=on,off", "use.initiation")]
)
def test_a_study_stores_no_trade(tmp_path: Path, vary: tuple[str, ...]) -> None:
    plan = BASE.with_(LEVER, name="p")
    study = Study.plan(BASE, plan, vary=vary, design=Design("lhs", 4), replicates=1, out=tmp_path / "s", engine=SPEC)
    study.run()
    for path in study.runs.glob("*/*.npz"):
        assert {item.name for item in read_replicate(path).outcomes.values()} == {"deaths"}
    assert {row["outcome"] for row in study.sql("SELECT DISTINCT outcome FROM outcomes")} == {"deaths"}


def test_a_worker_of_a_cluster_stores_no_trade_either(tmp_path: Path) -> None:
    from kladsim.runs.engine import engine_named
    from kladsim.runs.executing import run_replicate
    from kladsim.runs.tasks import Shard, decode, encode, to_json

    plan = BASE.with_(LEVER, name="p")
    study = Study.plan(BASE, plan, vary=("courier.pay_per_drop",), design=Design("lhs", 2), replicates=1,
                       out=tmp_path / "s", engine=SPEC)  # fmt: skip
    model = engine_named(SPEC)
    (task, *_) = study._tasks(Shard(), model, model.load_pack("russia"), 1)
    assert task.persons_only
    _, (there,) = decode(json.loads(to_json(encode(run_replicate, [task]))))
    assert there == task, "a worker does not hear of something"


def test_a_study_whose_table_moves_a_market_parameter_stores_no_trade(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("punishment.readiness\n0.0003\n0.01\n")
    design = Design("file", file=str(tmp_path / "d.csv"))
    study = Study.plan(BASE, design=design, replicates=1, out=tmp_path / "s", engine=SPEC)
    study.run()
    assert {row["outcome"] for row in study.sql("SELECT DISTINCT outcome FROM outcomes")} == {"deaths"}


def test_a_study_whose_scenarios_differ_in_force_stores_no_trade(tmp_path: Path) -> None:
    study = Study.plan(
        BASE, CHANGES["force"], vary=("use.initiation",), design=Design("lhs", 2), replicates=1, out=tmp_path / "s",
        engine=SPEC,
    )  # fmt: skip
    study.run()
    assert {row["outcome"] for row in study.sql("SELECT DISTINCT outcome FROM outcomes")} == {"deaths"}


def test_a_study_of_public_parameters_stores_everything(tmp_path: Path) -> None:
    study = Study.plan(
        BASE, vary=("justice.years_trafficking", "mechanisms.M12"), design=Design("lhs", 2), replicates=1,
        out=tmp_path / "s", engine=SPEC,
    )  # fmt: skip
    study.run()
    assert TRADE < {row["outcome"] for row in study.sql("SELECT DISTINCT outcome FROM outcomes")}


def test_what_is_harm_of_persons_in_the_model() -> None:
    from kladsim.model.outcomes import OUTCOMES

    harms = {name for name in OUTCOMES if is_harm_of_persons(OUTCOMES[name])}
    assert {"deaths", "victims_of_punishment", "prison_years", "convictions_trafficking", "dependent"} <= harms
    assert not {
        "platform_receipts_usd", "orders", "shops", "not_found_share", "ready_stock", "arrests_courier", "courier_pay",
        "arrest_risk_courier", "couriers", "recruits", "laboratories_closed", "traced_receipts_usd", "coverage",
        "courier_career_months", "drops_stolen", "purchases", "platform_accounts",
    } & harms  # fmt: skip


def test_the_published_attack_gives_victims_and_no_receipts(tmp_path: Path) -> None:
    """Three files that differ in the readiness to punish, as a hostile reader wrote them, on the model itself."""
    names = []
    for value in ("0.0003", "0.05"):
        path = tmp_path / f"f{value}.yaml"
        path.write_text(
            f"name: f{value}\ncountry: georgia\nstart: 2014-01-01\nuntil: 2014-03-01\nscale: 1/100\n"
            f"parameters:\n  punishment.readiness: {value}\n"
        )
        names.append(str(path))
    args = ["compare", *names, "-n", "2", "--parameters", "point", "--json", "--quiet", "--out", str(tmp_path / "runs")]
    answer = subprocess.run([sys.executable, "-m", "kladsim", *args], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    content = json.loads(answer.stdout)
    told = {effect["outcome"] for effect in content["effects"]}
    assert "victims_of_punishment" in told
    assert not [name for name in told if not is_harm_of_persons(name)]
    assert np.isfinite([e["median"] for e in content["effects"] if e["outcome"] == "victims_of_punishment"]).all()


def test_market_parameters_of_mechanisms_of_other_packages_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mechanism that a package adds brings parameters of its own; those of the market give no table either."""
    known = load_register()["price.risk"]
    added = Register({
        "gangs.fee": replace(known, name="gangs.fee", control="market"),
        "gangs.help": replace(known, name="gangs.help", control="public"),
    })  # fmt: skip
    monkeypatch.setattr(harms, "added_mechanisms", lambda: {"gangs": SimpleNamespace(register=added)})
    one = {"parameters": {}, "switches": {}, "added": {"gangs": {"gangs.fee": 1.0, "gangs.help": 1.0}}}
    other = {"parameters": {}, "switches": {}, "added": {"gangs": {"gangs.fee": 2.0, "gangs.help": 3.0}}}
    assert harms.market_changes(one, other) == ("gangs.fee",)
    assert harms.market_changes(one, one) == ()
    assert harms.is_market("gangs.fee") and not harms.is_market("gangs.help")
