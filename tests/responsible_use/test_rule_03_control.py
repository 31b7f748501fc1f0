"""Rule 3: levers and objectives are public; what drives a harm of persons may be any parameter, nothing else may."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.study.responsive_model import SPEC

from kladsim.core.errors import InputError
from kladsim.evidence import load_register
from kladsim.model.config import Modifier
from kladsim.model.quantities import QUANTITIES
from kladsim.policy import Scenario
from kladsim.policy.levers.diversion import Diversion
from kladsim.policy.resolve import check_quantity
from kladsim.study.analysis import discover, robustness, sensitivity
from kladsim.study.design import Design
from kladsim.study.ensemble import Study
from kladsim.study.factors import columns, parse_factor, register_of
from kladsim.world import list_packs, load_pack

BASE = Scenario(name="base", until="2014-03-01", scale=1)
PLAN = BASE.with_(Diversion(share=0.5, start="2014-01-15"), name="plan")
PUBLIC = ("diversion.share=0:1", "use.initiation")
PAY = "courier.pay_per_drop"

ONLY_REDUCED = sorted(name for name, quantity in QUANTITIES.items() if quantity.only_reduced)


def studied(folder: Path, design: Design, vary: tuple[str, ...]) -> Study:
    study = Study.plan(BASE, PLAN, vary=vary, design=design, replicates=2, out=folder, engine=SPEC)
    study.run()
    return study


@pytest.mark.parametrize("outcome", ["price_index", "thefts", "arrests"])
def test_what_drives_trade_or_arrests_is_refused(tmp_path: Path, outcome: str) -> None:
    study = studied(tmp_path / "s", Design("morris", 4), PUBLIC)
    with pytest.raises(InputError, match="no public harm"):
        sensitivity(study, outcome)
    study = studied(tmp_path / "t", Design("lhs", 24), PUBLIC)
    for ask in (discover, lambda s, o: robustness(s, ["deaths", o])):
        with pytest.raises(InputError, match="no public harm"):
            ask(study, outcome)


def test_no_objective_of_the_model_is_the_trades() -> None:
    from kladsim.model.outcomes import OUTCOMES
    from kladsim.study.analysis import rules

    declared = {o.name: {"side": o.side, "better": o.better} for o in OUTCOMES.values()}
    allowed = {name for name in declared if rules._is_harm(name, declared[name])}
    assert {"deaths", "prison_years", "victims_of_punishment", "recruits"} <= allowed
    trade = ("receipts", "orders", "price", "shops", "stock", "arrest", "pay", "offers", "platform", "couriers")
    assert not [name for name in allowed if any(word in name for word in trade)]


def test_a_single_market_parameter_is_ranked_and_cut_for_a_harm_of_persons(tmp_path: Path) -> None:
    study = studied(tmp_path / "s", Design("morris", 6), (PAY, "use.initiation"))
    assert {index.factor for index in sensitivity(study, "deaths").indices} == {PAY, "use.initiation"}
    study = studied(tmp_path / "t", Design("lhs", 40), (PAY, "use.initiation"))
    assert {limit.name for box in discover(study, "deaths").boxes for limit in box.limits} <= {PAY, "use.initiation"}


def test_a_market_parameter_beside_an_outcome_that_is_no_harm_of_persons_is_refused() -> None:
    from kladsim.study.analysis import rules

    axes = columns([parse_factor(PAY), parse_factor("use.initiation")], [BASE], load_register())
    assert [column.name for column in rules.nameable(axes, "deaths")] == [PAY, "use.initiation"]
    for outcome in ("recruits", "public_cost", "orders"):
        assert [column.name for column in rules.nameable(axes, outcome)] == ["use.initiation"]


@pytest.mark.parametrize("country", list_packs())
def test_market_uncertainty_works_for_every_pack(country: str, tmp_path: Path) -> None:
    pack = load_pack(country)
    register = register_of(pack)
    for factor in ("market", "nature", "public", PAY):
        for column in columns([parse_factor(factor)], [BASE], register):
            known = register[column.name]
            assert known.low <= column.low <= column.high <= known.high
            assert known.low <= column.at(0.0) <= column.at(1.0) <= known.high


def test_a_study_of_market_uncertainty_can_be_planned_outside_russia(tmp_path: Path) -> None:
    base = Scenario.preset("georgia").with_(until="2014-02-01", scale="1/100")
    study = Study.plan(base, vary=["market"], design=Design("lhs", 3), replicates=1, out=tmp_path / "g")
    pay = {column.name: column for column in study.columns}[PAY]
    assert (pay.low, pay.high) == (5.0, 60.0)  # lari, as the pack says
    with pytest.raises(InputError, match=r"5\.0 to 60\.0"):
        Study.plan(base, vary=[f"{PAY}=300:500"], design=Design("lhs", 3), replicates=1, out=tmp_path / "h")


@pytest.mark.parametrize("name", ONLY_REDUCED)
@pytest.mark.parametrize(("op", "value"), [("multiply", 2.0), ("multiply", 1.01), ("set", 2.0), ("add", 0.5)])
def test_a_lever_cannot_push_what_public_bodies_can_only_reduce(name: str, op: Any, value: float) -> None:
    with pytest.raises(InputError, match=name):
        check_quantity(Modifier(name, date(2024, 1, 1), None, op, value), QUANTITIES, "lever")


@pytest.mark.parametrize("name", ONLY_REDUCED)
@pytest.mark.parametrize(("op", "value"), [("multiply", 0.0), ("multiply", 1.0), ("set", 0.4), ("add", -0.5)])
def test_a_lever_can_reduce_it(name: str, op: Any, value: float) -> None:
    check_quantity(Modifier(name, date(2024, 1, 1), None, op, value), QUANTITIES, "lever")


def test_what_is_reduced_only_are_the_advertising_and_the_precursors() -> None:
    assert set(ONLY_REDUCED) == {"recruitment.advertising", "precursor.supply"}
    others = {q.name for q in QUANTITIES.values() if q.control == "public" and q.kind == "factor"} - set(ONLY_REDUCED)
    assert others == {  # each of these a public body can raise and lower, without supplying the trade
        "policing.effort.buyer", "policing.effort.courier", "policing.effort.shop", "policing.effort.laboratory",
        "policing.effort.platform", "justice.sentence", "justice.sentence.courier", "treatment.places",
        "treatment.outcome", "money.cash_out_friction", "information.risk",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["supply.cost", "movement", "border", "justice.prison_recruitment"])
def test_a_lever_on_what_is_not_public_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="not in public hands"):
        check_quantity(Modifier(name, date(2024, 1, 1), None, "set", 0.5), QUANTITIES, "lever")


class Examples:
    """Where the project shows what to type."""

    files: ClassVar[tuple[str, ...]] = ("README.md", "docs/**/*.md", "src/kladsim/**/*.py", "examples/**/*.*", "web/src/**/*.json")


def test_examples_move_public_quantities() -> None:
    import re

    root = Path(__file__).parents[2]
    market = [re.escape(n) for n, p in load_register().items() if p.control == "market"]
    shown = re.compile(rf"(?:--set[ =]|parameters=\{{\"|change such as )({'|'.join(market)})\b")
    found = [
        f"{path.relative_to(root)}: {match[0]}"
        for pattern in Examples.files
        for path in root.glob(pattern)
        if path.is_file() and "static" not in path.parts
        for match in shown.finditer(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert not found
