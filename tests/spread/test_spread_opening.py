"""A country of the outlook opens as a pack that loads, starts at its stage and tells its burden only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from kladsim.core.errors import InputError
from kladsim.model.outcomes import outcomes_of
from kladsim.policy.scenario import Scenario
from kladsim.spread.model.fitting import load_posterior
from kladsim.spread.model.forward import simulate
from kladsim.spread.model.hazard import source_strength
from kladsim.spread.model.outlook import saved_outlook
from kladsim.spread.model.source import strength_from_run
from kladsim.spread.model.tables import read_world
from kladsim.spread.opening import AGEING, STAGES, _level, open_country
from kladsim.world import list_packs, load_pack


def test_every_kind_of_country_opens_at_the_stage_of_the_outlook(tmp_path: Path) -> None:
    for code in ("MNG", "THA", "UZB", "KAZ", "PRK"):
        status = next(c.status for c in saved_outlook() if c.iso3 == code)
        made = open_country(code, tmp_path / code)
        assert made.stage == (status if status in STAGES else "arrival")
        pack = load_pack(made.folder)
        assert pack.iso3 == code and pack.start.year == 2026 and pack.n_regions == 1
        assert pack.measures == ("burden_only",)
        assert pack.parameters["start.platform"].value == STAGES[made.stage]
        world = read_world()
        assert 0.5 < pack.persons_at_start / world.population[world.index(code)] < 0.85
        assert np.all(pack.mortality > 0)


def test_the_stage_can_be_chosen_and_mistakes_are_named(tmp_path: Path) -> None:
    assert open_country("mongolia", tmp_path / "a", stage="growth").stage == "growth"
    with pytest.raises(InputError, match="unknown stage"):
        open_country("MNG", tmp_path / "b", stage="grown")
    with pytest.raises(InputError, match="not empty"):
        open_country("MNG", tmp_path / "a")
    with pytest.raises(InputError, match="no such country"):
        open_country("XYZ", tmp_path / "c")


def test_a_country_is_opened_by_either_code_and_by_names_in_any_script(tmp_path: Path) -> None:
    for at, text in enumerate(("CI", "CIV", "cote d'ivoire", "Кот-д’Ивуар")):
        made = open_country(text, tmp_path / str(at))
        assert (made.name, load_pack(made.folder).iso3) == ("cote-d-ivoire", "CIV"), text


def test_packs_in_named_folders_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = open_country("MNG", tmp_path / "some" / "where")
    monkeypatch.delenv("KLADSIM_PACKS", raising=False)
    assert "mongolia" not in list_packs()
    for folder in (made.folder, made.folder.parent):
        monkeypatch.setenv("KLADSIM_PACKS", str(folder))
        assert "mongolia" in list_packs()
        assert load_pack("mongolia").title == "Mongolia"
    assert Scenario.from_yaml(made.scenario).country == "mongolia"
    assert Scenario.from_yaml(made.folder / "frozen.yaml").mechanisms == {"M1": False}


def test_burden_tells_nothing_of_supply_or_money() -> None:
    told = list(outcomes_of(("burden_only",), window=False).values())
    names = {outcome.name for outcome in told}
    assert {"deaths", "dependent", "prison_years", "victims_of_punishment"} <= names
    assert not any(word in name for name in names for word in ("receipt", "price", "order", "pay", "shop", "courier_"))
    assert all("USD" not in o.unit and "RUB" not in o.unit and o.side != "supply" for o in told)


class Run:
    """A finished run as far as the source reads it: coverage and orders of Russia."""

    def __init__(self, orders_after: float) -> None:
        self.path = Path("run")
        self.scenario = {"config": {"country": "russia", "start": "2020-01-01", "until": "2029-01-01"}}
        years = np.arange(2020, 2029)
        orders = np.where(years > 2025, orders_after, 1.0)[None] * 1e6
        self.outcomes = {
            "coverage": Item("coverage", ("replicate", "year", "region"), np.full((2, 9, 83), 0.8)),
            "orders_yearly": Item("orders", ("replicate", "year"), np.repeat(orders, 2, axis=0)),
        }


@dataclass
class Item:
    name: str
    dims: tuple[str, ...]
    values: np.ndarray


def test_a_run_that_shrinks_the_trade_weakens_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def strength(after: float, **changes: str) -> np.ndarray:
        run = Run(after)
        run.scenario["config"].update(changes)
        monkeypatch.setattr("kladsim.runs.result.Result.open", lambda path: run)
        return strength_from_run(Path("run"), 2035)

    same, fewer = strength(1.0), strength(0.25)
    assert same == pytest.approx(np.full(10, source_strength(np.array([2025]))[0]))
    assert fewer == pytest.approx(0.5 * same)
    world, draws = read_world(), load_posterior().draws.take(np.arange(0, 480, 48))
    ran = [simulate(world, draws, last=2035, paths=2, source=s).arrival_chance.mean() for s in (same, fewer)]
    assert ran[1] < ran[0]
    with pytest.raises(InputError, match="no run of Russia"):
        strength(1.0, country="georgia")
    with pytest.raises(InputError, match="too few years"):
        strength(1.0, until="2026-01-01")


def test_death_rates_give_the_life_expectancy() -> None:
    level, alive, years = _level(74.0), 1.0, 0.0
    for age in range(120):
        years += alive * np.exp(-0.5 * level * AGEING**age)
        alive *= np.exp(-level * AGEING**age)
    assert years == pytest.approx(74.0, abs=0.01)
