"""From scenario to run: complete, checked against pack, register and quantities, canonical."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from kladsim import Diversion, InputError, Scenario, Takedown
from kladsim.evidence import load_register
from kladsim.model.config import MECHANISMS, Modifier, canonical_json, from_plain, to_plain
from kladsim.policy.resolve import check_quantity


def test_a_run_is_complete(pack: Any, register: Any) -> None:
    plan = Scenario.preset("russia-divert").with_(mechanisms={"M9": False}, parameters={"shop.fee": 0.1}, scale=0.1)
    config = plan.resolve(pack, register)
    assert (config.country, config.scale, config.seed, config.n_days) == ("russia", 10, 1, 4748)
    assert config.parameters == {"courier.pay_per_drop": 400.0, "shop.fee": 0.1}
    assert set(config.switches) == set(MECHANISMS)
    assert [name for name, on in config.switches.items() if not on] == ["M9"]
    assert [modifier.quantity for modifier in config.modifiers] == ["justice.diversion.courier"]


def test_what_lies_outside_the_run_leaves_no_trace(pack: Any, register: Any) -> None:
    base = Scenario.preset("russia")
    plan = base.with_(Takedown(date="2024-01-01"), Diversion(share=0.0, strength=0, start="2020"))
    assert plan.key() != base.key()
    assert canonical_json(plan.resolve(pack, register)) == canonical_json(base.resolve(pack, register))


def test_canonical_text_is_one_for_one_run_and_reads_back(pack: Any, register: Any) -> None:
    levers = (Takedown(date="2024-03-01"), Diversion(share=1, start="2024-01", where=("RU-SPE", "RU-MOW")))
    base = Scenario.preset("russia").with_(until="2025")
    one, other = (base.with_(*order).resolve(pack, register) for order in (levers, levers[::-1]))
    assert canonical_json(one) == canonical_json(other)
    assert canonical_json(from_plain(json.loads(canonical_json(one)))) == canonical_json(one)
    complete = replace(one, parameters=load_register().values())  # also those that the text leaves out at usual values
    assert from_plain(json.loads(canonical_json(complete))) == complete
    with pytest.raises(InputError, match="unknown setting of a run"):
        from_plain(to_plain(one) | {"weather": "mild"})
    modifier = {"quantity": "police_effort", "start": "2015-01-01", "op": "mul", "value": 2.0, "ramp_dayz": 1}
    with pytest.raises(InputError, match="unknown setting of a modifier"):
        from_plain(to_plain(one) | {"modifiers": [modifier]})
    assert to_plain(one)["start"] == "2014-01-01"
    whole = replace(one, parameters={"shop.fee": 1})
    assert canonical_json(whole) == canonical_json(replace(one, parameters={"shop.fee": 1.0}))
    with pytest.raises(ValueError):
        canonical_json(replace(one, parameters={"shop.fee": math.nan}))


def test_names_that_do_not_exist(pack: Any, register: Any) -> None:
    base = Scenario.preset("russia")
    for plan, says in (
        (base.with_(country="georgia"), "country"),
        (base.with_(Diversion(share=0.1, start="2020", where="RU-MOV")), "did you mean 'RU-MOW'"),
        (base.with_(parameters={"courier.pay_per_drp": 1}), "did you mean 'courier.pay_per_drop'"),
        (base.with_(parameters={"shop.fee": -1}), "shop.fee"),
    ):
        with pytest.raises(InputError, match=says):
            plan.resolve(pack, register)


@dataclass(frozen=True)
class TinyQuantity:
    kind: str
    control: str = "public"
    reach: str = "region"
    only_reduced: bool = False


QUANTITIES = {
    "a.share": TinyQuantity("share"),
    "a.factor": TinyQuantity("factor"),
    "a.event": TinyQuantity("event"),
    "a.amount": TinyQuantity("amount"),
    "a.price": TinyQuantity("factor", "market"),
    "a.nation": TinyQuantity("factor", reach="nation"),
}


@pytest.mark.parametrize(
    ("quantity", "value", "says"),
    [
        ("a.shore", 0.5, "did you mean 'a.share'"),
        ("a.share", 1.5, "0 to 1"),
        ("a.factor", -1.0, "0 or more"),
        ("a.event", 1.5, "whole number"),
        ("a.amount", -5.0, "0 or more"),
        ("a.price", 2.0, "not in public hands"),
    ],
)
def test_quantities_are_checked(quantity: str, value: float, says: str) -> None:
    modifier = Modifier(quantity, date(2020, 1, 1), None, "set", value)
    with pytest.raises(InputError, match=says):
        check_quantity(modifier, QUANTITIES, "levers.0")


def test_a_quantity_of_the_nation_has_no_regions() -> None:
    modifier = Modifier("a.nation", date(2020, 1, 1), None, "set", 1.0, "RU-MOW")
    with pytest.raises(InputError, match=r"levers\.0\.where: .*whole country"):
        check_quantity(modifier, QUANTITIES, "levers.0")


@pytest.mark.parametrize(
    ("quantity", "value"), [("a.share", 1.0), ("a.factor", 3.0), ("a.amount", 4e4), ("a.event", 2.0)]
)
def test_possible_quantities_pass(quantity: str, value: float) -> None:
    check_quantity(Modifier(quantity, date(2020, 1, 1), None, "set", value), QUANTITIES, "levers.0")


def test_an_unknown_operation_is_refused_by_name() -> None:
    """The operations of a lever from outside are no types at run time: "mult" ran as "set" before."""
    modifier = Modifier("a.factor", date(2020, 1, 1), None, "mult", 1.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown operation") as refused:
        check_quantity(modifier, QUANTITIES, "levers.0")
    assert (refused.value.value, refused.value.suggestion) == ("mult", "multiply")
