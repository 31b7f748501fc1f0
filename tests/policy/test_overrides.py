"""Changes told in text on the command line."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kladsim import InputError, Scenario, Takedown
from kladsim.policy.overrides import apply_overrides


def test_every_kind_of_change() -> None:
    changes = [
        "seed=3",
        "scale = 1/10",
        "until=2026-07",
        "name=a=b",
        "mechanisms.M9=off",
        "courier.pay_per_drop=450",
        "parameters.shop.fee=5e-2",
        "levers.diversion.share=0.25",
        "levers.takedown.date=2024-05-01",
        "levers.diversion.where=RU-MOW",
    ]
    plan = apply_overrides(Scenario.preset("russia-divert").with_(Takedown(date="2024-03-01")), changes)
    assert (plan.seed, plan.scale, plan.until, plan.name) == (3, Fraction(1, 10), date(2026, 7, 1), "a=b")
    assert plan.mechanisms == {"M9": False}
    assert plan.parameters == {"courier.pay_per_drop": 450.0, "shop.fee": 0.05}
    diversion, takedown = plan.to_plain()["levers"]
    assert takedown["date"] == "2024-05-01"
    assert (diversion["share"], diversion["where"]) == (0.25, ["RU-MOW"])
    assert apply_overrides(plan, ["mechanisms.M9=on"]).mechanisms == {}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("seed", "FIELD=VALUE"),
        ("=3", "FIELD=VALUE"),
        ("seed=", "FIELD=VALUE"),
        ("a..b=3", "FIELD=VALUE"),
        ("mechanisms=off", "names nothing"),
        ("sed=3", "did you mean 'seed'"),
        ("seed=three", "seed: is not a whole number"),
        ("scale=7", "scale: is not a scale"),
        ("until=2013", "until"),
        ("mechanisms.M99=off", "unknown mechanism"),
        ("mechanisms.M9=perhaps", "mechanisms.M9: is not a switch"),
        ("courier.pay_per_drop=lots", "courier.pay_per_drop: is not a number"),
        ("courier.pay_per_drop=nan", "courier.pay_per_drop: is not a finite number"),
        ("levers.diversoin.share=0.5", "did you mean 'diversion'"),
        ("levers.diversion.shares=0.5", "did you mean 'share'"),
        ("levers.diversion=0.5", "unknown option"),
        ("levers.diversion.share=5", "levers.diversion.share: is not allowed"),
    ],
)
def test_errors_name_the_change(change: str, says: str) -> None:
    with pytest.raises(InputError, match="--set") as caught:
        apply_overrides(Scenario.preset("russia-divert"), [change])
    assert says in str(caught.value)


def test_a_lever_that_is_there_twice_cannot_be_named() -> None:
    twice = Scenario.preset("russia").with_(Takedown(date="2024-03-01"), Takedown(date="2025-01-01"))
    with pytest.raises(InputError, match="more than once"):
        apply_overrides(twice, ["levers.takedown.rank=2"])


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        apply_overrides(Scenario.preset("russia"), [text])
    except InputError:
        pass
