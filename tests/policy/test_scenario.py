"""Scenarios: frozen, canonical, readable, and clear about what is wrong."""

from __future__ import annotations

import copy
import pickle  # noqa: TID251 - worker processes get scenarios this way, states never
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kladsim import Diversion, InputError, Lever, Scenario, Takedown
from kladsim.core.errors import StorageError
from kladsim.model.config import END_OF_TIME, FIRST_DAY, MECHANISMS

DAYS = st.dates(FIRST_DAY, END_OF_TIME - timedelta(days=2))
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(
    lambda text: text.isprintable() and bool(text.strip())
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def levers(draw: st.DrawFn) -> tuple[Lever, ...]:
    """At most one takedown and one diversion, so that none fight."""
    drawn: list[Lever] = []
    if draw(st.booleans()):
        drawn.append(Takedown(date=draw(DAYS), rank=draw(st.integers(1, 10))))
    if draw(st.booleans()):
        start = draw(DAYS)
        end = draw(st.none() | st.dates(start + timedelta(days=1), END_OF_TIME))
        drawn.append(Diversion(share=draw(st.floats(0, 1)), start=start, end=end, where=("RU-MOW",)))
    return tuple(drawn)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    start = draw(DAYS)
    return Scenario(
        name=draw(NAMES),
        start=start,
        until=draw(st.dates(start + timedelta(days=1), END_OF_TIME)),
        scale=Fraction(1, draw(st.integers(1, 1000))),
        seed=draw(st.integers(0, 2**63 - 1)),
        generator=draw(st.sampled_from(["splitmix", "philox"])),
        parameters=draw(st.dictionaries(st.sampled_from(["a.b", "c.d_e", "m.n"]), NUMBERS)),
        mechanisms=draw(st.dictionaries(st.sampled_from(MECHANISMS), st.booleans())),
        levers=draw(levers()),
    )


@given(scenarios())
def test_yaml_round_trip(tmp_path_factory: pytest.TempPathFactory, scenario: Scenario) -> None:
    path = tmp_path_factory.mktemp("yaml") / "s.yaml"
    scenario.to_yaml(path)
    again = Scenario.from_yaml(path)
    assert again == scenario
    assert again.key() == scenario.key()


@given(scenarios(), NAMES)
def test_key_ignores_the_name(scenario: Scenario, name: str) -> None:
    assert scenario.with_(name=name).key() == scenario.key()


@given(scenarios(), st.integers(0, 2**63 - 1))
def test_with_changes_only_the_copy(scenario: Scenario, seed: int) -> None:
    before = scenario.to_plain()
    plan = scenario.with_(seed=seed, parameters={"z.z": 1.0}, mechanisms={"M9": False})
    assert scenario.to_plain() == before
    assert (
        plan.seed == seed
        and plan.parameters["z.z"] == 1.0
        and plan.mechanisms == {"M9": False} | dict(scenario.mechanisms)
    )
    assert plan.until == scenario.until and plan.levers == scenario.levers
    assert (plan.key() == scenario.key()) == (plan.to_plain() | {"name": ""} == before | {"name": ""})


@given(scenarios())
def test_copies_and_pickles_are_equal(scenario: Scenario) -> None:
    assert copy.deepcopy(scenario) == pickle.loads(pickle.dumps(scenario)) == scenario  # noqa: S301
    assert hash(copy.deepcopy(scenario)) == hash(scenario)


def test_key_ignores_spelling_and_order() -> None:
    one = Scenario(name="a", scale=0.01, levers=[Takedown(date="2020"), Diversion(share=1, start="2021-01")])
    other = Scenario(
        name="b",
        scale="1/100",
        mechanisms={"M3": True},
        levers=[Diversion(share=1.0, start=date(2021, 1, 1)), Takedown(date=2020, rank=1)],
    )
    assert one.key() == other.key()
    assert one.key() != other.with_(seed=2).key()


def test_a_scenario_cannot_be_changed_in_place() -> None:
    scenario = Scenario.preset("russia").with_(parameters={"a.b": 1})
    for change in (
        lambda: setattr(scenario, "seed", 2),
        lambda: scenario.parameters.__setitem__("a.b", 2.0),  # type: ignore[index]
    ):
        with pytest.raises((InputError, ValueError, AttributeError, TypeError)):
            change()
    assert scenario.seed == 1 and scenario.parameters == {"a.b": 1.0}


@pytest.mark.parametrize(("given_scale", "k"), [(1, 1), (0.1, 10), (0.01, 100), ("1/100", 100), ("0.05", 20)])
def test_scales(given_scale: Any, k: int) -> None:
    assert Scenario(name="x", scale=given_scale).scale == Fraction(1, k)


@given(st.integers(1, 1_000_000))
def test_every_unit_fraction_is_a_scale_also_as_a_float(k: int) -> None:
    assert Scenario(name="x", scale=1 / k).scale == Fraction(1, k)


BAD_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"untill": "2020"}, "Scenario", "did you mean 'until'"),
    ({"self": 1}, "Scenario", "unknown key"),
    ({"scale": 0}, "scale", "1/k"),
    ({"scale": 2}, "scale", "1/k"),
    ({"scale": 100}, "scale", "1/k"),
    ({"scale": -0.01}, "scale", "1/k"),
    ({"scale": 0.3}, "scale", "one over a whole number"),
    ({"scale": float("nan")}, "scale", "1/k"),
    ({"scale": "1/0"}, "scale", "1/k"),
    ({"scale": True}, "scale", "1/k"),
    ({"seed": -1}, "seed", "at least 0"),
    ({"seed": 1.5}, "seed", "whole number"),
    ({"seed": True}, "seed", "whole number"),
    ({"start": "2013-12-31"}, "start", "2014-01-01 to 2030-12-31"),
    ({"until": "2031-01-02"}, "until", "2014-01-01 to 2031-01-01"),
    ({"until": "2020-13"}, "until", "YYYY-MM-DD"),
    ({"until": "next year"}, "until", "YYYY-MM-DD"),
    ({"start": "2020", "until": "2019"}, "until", "after the start"),
    ({"start": "2020", "until": "2020"}, "until", "after the start"),
    ({"parameters": {"a.b": float("nan")}}, "parameters.a.b", "finite"),
    ({"parameters": {"a.b": float("inf")}}, "parameters.a.b", "finite"),
    ({"parameters": {"a.b": 10**400}}, "parameters.a.b", "finite"),
    ({"parameters": {"a.b": "3"}}, "parameters.a.b", "number"),
    ({"parameters": 3}, "parameters", "mapping"),
    ({"mechanisms": {"M16": False}}, "mechanisms", "M1 to M15, M17"),
    ({"mechanisms": {"M1": "maybe"}}, "mechanisms.M1", "on or off"),
    ({"generator": "mersenne"}, "generator", "philox"),
    ({"name": ""}, "name", "printable"),
    ({"name": "two\nlines"}, "name", "printable"),
    ({"levers": [3]}, "levers.0", "lever: NAME"),
    ({"levers": [{"lever": "takedwn", "date": "2020"}]}, "levers.0.lever", "did you mean 'takedown'"),
    ({"levers": [{"lever": "takedown"}]}, "levers.0.takedown.date", "required"),
    (
        {"levers": [{"lever": "takedown", "date": "2020", "rnk": 1}]},
        "levers.0.takedown",
        "did you mean 'rank'",
    ),
]


@pytest.mark.parametrize(("fields", "where", "says"), BAD_FIELDS)
def test_errors_name_the_field_and_what_is_allowed(fields: dict[str, Any], where: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        Scenario(**{"name": "x"} | fields)
    assert caught.value.where is not None and caught.value.where.startswith(where)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Scenario.preset("rusia"), "did you mean 'russia'"),
        (lambda: Scenario.load("rusia-divert"), "did you mean 'russia-divert'"),
        (lambda: Scenario.preset("russia").with_(sed=3), "did you mean 'seed'"),  # type: ignore[call-arg]
        (lambda: Scenario.preset("russia").with_(parameters=3), "mapping"),  # type: ignore[arg-type]
        (lambda: Scenario.preset("russia").with_("takedown"), "not a lever"),  # type: ignore[arg-type]
        (lambda: Scenario.from_yaml("nowhere/at-all.yaml"), "cannot be read"),
    ],
)
def test_bad_calls(call: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        call()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: [", "is not YAML"),
        ("name: x\nname: y\n", "is not YAML"),
        ("until: 2024-13-45\n", "is not YAML"),
        ("\x00", "is not YAML"),
        ("- a\n- b\n", "not a mapping"),
        ("", "not a mapping"),
        ("based_on: rusia\n", "did you mean 'russia'"),
        ("based_on: [russia]\n", "not a preset"),
        ("until: 2012-01-01\n", "until"),
        ("3: 4\n", "unknown key"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        Scenario.from_yaml(path)
    assert "plan.yaml" in str(caught.value)


def test_a_file_stands_on_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("based_on: russia-divert\nseed: 5\nmechanisms: {M9: off}\n")
    mine = Scenario.load(path)
    base = Scenario.preset("russia-divert")
    assert (mine.name, mine.seed, mine.mechanisms) == ("mine", 5, {"M9": False})
    assert (mine.until, mine.levers) == (base.until, base.levers)


def test_an_unwritable_file_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        Scenario.preset("russia").to_yaml(tmp_path / "missing" / "s.yaml")


def test_presets() -> None:
    russia, divert = Scenario.preset("russia"), Scenario.preset("russia-divert")
    assert (russia.start, russia.until) == (date(2014, 1, 1), date(2024, 1, 1))
    assert (russia.scale, russia.seed, russia.levers) == (Fraction(1, 100), 1, ())
    assert divert.until == date(2027, 1, 1)
    assert divert.levers == (Diversion(share=0.5, start="2024-01"),)
    assert russia.notes() == ()
    assert all("assumption" in note for note in divert.notes())


def test_the_printed_form_shows_what_changed() -> None:
    plan = Scenario.preset("russia").with_(
        Diversion(share=0.8, start="2025-01"),
        name="Divert <b>",
        parameters={"shop.fee": 0.1},
        mechanisms={"M9": "off"},
    )
    for told in (
        "'Divert <b>' from russia",
        "shop.fee register → 0.1",
        "M9 off",
        "+ Diversion(",
        "share=0.8",
    ):
        assert told in repr(plan)
    assert "until" not in repr(plan)
    card = plan._repr_html_()
    assert "Divert &lt;b&gt;" in card and "<b>" not in card
    outside, assumed = plan.notes()
    assert "outside the run" in outside and "rests on an assumption" in assumed
    (beyond,) = Scenario.preset("russia").with_(Takedown(date="2020", rank=3)).notes()
    assert "takedown.rank = 3 lies outside the documented range" in beyond


def test_a_country_means_its_pack_whatever_it_is_called() -> None:
    usual = Scenario(name="a", country="south-korea")
    for text in ("KR", "KOR", "South Korea", "Республика Корея"):
        assert Scenario(name="a", country=text).key() == usual.key()
