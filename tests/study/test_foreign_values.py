"""Values of NumPy and pandas are taken wherever values enter, and stored as Python's own: same keys, same digests."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.study.fake_model import SPEC

from kladsim import Diversion, Police, Scenario, Takedown, Treatment
from kladsim.core.errors import InputError
from kladsim.core.validated import python_value
from kladsim.policy.fields import parse_day
from kladsim.policy.registry import parse_lever
from kladsim.runs import run, verify
from kladsim.study import branch, compare
from kladsim.study.design import Design
from kladsim.study.ensemble import Study
from kladsim.study.factors import Factor


@pytest.mark.parametrize(
    ("foreign", "own"),
    [
        (np.int64(3), 3), (np.uint8(3), 3), (np.float32(0.5), 0.5), (np.float32(0.1), 0.1), (np.float16(0.2), 0.2),
        (np.float64(0.1), 0.1), (np.longdouble(0.25), 0.25), (np.bool_(True), True), (np.str_("courier"), "courier"),
        (np.datetime64("2025-01"), date(2025, 1, 1)), (np.datetime64("2025-02-03"), date(2025, 2, 3)),
        (np.datetime64("2025-02-03T00:00:00"), date(2025, 2, 3)), (np.array([1, 2]), [1, 2]), (np.array(7), 7), (np.array([0.1], dtype=np.float32), [0.1]),
        (np.array(["a", "b"]), ["a", "b"]), (pd.Series([0.5, 0.25]), [0.5, 0.25]), (pd.Index(["a"]), ["a"]),
        ((np.int8(1), [np.float32(0.3)]), (1, [0.3])), ({np.str_("a"): np.bool_(False)}, {"a": False}),
    ],
)  # fmt: skip
def test_a_foreign_value_becomes_the_plain_one(foreign: Any, own: Any) -> None:
    found = python_value(foreign)
    assert found == own and type(found) is type(own)
    json.dumps(found, default=str)


@pytest.mark.parametrize("day", [
    np.datetime64("2025-01-01"), np.datetime64("2025"), pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-01", tz="UTC"),
    np.str_("2025-01"), np.int32(2025), np.datetime64("2025-01-01T00:00", "ns"),
])  # fmt: skip
def test_days_of_every_kind(day: Any) -> None:
    assert parse_day(day) == date(2025, 1, 1)
    assert Diversion(share=0.5, start=day) == Diversion(share=0.5, start="2025-01-01")


@pytest.mark.parametrize("day", [
    np.datetime64("NaT"), pd.NaT, pd.NA, np.datetime64("2025-01-01T12:00"), pd.Timestamp("2025-01-01 12:00"), np.nan,
    np.bool_(True), np.float64(2025.0), np.array(["2025-01-01"]),
])  # fmt: skip
def test_what_is_no_day_is_refused(day: Any) -> None:
    with pytest.raises(InputError, match="start"):
        Diversion(share=0.5, start=day)


FOREIGN = [
    ({"seed": np.int64(3)}, {"seed": 3}),
    ({"scale": np.float64(0.01)}, {"scale": "1/100"}),
    ({"scale": np.float32(0.01)}, {"scale": Fraction(1, 100)}),
    ({"scale": np.int64(1)}, {"scale": 1}),
    ({"until": np.datetime64("2016-06")}, {"until": "2016-06-01"}),
    ({"until": pd.Timestamp("2016-06-01")}, {"until": date(2016, 6, 1)}),
    ({"name": np.str_("x"), "country": np.str_("russia")}, {"name": "x"}),
    ({"parameters": {np.str_("courier.slack"): np.float32(0.3)}}, {"parameters": {"courier.slack": 0.3}}),
    ({"mechanisms": {"M9": np.bool_(False)}}, {"mechanisms": {"M9": False}}),
    ({"parameters": pd.Series({"courier.slack": 0.3}).to_dict()}, {"parameters": {"courier.slack": 0.3}}),
]


@pytest.mark.parametrize(("foreign", "own"), FOREIGN)
def test_a_scenario_of_foreign_values_is_the_same_one(foreign: dict[str, Any], own: dict[str, Any]) -> None:
    base = Scenario(name="x")
    one, other = base.with_(**foreign), base.with_(**own)
    assert one == other and one.key() == other.key() and one.to_yaml() == other.to_yaml()
    assert all(type(value).__module__ != "numpy" for value in one.fields().values())


@pytest.mark.parametrize(
    ("foreign", "own"),
    [
        (Diversion(share=np.float32(0.1), tier=np.str_("courier"), start=np.datetime64("2015-01")),
         Diversion(share=0.1, tier="courier", start="2015-01")),
        (parse_lever({"lever": np.str_("diversion"), "share": np.float64(0.5), "start": pd.Timestamp("2015-01-01")}),
         Diversion(share=0.5, start="2015-01")),
        (Treatment(places=np.uint16(4000), start=np.int64(2015)), Treatment(places=4000, start="2015")),
        (Takedown(date=np.datetime64("2015-03-01")), Takedown(date="2015-03-01")),
        (Police(tier=np.str_("courier"), factor=np.float16(1.5), start="2015", where=np.array(["RU-MOW", "RU-SPE"])),
         Police(tier="courier", factor=1.5, start="2015", where=["RU-MOW", "RU-SPE"])),
        (Diversion(share=0.5, start="2015", strength=np.float32(0.9), cost=np.int16(5)),
         Diversion(share=0.5, start="2015", strength=0.9, cost=5)),
    ],
)  # fmt: skip
def test_a_lever_of_foreign_values_is_the_same_one(foreign: Any, own: Any) -> None:
    one, other = Scenario(name="x").with_(foreign), Scenario(name="x").with_(own)
    assert foreign == own and repr(foreign) == repr(own) and one.key() == other.key() and one.to_yaml() == other.to_yaml()


def test_runs_comparisons_and_branches_take_them(tmp_path: Path) -> None:
    base = Scenario(name="x", until="2015-01-01")
    plan = base.with_(Diversion(share=0.5, start="2014-06"), name="y")
    one = run(base, replicates=np.int64(2), seed=np.int16(4), until=np.datetime64("2015-02"), threads=np.int8(1),
              workers=np.int64(1), engine=SPEC)  # fmt: skip
    assert run(base, replicates=2, seed=4, until="2015-02", engine=SPEC).from_store
    assert verify(one.path, replicates=np.int64(1), engine=SPEC).same
    found = compare(base, plan, replicates=np.int64(2), scale=np.float32(0.01), seed=np.int64(5), repeats=np.int8(1),
                    until=pd.Timestamp("2015-01-01"), precision={"deaths": np.float32(1e6)}, max_replicates=np.int64(4),
                    engine=SPEC)  # fmt: skip
    assert compare(base, plan, replicates=2, seed=5, until="2015-01-01", engine=SPEC).from_store
    json.loads(found.save().read_text())
    first = branch(one, base.with_(until="2015-06"), at=np.datetime64("2014-09-01"), until=np.datetime64("2015-06"),
                   engine=SPEC)[0]  # fmt: skip
    again = branch(one, base.with_(until="2015-06"), at="2014-09-01", until="2015-06", engine=SPEC)[0]
    assert again.from_store and again.digest == first.digest


def test_studies_take_them(tmp_path: Path) -> None:
    base = Scenario(name="x", until="2014-03-01").with_(Diversion(share=0.5, start="2014-02"))
    own = Study.plan(base, vary=[Factor("diversion.share", 0.1, 0.9)], design=Design("lhs", 4, 7), replicates=2,
                     seed=3, until="2014-04", out=tmp_path / "own", engine=SPEC)  # fmt: skip
    foreign = Study.plan(
        base, vary=[Factor(np.str_("diversion.share"), np.float32(0.1), np.float32(0.9))],
        design=Design("lhs", np.int64(4), np.int32(7)), replicates=np.int64(2), seed=np.int64(3),
        until=np.datetime64("2014-04"), out=tmp_path / "foreign", engine=SPEC,
    )  # fmt: skip
    assert foreign.keys == own.keys
    assert (foreign.path / "study.json").read_bytes() == (own.path / "study.json").read_bytes()
    foreign.run(workers=np.int64(1), threads=np.int8(1), replicates=np.int64(2))
    own.run()
    assert foreign.collect().digest() == own.collect().digest()
    values = Factor("diversion.tier", values=np.array(["courier", "buyer"]))
    assert values == Factor("diversion.tier", values=("courier", "buyer")) and type(values.values[0]) is str


@pytest.mark.parametrize("name", ["replicates", "threads", "workers"])
@pytest.mark.parametrize("value", [np.float64(2.0), np.bool_(True), np.int64(0), "2", None, 2.5])
def test_what_is_no_count_is_refused_in_words(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"{name}: is not a positive whole number"):
        run(Scenario(name="x"), **{name: value}, engine=SPEC)
