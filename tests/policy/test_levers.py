"""Levers: what they compile to, that strength 0 is nothing, and that others can add one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kladsim import Diversion, Evidence, InputError, Lever, Package, Programme, Scenario, Takedown, lever_classes
from kladsim.model.config import Modifier
from kladsim.policy import lever as lever_module
from kladsim.policy import registry


def test_takedown_closes_one_platform_on_its_day() -> None:
    (event,) = Takedown(date="2024-03-01").compile()
    assert event == Modifier("platform.takedown", date(2024, 3, 1), date(2024, 3, 2), "set", 1.0)


def test_a_repeated_takedown_is_one_event_each() -> None:
    events = Takedown(date="2024", rank=2, times=3, every_days=10).compile()
    assert [event.start.day for event in events] == [1, 11, 21]
    assert {event.value for event in events} == {2.0}


def test_diversion_acts_by_region_after_its_delay() -> None:
    plan = Diversion(
        share=0.5, start="2025", end="2026", where=("RU-MOW", "RU-SPE"), delay_days=31, ramp_days=90
    )
    first, second = plan.compile()
    assert first == Modifier(
        "justice.diversion.courier", date(2025, 2, 1), date(2026, 1, 1), "set", 0.5, "RU-MOW", 90
    )
    assert second.region == "RU-SPE"


@pytest.mark.parametrize(
    "lever", [Takedown(date="2024", strength=0), Diversion(share=0.9, start="2024", strength=0.0)]
)
def test_strength_zero_changes_nothing(lever: Lever) -> None:
    assert lever.compile() == ()


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_diversion_grows_with_strength(share: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    weak, strong = (
        sum(modifier.value for modifier in Diversion(share=share, start="2024", strength=strength).compile())
        for strength in (low, high)
    )
    assert 0 <= weak <= strong <= share


@pytest.mark.parametrize(
    ("make", "where", "says"),
    [
        (lambda: Diversion(share=1.5, start="2024"), "share", "at most 1"),
        (lambda: Diversion(share=float("nan"), start="2024"), "share", "finite"),
        (lambda: Diversion(share=0.5, start="2024", end="2023"), "end", "after the start"),
        (lambda: Diversion(share=0.5, start="2032"), "start", "2030-12-31"),
        (
            lambda: Diversion(share=0.5, start="2024", end="2024-02", delay_days=40),
            "delay_days",
            "less than 31",
        ),
        (lambda: Diversion(share=0.5, start="2024", ramp_days=-1), "ramp_days", "at least 0"),
        (lambda: Diversion(share=0.5, start="2024", where=("A", "A")), "where", "twice"),
        (lambda: Diversion(share=0.5, start="2024", tier="shop"), "tier", "courier"),
        (lambda: Diversion(share=0.5, start="2024", strength=2), "strength", "at most 1"),
        (lambda: Diversion(shares=0.5, start="2024"), "Diversion", "did you mean 'share'"),  # type: ignore[call-arg]
        (lambda: Takedown(date="2024", rank=0), "rank", "at least 1"),
        (lambda: Takedown(date="2024", strength=0.5), "strength", "0 or 1"),
        (lambda: Takedown(date="2030-06", times=5), "times", "2030-12-31"),
    ],
)
def test_errors_name_the_field(make: Callable[[], Lever], where: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        make()
    assert caught.value.where == where


def test_two_levers_must_not_fight_over_one_quantity() -> None:
    base = Scenario.preset("russia-divert").with_(Takedown(date="2024-03-01"))
    with pytest.raises(InputError, match=r"levers\.2.*diversion.*justice\.diversion\.courier"):
        base.with_(Diversion(share=0.2, start="2025", where="RU-MOW"))
    with pytest.raises(InputError, match=r"platform\.takedown"):
        base.with_(Takedown(date="2024-03-01", rank=2))
    base.with_(Takedown(date="2024-03-02"))
    apart = Scenario.preset("russia").with_(
        Diversion(share=0.2, start="2020", end="2021"),
        Diversion(share=0.3, start="2021", where="RU-MOW"),
        Diversion(share=0.4, start="2021", where="RU-SPE"),
    )
    assert len(apart.levers) == 3


def test_every_lever_says_what_is_known_of_it() -> None:
    classes = lever_classes()
    assert {"takedown", "diversion"} <= set(classes)
    for name, lever in classes.items():
        assert lever.name == name and lever.__doc__
        assert lever.evidence and all(entry.grade in "ABCD" and entry.says for entry in lever.evidence)
        assert set(lever.documented) <= set(lever.model_fields)


@pytest.fixture
def clean_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    lever_classes()
    monkeypatch.setattr(lever_module, "LEVER_CLASSES", dict(lever_module.LEVER_CLASSES))
    monkeypatch.setattr(registry, "LEVER_CLASSES", lever_module.LEVER_CLASSES)
    registry._load_plugins.cache_clear()


@pytest.mark.usefixtures("clean_registry")
def test_a_lever_from_outside_in_a_dozen_lines() -> None:
    class Patrols(Programme):
        """Multiply police effort against couriers by ``factor``."""

        name: ClassVar[str] = "test-patrols"
        evidence: ClassVar[tuple[Evidence, ...]] = (Evidence("assumption", "D", "a test"),)
        factor: float

        def effects(self) -> Iterable[Modifier]:
            return self.change("policing.effort.courier", "multiply", self.factor)

    entry = {"lever": "test-patrols", "factor": 2.0, "start": "2020"}
    scenario = Scenario(name="x", levers=[entry])
    assert scenario.levers == (Patrols(factor=2.0, start="2020"),)
    assert scenario.to_plain()["levers"] == [entry | {"start": "2020-01-01"}]


@pytest.mark.usefixtures("clean_registry")
def test_a_lever_needs_evidence_and_a_name_of_its_own() -> None:
    with pytest.raises(InputError, match="no evidence"):
        type("Silent", (Lever,), {"name": "silent", "__annotations__": {"name": ClassVar[str]}})
    members = {
        "name": "takedown",
        "evidence": (Evidence("assumption", "D", "a test"),),
        "__annotations__": {"name": ClassVar[str], "evidence": ClassVar[tuple[Evidence, ...]]},
    }
    with pytest.raises(InputError, match="exists"):
        type("Takeover", (Lever,), members)


@pytest.mark.usefixtures("clean_registry")
@pytest.mark.parametrize(
    ("value", "says"), [("no.such:thing", "cannot be loaded"), ("fractions:Fraction", "not a Lever")]
)
def test_a_broken_entry_point_is_named(monkeypatch: pytest.MonkeyPatch, value: str, says: str) -> None:
    point = EntryPoint("broken", value, registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr("kladsim.core.registry.entry_points", lambda group: [point])
    with pytest.raises(InputError, match=f"lever broken: .*{says}"):
        lever_classes()


def test_a_programme_without_a_start_runs_from_the_first_day_and_says_so() -> None:
    plan = Scenario(name="p", levers=(Diversion(share=0.5),))
    assert plan.levers == (Diversion(share=0.5, start="2014-01-01"),)
    assert any("first day" in note for note in plan.notes())
    dated = Package(levers=(Diversion(share=0.5), Diversion(share=0.1, start="2025", where="RU-MOW")), start="2024-07")
    assert {event.start.year for event in dated.compile()} == {2024, 2025}
