"""Every kernel equals its plain-Python twin: the whole day without the compiler gives the same bits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.model.running import configuration, in_process, russia
from tests.model.twin_driver import PARAMETERS, SCALE

from kladsim.core.jit import plain
from kladsim.evidence import load_register
from kladsim.model import careers, couriers, drops, platforms, policing, punishment, shops


def digests(days: int, *state: str) -> tuple[list[str], list[str]]:
    """Return what the compiled and the interpreted run print."""
    code = f"from tests.model.twin_driver import main; main({days}, *{list(state)!r})"
    return tuple(in_process(code, NUMBA_DISABLE_JIT=off).split(maxsplit=2) for off in ("0", "1"))


def test_first_days_without_the_compiler():
    compiled, interpreted = digests(8)
    assert (compiled[0], interpreted[0]) == ("0", "1")
    assert compiled[1:] == interpreted[1:]


def test_days_of_a_grown_market_without_the_compiler(tmp_path):
    """From the last days of March 2022 through the closure of the largest platform."""
    from kladsim.model.simulation import Simulation

    s = Simulation(configuration("2023-01-01", SCALE, parameters=PARAMETERS), russia())
    s.run(russia().day_of(russia().events_of("platform_takedown")[0].date_start) - 8)
    path = tmp_path / "state.npz"
    s.save(path)
    compiled, interpreted = digests(20, str(path))
    assert (compiled[0], interpreted[0]) == ("0", "1")
    assert compiled[1:] == interpreted[1:]
    assert "'orders': 0" not in compiled[2]
    assert "'placed': 0" not in compiled[2]


P = load_register().record()[0]
POSITIVE = st.floats(0.01, 50.0)
SHARE = st.floats(0.0, 1.0)


@given(POSITIVE, POSITIVE, POSITIVE)
def test_feedback_on_initiation(risk, availability, peers):
    expected = (
        risk ** -P["use_initiation_risk"]
        * availability ** P["use_initiation_availability"]
        * peers ** P["use_initiation_peers"]
    )
    assert careers.feedback(risk, availability, peers, P) == pytest.approx(expected, rel=1e-12)


@given(POSITIVE)
def test_risk_premium_saturates(risk):
    x = max(risk, 0.01) ** P["price_risk_power"]
    assert shops.risk_premium(risk, P) == pytest.approx(1 + P["price_risk"] * x / (1 + x), rel=1e-12)
    assert 1.0 <= shops.risk_premium(risk, P) <= 1.0 + P["price_risk"]


@given(st.floats(0.2, 5.0), st.floats(0.2, 3.0), st.floats(-0.02, 0.3), SHARE)
def test_hardship_is_offset_by_benefits(unemployment, wage, inflation, support):
    raw = unemployment ** P["recruitment_unemployment"] * wage ** -P["recruitment_wage"]
    raw *= 1 + P["recruitment_inflation"] * inflation
    expected = raw if raw <= 1 else 1 + (raw - 1) * (1 - support)
    assert couriers.hardship(unemployment, wage, inflation, support, P) == pytest.approx(expected, rel=1e-12)


@given(st.floats(0, 30), SHARE)
def test_theft_by_couriers_falls_with_fear_and_deposits(fear, deposits):
    expected = P["drops_theft"] * math.exp(-P["punishment_deterrence"] * fear)
    expected *= 1 - P["drops_deposit_effect"] * deposits
    assert drops.theft_by_couriers(fear, deposits, P) == pytest.approx(expected, rel=1e-12)


@given(st.floats(0, 100), st.integers(0, 50), st.floats(0.5, 1.5))
def test_punishment_only_above_what_is_put_up_with(reports, number, harshness):
    above = max(0.0, reports / max(1, number) - P["punishment_tolerance"])
    expected = P["punishment_readiness"] * harshness * above
    assert punishment.hazard_of_branch(reports, number, harshness, P) == pytest.approx(expected, rel=1e-12)


@given(POSITIVE, POSITIVE, st.floats(0.01, 1e6), POSITIVE)
def test_arrests_saturate_in_numbers(effort, skill, number, half):
    few = policing.arrests_expected(effort, skill, number, half)
    many = policing.arrests_expected(effort, skill, 2 * number, half)
    assert few <= many <= min(2 * few, effort * skill) * (1 + 1e-12)


@given(SHARE, SHARE, POSITIVE, SHARE, st.floats(1.0, 5.0))
def test_attraction_of_a_platform(reach, size, trust, promotion, memory):
    expected = (
        reach ** P["platform_reach"]
        * size ** (P["platform_size"] / memory)
        * trust ** P["platform_trust"]
        * math.exp(P["platform_promotion"] * promotion)
    )
    found = platforms.attraction(reach, size, trust, promotion, memory, P)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("function", [careers.age_of_first_use, couriers.age_of_recruits])
def test_shapes_by_age_equal_their_twins(function):
    assert [function(age) for age in range(14, 65)] == [plain(function)(age) for age in range(14, 65)]
