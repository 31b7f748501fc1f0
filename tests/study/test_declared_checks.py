"""Checks that are data: formulas of facts worked out by hand, and mistakes that name the near match."""

from __future__ import annotations

import math

import pytest

from kladsim.core.errors import InputError
from kladsim.validation.checks import declared
from kladsim.validation.checks.declared import _Check, formula, names_of
from kladsim.validation.judging import result_of
from kladsim.validation.verdicts import CheckInput

A = {"orders@2014": 10.0, "orders@2015": 30.0, "quits@2014": 1.0, "quits@2015": 2.0, "share": 0.5}
B = {"orders@2014": 20.0, "orders@2015": 15.0, "share": 0.25}


@pytest.mark.parametrize(
    ("text", "facts", "value"),
    [
        ("f[orders@2015] / f[orders@2014]", (A,), 3.0),
        ("100 * (f[orders quits @2014..2015] - 3)", (A,), 4000.0),
        ("change[orders@2015]", (A, B), -50.0),
        ("-(change[orders@2014..2015])", (A, B), 12.5),
        ("b[share] - a[share]", (A, B), -0.25),
        ("max(f[share], f[quits@2014]) + min(1, 2) + abs(-1)", (A,), 3.0),
        ("-log(1.0 - f[share])", (A,), math.log(2.0)),
    ],
)
def test_formulas(text: str, facts: tuple[dict[str, float], ...], value: float) -> None:
    assert formula(text)(*facts) == pytest.approx(value)


def test_facts_and_years_are_added_in_their_order() -> None:
    assert names_of("a b @2014..2015") == ("a@2014", "a@2015", "b@2014", "b@2015")
    assert names_of("T03.0") == ("T03.0",)


def check(**changes: object) -> _Check:
    part = {"name": "orders", "measure": "f[orders@2014]", "unit": "orders", "low": 5.0}
    return _Check(**{"ids": ("X",), "kind": "pattern", "needs": ("base",), "parts": (part | changes,)})


def test_a_part_is_judged_by_its_band() -> None:
    rows = {"base": [{"replicate": 0, "arms": {"base": A, "arm": B}}, {"replicate": 1, "arms": {"base": B, "arm": A}}]}
    (made,) = check().checks()
    assert made.judge is not None and made.judge(CheckInput(rows)).ok
    assert not check(low=15.0).judge(CheckInput(rows)).ok
    paired = check(arm="arm", measure="b[orders@2014] - a[orders@2014]", sign="rises")
    assert paired.judge(CheckInput(rows)).share == 0.5  # +10 and -10
    near = check(near=12.0).judge(CheckInput(rows)).parts[0]
    assert (near.low, near.high) == (9.0, 15.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"measure": "f[orders@2014] / maxx(1, 2)"}, "did you mean 'max'"),
        ({"measure": "f[orders@2014] +"}, "is no formula"),
        ({"measur": "f[orders@2014]"}, "parts"),
        ({"arm": "wagess", "of": "arms"}, "did you mean 'wages'"),
    ],
)
def test_mistakes_name_the_near_match(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check(**changes).checks()
    assert message in str(caught.value)


def test_an_experiment_that_is_not_there_names_the_near_match() -> None:
    with pytest.raises(InputError, match="did you mean 'base'"):
        _Check(ids=("X",), kind="pattern", needs=("bas",)).checks()


def test_the_file_is_read_whole_and_every_id_once() -> None:
    every = [one.id for one in declared.declared()]
    assert len(every) == len(set(every)) and {"P01", "PL3", "S098", "O1"} <= set(every)
    assert result_of(next(one for one in declared.declared() if one.id == "O1"), CheckInput({})).status == "not testable"
