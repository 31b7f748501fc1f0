"""Search effort, events as evidence, blind coding and coverage of the spread model."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tools.code_signs import mask_text
from typer.testing import CliRunner

from kladsim.evidence.countries import countries
from kladsim.monitor import event_log
from kladsim.monitor.events import Event, check_event
from kladsim.spread import coverage
from kladsim.spread.checks import REPORTED, find_spread
from kladsim.spread.model import hazard
from kladsim.spread.model.density import make_density
from kladsim.spread.model.events import take_evidence, weigh_events
from kladsim.spread.model.fitting import fit, load_posterior
from kladsim.spread.model.forward import simulate
from kladsim.spread.model.hazard import Parts, collected_chance, country_terms, stage_terms
from kladsim.spread.model.outlook import current_outlook, outlook, saved_outlook
from kladsim.spread.model.priors import dimension, to_draws
from kladsim.spread.model.random_numbers import normal, uniform
from kladsim.spread.model.tables import DATA, FIRST_YEAR, LAST_YEAR, NOT_YET, CountryTables, read_world

YEARS = LAST_YEAR - FIRST_YEAR + 1


@pytest.fixture(scope="module")
def world() -> CountryTables:
    return read_world()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KLADSIM_MONITOR", str(tmp_path))
    return tmp_path


def make_event(country: str, when: str, note: str, confidence: str = "probable") -> Event:
    raw = {"date": when, "country": country, "kind": "police", "substance": "mephedrone", "source": "police",
           "confidence": confidence, "note": note}  # fmt: skip
    return check_event(raw, date(2026, 11, 30))


def test_likelihood_of_a_country_with_effort_and_an_event_by_hand(
    world: CountryTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half arrive each year and are seen at once: a first sign in year k has the chance 2^-(k+1).

    Effort gives the logit log 3, so three quarters of published signs are collected. The tables hold none; an event
    of 2016 (the third year) is right with 0.6, and then the tables missed it.
    """
    place = world.index("BRA")
    records = world.records.copy()
    records[place] = 0.5
    draws = to_draws(world, np.zeros((1, dimension(world)))).with_(
        collected=-np.log(3.0), records=2.0 * np.log(3.0), pages=0.0
    )
    draws.effort[0, place] = np.log(3.0)  # -log 3 + 0.5 · 2 log 3 + log 3 = log 3
    chances = np.broadcast_to(0.5 ** (np.arange(YEARS) + 1.0), (1, len(world), YEARS))
    monkeypatch.setattr(hazard, "sign_years", lambda *_: (chances, np.zeros((1, len(world)))))
    searched = replace(world, records=records)
    assert collected_chance(searched, draws)[0, place] == pytest.approx(0.75)
    record, _ = weigh_events(searched, {"one": make_event("BRA", "2016-05", "goods left in a stash")})
    found = float(np.exp(country_terms(searched, draws, record)[0, place]))
    none, right = 1.0 - 0.75 * (1.0 - 0.5**YEARS), 0.125 * (1.0 - 0.75)
    assert found == pytest.approx(0.4 * none + 0.6 * right)


def test_of_several_signs_the_first_that_is_right_counts(world: CountryTables) -> None:
    """Ukraine has a weak sign of 2014-2015 (0.3) and a certain one of 2019-2020; an event of 2017 is right with 0.6."""
    place = world.index("UKR")
    event = make_event("UKR", "2017", "contactless sale")
    record, (use,) = weigh_events(world, {"one": event})
    assert record.sign[place, 0] == pytest.approx(0.3)
    assert record.own[place, 3] == pytest.approx(0.7 * 0.6) == pytest.approx(use.weight, abs=0.001)
    assert record.sign[place, 6] == pytest.approx(0.7 * 0.4) and record.none[place] == pytest.approx(0.0)


@pytest.mark.parametrize("parts", [Parts(), Parts(effort=False, regions=False), Parts(secondary=False, ties=False)])
def test_compiled_density_is_the_likelihood_and_its_gradient(world: CountryTables, parts: Parts) -> None:
    record, _ = weigh_events(
        world, {"one": make_event("DEU", "2026-03", "stash"), "two": make_event("UKR", "2017", "cache")}
    )
    density, z = make_density(world, parts, record=record), normal(7, "synthetic", 0, (3, dimension(world)))
    value, gradient = density(z)
    draws = parts.without(to_draws(world, z))
    assert value == pytest.approx((country_terms(world, draws, record) + stage_terms(world, draws)).sum(axis=1))
    for at in [*range(36), 60, 110, 204, 250, 300, 374]:
        moved = np.zeros(dimension(world))
        moved[at] = 1e-5
        slope = (density(z + moved)[0] - density(z - moved)[0]) / 2e-5
        assert gradient[:, at] == pytest.approx(slope, abs=1e-6, rel=1e-5), f"coordinate {at}"


def planted(world: CountryTables, seed: int) -> CountryTables:
    """A world in which the trade arrives alike everywhere, and signs are collected where the search looked."""
    nothing = dict.fromkeys(("distance", "border", "language", "ties", "base", "strictness", "digital", "interaction",
                             "governance", "population", "voice"), 0.0)  # fmt: skip
    centre = to_draws(world, np.zeros((1, dimension(world))))
    truth = centre.with_(**nothing, background=-2.5, secondary=-9.0, collected=-4.0, records=5.0, pages=2.0)
    year = simulate(world, truth, known=False, last=LAST_YEAR, paths=1, seed=seed).sign[0, 0].astype(np.int64)
    collected = uniform(seed, "synthetic", 1, (len(world),)) < collected_chance(world, truth)[0]
    sign = np.where(((year <= LAST_YEAR) & collected)[:, None], year[:, None], NOT_YET) * np.ones(
        (1, 2), dtype=np.int64
    )
    return world.with_signs(sign, np.tile(np.array([0, NOT_YET, 0, NOT_YET]), (len(world), 1)))


@pytest.mark.parametrize("seed", [1, 2])
def test_where_effort_explains_everything_no_spread_is_reported(world: CountryTables, seed: int) -> None:
    made = planted(world, seed)
    found, misled = find_spread(made, fit(made)), find_spread(made, fit(made, parts=Parts(effort=False)))
    assert found < REPORTED
    assert misled > max(0.9, found + 0.05), "the planted world misleads nobody"


def test_masked_texts_hold_no_country_in_either_language() -> None:
    named = [name for country in countries() for name in (country.name, country.russian)]
    for name in named:
        masked = mask_text(f"police of {name}: {name}, sold through drops; {name.upper()}.")
        assert name.casefold() not in masked.casefold(), name
    with (DATA / "sign_texts.csv").open(encoding="utf-8") as stream:
        texts = [row["masked"] for row in csv.DictReader(stream)]
    assert len(texts) > 40
    for text in texts:
        assert mask_text(text) == text


def test_every_masked_text_has_one_code_and_one_key() -> None:
    tables = []
    for name in ("sign_texts", "sign_codes", "sign_keys"):
        with (DATA / f"{name}.csv").open(encoding="utf-8") as stream:
            tables.append([row["text"] for row in csv.DictReader(stream)])
    assert all(len(set(rows)) == len(rows) for rows in tables)
    assert set(tables[0]) == set(tables[1]) == set(tables[2])


def test_without_events_the_outlook_is_the_one_that_ships(store: Path) -> None:
    found, told = current_outlook()
    assert found is saved_outlook() and told == {"used": [], "not_used": [], "effective_draws": None}
    event_log.add([make_event("DEU", "2025-06", "arrests"), make_event("RUS", "2025-06", "a stash")])
    found, told = current_outlook()
    assert found is saved_outlook() and not told["used"]
    assert {(row["country"], row["reason"]) for row in told["not_used"]} == {
        ("DEU", "its text names no hidden places for goods"), ("RUS", "the source of the spread"),
    }  # fmt: skip


def test_an_event_raises_its_country_and_the_outlook_says_so(store: Path) -> None:
    event_log.add([make_event("DEU", "2026-03", "goods lay in a stash", "confirmed"),
                   make_event("KOR", "2024-03", "a stash", "confirmed")])  # fmt: skip
    done = CliRunner().invoke(_verbs(), ["spread", "explain", "DEU", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    before = next(c for c in saved_outlook() if c.iso3 == "DEU")
    assert found["status"] == "event of the monitor" and found["chance"] > before.chance
    assert [use["confidence"] for use in found["events"]["used"]] == ["confirmed"]
    shown = CliRunner().invoke(_verbs(), ["spread", "outlook", "--region", "Eastern Asia"]).output
    assert "Events taken as evidence" in shown and "a certain sign of before is on record" in shown


def _verbs() -> Any:
    from kladsim.cli.main import verbs

    return verbs


def test_events_never_lower_their_country_and_surer_ones_raise_it_more(world: CountryTables) -> None:
    place, chances = world.index("DEU"), []
    for confidence in ("possible", "probable", "confirmed"):
        record, _ = weigh_events(world, {"one": make_event("DEU", "2024", "a stash", confidence)})
        ran = simulate(world, load_posterior().draws, last=2030, paths=4, record=record)
        chances.append(float(ran.arrival_chance[:, place, -1].mean()))
    none = simulate(world, load_posterior().draws, last=2030, paths=4).arrival_chance[:, place, -1].mean()
    assert none < chances[0] < chances[1] < chances[2]


@pytest.mark.slow
def test_weighing_draws_agrees_with_a_fit_that_knows_the_event(world: CountryTables) -> None:
    record, _ = weigh_events(world, {"one": make_event("BRA", "2024", "a stash", "confirmed")})
    weighed, effective = take_evidence(world, load_posterior().draws, record)
    again = fit(world, record=record)
    assert effective > 100
    for name in ("base", "background", "distance", "collected"):
        sd = again.draws[name].std()
        assert weighed[name].mean() == pytest.approx(again.draws[name].mean(), abs=0.3 * sd), name


def test_a_stopped_coverage_goes_on_and_shards_make_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: CountryTables
) -> None:
    judged: list[int] = []

    def judge(place: CountryTables, number: int, missed: bool = False) -> dict[str, Any]:
        judged.append(number)
        held = {pool: [0.5, 0.8, 0.9, 0.95] for pool in coverage.POOLS}
        parameters = dict.fromkeys(coverage.NAMES, 0.5)
        below = dict.fromkeys(coverage.POOLS, 0.5)
        return {"world": number, "key": coverage.coverage_key(place, missed), "signs": 3, "rhat": 1.005, "kept": 300,
                "held": held, "below": below, "parameters": parameters}  # fmt: skip

    monkeypatch.setattr(coverage, "judge_world", judge)
    file = tmp_path / "rows.jsonl"
    run: Callable[..., Any] = CliRunner().invoke
    for shard in ("1/2", "1/2", "2/2"):
        done = run(
            _verbs(), ["dev", "spread", "coverage", "--worlds", "6", "--shard", shard, "--rows", str(file), "--json"]
        )
        assert done.exit_code == 0, done.output
    assert sorted(judged) == [0, 1, 2, 3, 4, 5]
    found = coverage.summarize_rows(list(coverage.read_rows(file).values()), 6)
    assert found["complete"] and found["met"] and found["rhat"]["above"] == 0
    assert not coverage.read_rows(file, missed=True)


def test_a_synthetic_world_is_judged_and_its_truth_lies_within(world: CountryTables) -> None:
    made, acting, truth = coverage.draw_world(world, 0)
    assert made.signed.sum() == acting.signed.sum() and len(truth) == 1
    harder = coverage.draw_world(world, 0, missed=True)
    assert harder[1].signed.sum() >= harder[0].signed.sum()
    assert coverage.count_held(np.array([0.1, 0.3, 0.5, 0.96]), 0.5) == 0.5


def test_rows_of_coverage_that_ship_belong_to_the_model() -> None:
    rows = coverage.read_rows()
    assert rows, "the rows belong to other tables or priors"
    assert all(row["rhat"] < coverage.RHAT for row in rows.values())


def test_the_outlook_with_a_record_of_the_tables_is_the_stored_one(world: CountryTables) -> None:
    found = outlook(record=world.read_record())
    assert [c.chance for c in found] == [c.chance for c in saved_outlook()]
