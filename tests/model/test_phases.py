"""A phase touches nothing but what it declares, and the printed order is the order that runs."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.model.running import configuration, in_process, russia
from tests.model.twin_driver import PARAMETERS, SCALE

from kladsim.core.jit import plain
from kladsim.core.phases import Phase, call_of, fuse
from kladsim.model.day import PHASES, TABLES_AND_COLUMNS, fused, order

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from phase_access import access, differences

PLANTS = {
    "learning of police:police.tier_plan": "'learning of police'.*tier_plan",
    "learning of police:police.success": "'learning of police'.*read-only",
    "vacancies:labour.lack": "'vacancies'.*read-only",
    "prices:supply.cover": "'prices'.*cover",
    "police effort:labour.couriers_met": "'police effort'.*couriers_met",
    "birthdays:people.alive": "'birthdays'.*read-only",
}
"""A phase and what its declaration lacks, and what is said of it."""


def test_phases_touch_only_what_they_declare(tmp_path):
    """Days of 2022 with the closure of the largest platform, each phase alone in plain Python; same bits as compiled."""
    from kladsim.model.simulation import Simulation

    s = Simulation(configuration("2023-01-01", SCALE, parameters=PARAMETERS), russia())
    begin = russia().day_of(russia().events_of("platform_takedown")[0].date_start) - 16
    s.run(begin)
    path = tmp_path / "state.npz"
    s.save(path)
    days = 17
    assert any(day % 30 == 0 for day in range(begin, begin + days)), "the monthly phase runs"
    s.run(begin + days)
    code = f"from tests.model.phase_driver import main; main({str(path)!r}, {days}, *{list(PLANTS)!r})"
    digest, *found = in_process(code, NUMBA_DISABLE_JIT="1").splitlines()
    assert digest == s.digest()
    for (plant, said), line in zip(PLANTS.items(), found, strict=True):
        assert re.search(said, line), (plant, line)


def test_declarations_are_what_the_sources_do():
    assert list(differences(PHASES)) == []


@pytest.mark.parametrize("plant", PLANTS)
def test_a_missing_declaration_is_found_in_the_source(plant):
    name, lacking = plant.split(":")
    (phase,) = (phase for phase in PHASES if phase.name == name)
    kept = {what: " ".join(n for n in getattr(phase, what).split() if n != lacking) for what in ("reads", "writes")}
    (line,) = differences([replace(phase, **kept)])
    assert name in line and lacking in line


def test_every_name_declared_is_of_the_state():
    for phase in PHASES:
        assert {*phase.reads.split(), *phase.writes.split()} <= TABLES_AND_COLUMNS, phase.name
        assert not set(phase.reads.split()) & set(phase.writes.split()), phase.name


def test_the_printed_order_is_the_order_that_runs():
    run = [phase for call in fused() for phase in call.phases]
    assert run == list(PHASES)
    lines = order().splitlines()
    assert [line.split(". ", 1)[1].split(" (")[0] for line in lines] == [phase.name for phase in PHASES]
    assert "(national, monthly)" in next(line for line in lines if "learning of police" in line)
    assert len({phase.name for phase in PHASES}) == len(PHASES)


def nothing(w, t, regions):
    """Do nothing."""


def nothing_here(w, t, low, high):
    """Do nothing in some regions."""


def test_a_phase_runs_on_its_days_and_gets_what_it_asks_for():
    weekly = Phase("weekly", "national", nothing, every=7, first=3)
    assert [day for day in range(20) if weekly.is_due(day)] == [3, 10, 17]
    for every, first, day in ((7, 0, "t.day >= 0 and (t.day - 0) % 7 == 0"), (1, 3, "t.day >= 3 and (t.day - 3) % 1 == 0")):
        source = plain(fuse([Phase("some", "national", nothing, every=every, first=first)])[0].kernel).__kernel_source__
        assert f"if {day}:" in source
    several = fuse([Phase("a", "national", nothing), weekly, Phase("b", "room", nothing), Phase("c", "regional", nothing_here)])
    assert [(call.scope, len(call.phases)) for call in several] == [("national", 2), ("room", 1), ("regional", 1)]
    source = plain(several[0].kernel).__kernel_source__
    assert source.splitlines()[1] == "    phase_0(w, t, high)" and source.splitlines()[-1] == "        phase_1(w, t, high)"
    daily = Phase("daily", "national", nothing)
    assert all(daily.is_due(day) for day in range(3)) and daily.rhythm == "daily" and weekly.rhythm == "weekly"
    assert Phase("tenth", "national", nothing, every=10, also=nothing).rhythm == "every 10 days or when a nothing"
    assert call_of(weekly, "f") == "f(w, t, high)"
    assert "if t.day >= 3 and (t.day - 3) % 7 == 0:" in plain(fuse([weekly])[0].kernel).__kernel_source__
    with pytest.raises(ValueError, match="regions"):
        call_of(Phase("wrong", "regional", nothing), "f")


def test_courts_write_prisoners_and_police_do_not():
    by_name = {phase.name: access(phase) for phase in PHASES if phase.scope != "room"}
    assert "justice.prisoners" in by_name["courts and prison"][1]
    assert "justice.prisoners" not in by_name["police effort"][1]
