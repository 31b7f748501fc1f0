"""Every lever: evidence, target and costs are declared; strength 0 is nothing; more strength moves the target further."""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path

import pytest
from tests.model.running import russia
from tests.policy.every_lever import EXAMPLES, START, example, finished, measured

from kladsim import Scenario, lever_classes
from kladsim.evidence.register import evidence_ids
from kladsim.model.counters import INDEX
from kladsim.model.outcomes import OUTCOMES
from kladsim.model.quantities import QUANTITIES
from kladsim.policy import levers as own
from kladsim.policy.levers.package import Package, package_names

SMALL = {"until": "2015-07-01", "scale": 1000}
LATER = ("early_warning", "sentencing")
"""Levers whose target moves after more than the small run: their long version is among the long checks."""


def ours() -> list[str]:
    """Return the levers that come with kladsim, without the package."""
    folder = Path(own.__file__).parent
    found = lever_classes().items()
    return [name for name, made in found if Path(inspect.getfile(made)).parent == folder and made is not Package]


def test_every_lever_has_an_example() -> None:
    assert sorted(EXAMPLES) == ours()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_lever_declares_what_it_rests_on(name: str) -> None:
    made = lever_classes()[name]
    assert all(entry.source == "assumption" or entry.source in evidence_ids() for entry in made.evidence)
    assert all(low < high or field == "rank" for field, (low, high) in made.documented.items())
    assert made.target is not None and (made.target.measure in OUTCOMES or made.target.measure in INDEX)
    if made.limit is not None:
        assert made.limit.field in made.model_fields and made.limit.most > 0 and made.limit.source
    assert len(inspect.getsource(inspect.getmodule(made) or made).splitlines()) < 70


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_lever_moves_what_a_public_body_controls(name: str) -> None:
    modifiers = example(name).compile()
    assert modifiers and all(QUANTITIES[modifier.quantity].control == "public" for modifier in modifiers)
    Scenario(name="x", levers=(example(name),)).resolve(russia())


def test_every_public_quantity_has_a_lever() -> None:
    moved = {modifier.quantity for name in EXAMPLES for modifier in example(name).compile()}
    rest = {name for name, quantity in QUANTITIES.items() if quantity.control == "public"} - moved
    other = {"tier": "organiser", "factor": 2.0, "start": START}
    moved |= {modifier.quantity for modifier in lever_classes()["police"](**other).compile()}
    assert rest - moved == {
        "policing.effort.buyer",  # police, tier: buyer
        "justice.diversion.courier",  # diversion, tier: courier
        "justice.sentence.courier",  # sentencing, whom: courier
        "recruitment.prevention",  # recruitment_prevention, whom: all
        "treatment.places",  # a factor of all places: for tests and stress; the lever adds places
    }


def test_all_levers_at_strength_zero_give_the_same_bits() -> None:
    until, scale = "2014-04-01", 2000
    none = finished(until=until, scale=scale)
    weak = finished(*(example(name, 0.0) for name in EXAMPLES), until=until, scale=scale)
    assert weak.config == none.config and weak.digest() == none.digest()


@pytest.mark.parametrize("name", package_names())
def test_a_package_of_the_library_is_sound(name: str) -> None:
    package = Package(of=name, start="2024")
    scenario = Scenario(name="x", until="2026", levers=(package,))
    assert scenario.resolve(russia()).modifiers
    assert Scenario(**scenario.to_plain()) == scenario
    assert Package(of=name, start="2024", strength=0).compile() == ()


@cache
def base() -> dict[str, float]:
    """Return every measure of the small run without levers."""
    run = finished(**SMALL)
    return {name: measured(run, made.target.measure) for name, made in lever_classes().items() if made.target}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_more_strength_moves_the_target_further(name: str) -> None:
    target = lever_classes()[name].target
    assert target is not None
    steps = (1.0,) if name == "takedown" else (0.5, 1.0)
    found = [base()[name], *(measured(finished(example(name, s), **SMALL), target.measure) for s in steps)]
    rising = found if target.direction == "higher" else found[::-1]
    print(f"{name}: {target.measure} {found}")
    assert rising == sorted(rising)
    assert name in LATER or rising[0] < rising[-1]
